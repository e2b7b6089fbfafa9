//! Cost of a preparatory module: how far and how long deviations live.

use faer::Accum;
use nalgebra::{DMatrix, DVector};

use crate::linalg::lyapunov::source::Source;
use crate::linalg::lyapunov::{LyapunovWorkspace, Outcome};
use crate::linalg::product::{mul_into, view};
use crate::system::System;
use crate::{Result, check};

/// Largest Lyapunov residual a value is trusted with.
const RESIDUAL_LIMIT: f64 = 1e-9;

/// The preparatory cost, equation (5) of the paper, for $M = A + U V^T$:
///
/// $$ C(U, V) = \mathbb E \int |\delta x|^2 dt + \beta N\\, \mathbb E \int \Big(\frac{d}{dt} w^T \delta x\Big)^2 dt
///    = \mathrm{tr} X + \beta N\\, w^T M X M^T w, \qquad \delta x(0) \sim N(0, I). $$
///
/// With the Lyapunov pair $M X + X M^T + I = 0$ and $M^T Y + Y M + I + \beta N (M^T w)(M^T w)^T = 0$,
///
/// $$ \frac{dC}{dM} = 2 Y X + 2 \beta N\\, w (X M^T w)^T, \qquad
///    \frac{dC}{dU} = \frac{dC}{dM} V, \qquad \frac{dC}{dV} = \Big(\frac{dC}{dM}\Big)^T U. $$
///
/// No eigenvector is needed. Both equations are solved together by doubling; $O(N^3)$. Its shift follows the
/// last solution, so that the last digits depend on what was evaluated before.
///
/// ```
/// use nalgebra::DMatrix;
/// use thalamo::{Cortex, System, preparation::PreparationCost};
/// let cortex = System::from(Cortex::random(12, 0.5, 1)?);
/// let u = DMatrix::from_fn(12, 3, |i, j| ((i + 5 * j) as f64).sin());
/// let mut cost = PreparationCost::new(&cortex, 0.05)?;
/// let terms = cost.evaluate(&u, &(-&u))?.expect("V = -U makes M more stable");
/// assert!(terms.decay > 0.0 && terms.smoothness > 0.0);
/// // Directional derivative along U against a central difference.
/// let (h, slope) = (1e-5, cost.gradient_input().dot(&u));
/// let mut at = |s: f64| cost.evaluate(&(&u * s), &(-&u)).map(|t| t.map_or(f64::NAN, |t| t.total()));
/// let difference = (at(1.0 + h)? - at(1.0 - h)?) / (2.0 * h);
/// assert!((slope / difference - 1.0).abs() < 1e-7);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug)]
pub struct PreparationCost {
    system: System,
    /// Readout weights w.
    readout: DVector<f64>,
    beta: f64,
    lyapunov: LyapunovWorkspace,
    closed: DMatrix<f64>,
    /// `M^T w` and `X M^T w`.
    readout_rate: DVector<f64>,
    carried: DVector<f64>,
    image: DMatrix<f64>,
    gradient_input: DMatrix<f64>,
    gradient_feedback: DMatrix<f64>,
}

/// The two parts of a preparatory cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PreparationTerms {
    /// `tr X`: time-integrated squared deviation.
    pub decay: f64,
    /// `beta N w^T M X M^T w`: time-integrated squared rate of change of the readout, weighted.
    pub smoothness: f64,
    /// Larger relative residual of the two Lyapunov equations: an estimate, from one vector of signs.
    pub residual: f64,
    /// Rounds of doubling that solved them.
    pub rounds: usize,
}

impl PreparationTerms {
    /// The cost.
    pub fn total(&self) -> f64 {
        self.decay + self.smoothness
    }
}

impl PreparationCost {
    /// The cost over a cortex, with the weight `beta >= 0` of the smoothness term.
    ///
    /// # Errors
    /// `beta` negative or not finite; several readouts, unless beta is zero.
    pub fn new(system: &System, beta: f64) -> Result<Self> {
        check::non_negative("beta", beta)?;
        let n = system.units();
        let readout = match system.single_readout() {
            Err(_) if beta == 0.0 => DVector::zeros(n), // which does not enter
            readout => readout?,
        };
        Ok(Self {
            system: system.clone(),
            readout,
            beta,
            lyapunov: LyapunovWorkspace::new(n),
            closed: DMatrix::zeros(n, n),
            readout_rate: DVector::zeros(n),
            carried: DVector::zeros(n),
            image: DMatrix::zeros(n, 0),
            gradient_input: DMatrix::zeros(n, 0),
            gradient_feedback: DMatrix::zeros(n, 0),
        })
    }

    /// The cost at U and V (N x P each), and its gradients; `None` where M is not stable, for there the
    /// formula would return a number that means nothing.
    ///
    /// # Errors
    /// Shapes that do not match, entries that are not finite, or a cost or gradient that overflows.
    pub fn evaluate(&mut self, u: &DMatrix<f64>, v: &DMatrix<f64>) -> Result<Option<PreparationTerms>> {
        let n = self.system.units();
        check::shape("U", u.shape(), (n, u.ncols()), "give U as N x P")?;
        check::shape("V", v.shape(), u.shape(), "give V the shape of U")?;
        check::finite("U", u.as_slice())?;
        check::finite("V", v.as_slice())?;
        let (w, weight) = (&self.readout, self.beta * n as f64);
        // M = A + U V^T
        self.closed.copy_from(self.system.matrix());
        mul_into(&mut self.closed, Accum::Add, 1.0, view(u), view(v).transpose());
        self.readout_rate.gemv_tr(1.0, &self.closed, w, 0.0);
        let source = Source::Identity { weight, vector: Some(&self.readout_rate) };
        let report = self.lyapunov.solve_pair(&self.closed, Source::IDENTITY, source)?;
        let residual = report.residual_x.max(report.residual_y);
        if report.status != Outcome::Converged || residual.is_nan() || residual > RESIDUAL_LIMIT {
            return Ok(None);
        }
        // The next matrix will be similar.
        self.lyapunov.set_shift(report.suggested_shift);
        self.carried.gemv(1.0, self.lyapunov.x(), &self.readout_rate, 0.0);
        let terms = PreparationTerms {
            decay: self.lyapunov.x().trace(),
            smoothness: weight * self.readout_rate.dot(&self.carried),
            residual,
            rounds: report.rounds,
        };
        self.gradients(u, v, 2.0 * weight);
        check::no_overflow("cost of preparation", &[terms.total()])?;
        check::no_overflow("gradient of the cost of preparation", self.gradient_input.as_slice())?;
        check::no_overflow("gradient of the cost of preparation", self.gradient_feedback.as_slice())?;
        Ok(Some(terms))
    }

    /// `dC/dM = 2 Y X + 2 beta N w (X M^T w)^T` times V, and its transpose times U, without forming it.
    fn gradients(&mut self, u: &DMatrix<f64>, v: &DMatrix<f64>, weight: f64) {
        if self.image.shape() != u.shape() {
            let zeros = DMatrix::zeros(u.nrows(), u.ncols());
            (self.image, self.gradient_input, self.gradient_feedback) = (zeros.clone(), zeros.clone(), zeros);
        }
        let (x, y, w, carried) = (self.lyapunov.x(), self.lyapunov.y(), &self.readout, &self.carried);
        let image = &mut self.image;
        let outer = |out: &mut DMatrix<f64>, left: &DVector<f64>, right: &DVector<f64>, of: &DMatrix<f64>| {
            for (mut column, along) in out.column_iter_mut().zip(of.column_iter()) {
                column.axpy(weight * right.dot(&along), left, 1.0);
            }
        };
        mul_into(image, Accum::Replace, 2.0, view(x), view(v));
        mul_into(&mut self.gradient_input, Accum::Replace, 1.0, view(y), view(image));
        outer(&mut self.gradient_input, w, carried, v);
        mul_into(image, Accum::Replace, 2.0, view(y), view(u));
        mul_into(&mut self.gradient_feedback, Accum::Replace, 1.0, view(x), view(image));
        outer(&mut self.gradient_feedback, carried, w, u);
    }

    /// Residual of the last evaluation's Lyapunov equations in full, where `evaluate` estimates it.
    pub(super) fn residual(&mut self) -> f64 {
        let weight = self.beta * self.system.units() as f64;
        let source = Source::Identity { weight, vector: Some(&self.readout_rate) };
        let (x, y) = self.lyapunov.residuals(&self.closed, Source::IDENTITY, Some(source));
        x.max(y)
    }

    /// `dC/dU` (N x P) of the last evaluation that returned a value.
    pub fn gradient_input(&self) -> &DMatrix<f64> {
        &self.gradient_input
    }

    /// `dC/dV` (N x P) of the last evaluation that returned a value.
    pub fn gradient_feedback(&self) -> &DMatrix<f64> {
        &self.gradient_feedback
    }
}
