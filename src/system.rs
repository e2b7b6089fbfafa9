//! The network that loops are closed around: its dynamics and its readouts.

use std::sync::{Arc, OnceLock};

use nalgebra::{DMatrix, DVector, Dim, Dyn, Matrix, Storage};

use crate::cortex::Cortex;
use crate::linalg::{Eigen, eigenvalues};
use crate::modal::Modes;
use crate::spectrum::Spectrum;
use crate::{Error, Result, check};

/// A linear recurrent network of N units and its D readouts,
///
/// $$ \dot x = A x + \dots, \qquad y = W^T x, $$
///
/// with A in 1/tau (N x N) and W of shape N x D. Any matrix will do; [`Cortex`] is the usual way to
/// make one. The eigendecomposition of A and what follows from it are computed when first needed and
/// kept: a system without a basis of eigenvectors can be simulated and prepared for, and only what
/// needs that basis fails. Cloning shares everything.
///
/// ```
/// use nalgebra::{dmatrix, dvector};
/// use thalamo::System;
/// let system = System::new(dmatrix![-1.0, 1.0; 0.0, -1.0], dvector![1.0, 0.0])?; // a Jordan block
/// assert_eq!((system.units(), system.outputs()), (2, 1));
/// assert_eq!(system.spectrum()?.abscissa(), -1.0);
/// assert!(system.eigen().is_err());
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct System(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    matrix: DMatrix<f64>,
    readout: DMatrix<f64>,
    cortex: Option<Cortex>,
    eigen: OnceLock<Result<Eigen>>,
    spectrum: OnceLock<Result<Spectrum>>,
    modes: OnceLock<Result<Arc<Modes>>>,
}

impl System {
    /// A system from its matrix A (N x N, 1/tau) and readout weights W (N x D; a vector for one output).
    ///
    /// # Errors
    /// No units or no outputs, shapes that do not match, entries that are not finite.
    pub fn new<D: Dim, S: Storage<f64, Dyn, D>>(
        matrix: DMatrix<f64>,
        readout: Matrix<f64, Dyn, D, S>,
    ) -> Result<Self> {
        let readout = check::readout(&readout)?;
        let units = readout.nrows();
        check::shape("system A", matrix.shape(), (units, units), "give A as N x N for the N rows of W")?;
        check::finite("system A", matrix.as_slice())?;
        Ok(Self::assemble(matrix, readout, None))
    }

    fn assemble(matrix: DMatrix<f64>, readout: DMatrix<f64>, cortex: Option<Cortex>) -> Self {
        Self(Arc::new(Parts {
            matrix,
            readout,
            cortex,
            eigen: OnceLock::new(),
            spectrum: OnceLock::new(),
            modes: OnceLock::new(),
        }))
    }

    /// Number of units N.
    pub fn units(&self) -> usize {
        self.0.readout.nrows()
    }

    /// Number of readouts D.
    pub fn outputs(&self) -> usize {
        self.0.readout.ncols()
    }

    /// System matrix A, N x N, 1/tau.
    pub fn matrix(&self) -> &DMatrix<f64> {
        &self.0.matrix
    }

    /// Readout weights W, N x D.
    pub fn readout(&self) -> &DMatrix<f64> {
        &self.0.readout
    }

    /// Readout weights w (N) of a system with one output.
    ///
    /// # Errors
    /// [`Error::Outputs`] for a system with several.
    pub fn single_readout(&self) -> Result<DVector<f64>> {
        match self.outputs() {
            1 => Ok(self.0.readout.column(0).into_owned()),
            given => Err(Error::Outputs { given }),
        }
    }

    /// The connectivity that A was made from, if it was.
    pub fn cortex(&self) -> Option<&Cortex> {
        self.0.cortex.as_ref()
    }

    /// Rate of the system, $\\|A\\|_F / \sqrt N$ in 1/tau (1 for A = 0): the root mean square of the singular
    /// values of A, and the unit of all rates that are relative to the system.
    pub fn rate(&self) -> f64 {
        let rate = check::root_mean_square(self.matrix().iter().copied()) * (self.units() as f64).sqrt();
        if rate > 0.0 { rate } else { 1.0 }
    }

    /// Durations (tau) of motifs that loops over this system play well: about 14 to 100 times the inverse of
    /// its [rate](Self::rate), 20 to 140 tau for a random cortex of gain 0.5. Measured with ten exponentials
    /// (`docs/robustness.md`): shorter motifs need eigenvalues far outside the spectrum of A, longer ones
    /// eigenvalues that crowd beside it, and both make placement ill-conditioned.
    pub fn suited_durations(&self) -> (f64, f64) {
        (14.0 / self.rate(), 100.0 / self.rate())
    }

    /// Verified eigendecomposition of A.
    ///
    /// # Errors
    /// As [`Eigen::new`]; [`Error::Defective`] without a basis of eigenvectors.
    pub fn eigen(&self) -> Result<&Eigen> {
        kept(&self.0.eigen, || Eigen::new(self.matrix()))
    }

    /// Eigenvalues of A; they exist for every A.
    ///
    /// # Errors
    /// As [`eigenvalues`].
    pub fn spectrum(&self) -> Result<&Spectrum> {
        match self.eigen() {
            Ok(eigen) => Ok(eigen.values()),
            Err(_) => kept(&self.0.spectrum, || eigenvalues(self.matrix())),
        }
    }

    /// What all loops over this system share.
    pub(crate) fn modes(&self) -> Result<&Modes> {
        self.shared_modes().map(|modes| &**modes)
    }

    /// The same, to be kept.
    pub(crate) fn shared_modes(&self) -> Result<&Arc<Modes>> {
        kept(&self.0.modes, || Modes::new(self.eigen()?, &self.single_readout()?).map(Arc::new))
    }
}

impl From<Cortex> for System {
    fn from(cortex: Cortex) -> Self {
        Self::assemble(cortex.matrix(), cortex.readout().clone(), Some(cortex))
    }
}

impl From<&System> for System {
    fn from(system: &System) -> Self {
        system.clone()
    }
}

/// The value of a cell, made when first asked for.
fn kept<T>(cell: &OnceLock<Result<T>>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    cell.get_or_init(make).as_ref().map_err(Error::clone)
}
