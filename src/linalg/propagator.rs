//! Exact propagation of a linear system on a uniform time grid.

use super::product::view;
use super::{expm, noise_covariance, noise_factor};
use crate::{Result, check};
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::{DMatrix, DVector};

/// $$x(t + dt) = e^{A\\,dt}\\,x(t)$$ for `x' = A x`, exact at every point of a grid of step dt (in tau).
///
/// ```
/// use nalgebra::{DMatrix, DVector};
/// use thalamo::linalg::Propagator;
///
/// let rotation = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, -1.0, 0.0]);
/// let propagator = Propagator::new(&rotation, 0.1)?;
/// let states = propagator.trajectory(&DVector::from_vec(vec![0.0, 1.0]), 50)?;
/// assert!((states[(0, 50)] - 5.0_f64.sin()).abs() < 1e-14);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Propagator {
    generator: DMatrix<f64>,
    transition: DMatrix<f64>,
    dt: f64,
}

impl Propagator {
    /// Prepares the transition over `dt` of `x' = a x`, a `N x N`.
    ///
    /// # Errors
    ///
    /// As [`expm()`], and [`Error::OutOfRange`](crate::Error::OutOfRange) for a step that is not positive.
    pub fn new(a: &DMatrix<f64>, dt: f64) -> Result<Self> {
        check::positive("dt", dt)?;
        let transition = expm(&(a * dt))?;
        Ok(Self { generator: a.clone(), transition, dt })
    }

    /// `e^{A dt}`, `N x N`.
    #[must_use]
    pub fn transition(&self) -> &DMatrix<f64> {
        &self.transition
    }

    /// The step, in tau.
    #[must_use]
    pub fn dt(&self) -> f64 {
        self.dt
    }

    /// Number of units N.
    #[must_use]
    pub fn order(&self) -> usize {
        self.transition.nrows()
    }

    /// `x(t + dt)` from `x(t)`.
    ///
    /// # Errors
    ///
    /// A state of another length or not finite; [`Error::OutOfRange`](crate::Error::OutOfRange) when the next one
    /// overflows.
    pub fn advance(&self, state: &DVector<f64>) -> Result<DVector<f64>> {
        self.check(state)?;
        let mut next = DVector::zeros(self.order());
        self.step(state.as_slice(), next.as_mut_slice());
        check::no_overflow("state", next.as_slice())?;
        Ok(next)
    }

    /// States at `0, dt, ..., steps dt` as columns, `N x (steps + 1)`.
    ///
    /// # Errors
    ///
    /// As [`Propagator::advance`]; [`Error::Count`](crate::Error::Count) for more than 1e7 steps, or more than fit in
    /// memory.
    pub fn trajectory(&self, start: &DVector<f64>, steps: usize) -> Result<DMatrix<f64>> {
        self.check(start)?;
        let n = self.order();
        check::samples("steps", steps)?;
        let mut states = check::zeros("steps", n, steps + 1)?;
        states.column_mut(0).copy_from(start);
        for k in 0..steps {
            let (past, future) = states.as_mut_slice().split_at_mut((k + 1) * n);
            self.step(&past[k * n..], &mut future[..n]);
        }
        check::no_overflow("state", states.as_slice())?;
        Ok(states)
    }

    /// Exact covariance over one step of unit white noise added to `x' = A x`; see [`noise_covariance`].
    ///
    /// # Errors
    ///
    /// As [`noise_covariance`].
    pub fn noise_covariance(&self) -> Result<DMatrix<f64>> {
        noise_covariance(&self.generator, self.dt)
    }

    /// Factor F of that covariance: `x(t + dt) = e^{A dt} x(t) + F z` with standard normal z; see [`noise_factor`].
    ///
    /// # Errors
    ///
    /// As [`noise_covariance`] and [`noise_factor`].
    pub fn noise_factor(&self) -> Result<DMatrix<f64>> {
        noise_factor(&self.noise_covariance()?)
    }

    fn check(&self, state: &DVector<f64>) -> Result<()> {
        check::shape("state", state.shape(), (self.order(), 1), "give one value per unit")?;
        check::finite("state", state.as_slice())
    }

    fn step(&self, from: &[f64], to: &mut [f64]) {
        let n = self.order();
        let to = MatMut::from_column_major_slice_mut(to, n, 1);
        let from = MatRef::from_column_major_slice(from, n, 1);
        faer::linalg::matmul::matmul(to, Accum::Replace, view(&self.transition), from, 1.0, Par::Seq);
    }
}
