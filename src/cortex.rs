//! The cortex: random recurrent connectivity and a linear readout, shared by all motifs.

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::linalg::Eigen;
use crate::modal::CortexModes;
use crate::{Error, Result, check};

/// More random units than this are taken for a mistake: one matrix would fill 3 GB.
const MAX_UNITS: usize = 20_000;

/// A linear recurrent network and its readout,
///
/// $$ \dot x = A x + \dots, \qquad A = g (J - I), \qquad y = w^T x, $$
///
/// with time in units of tau. Holds the eigendecomposition $A = R \\,\mathrm{diag}(\lambda) L$, $L = R^{-1}$,
/// on which every loop is built.
///
/// ```
/// use thalamo::Cortex;
/// let cortex = Cortex::random(20, 0.5, 1)?;
/// assert_eq!(cortex.system().shape(), (20, 20));
/// assert!(cortex.eigen().residual() < 1e-12);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Cortex {
    recurrent: DMatrix<f64>,
    readout: DVector<f64>,
    gain: f64,
    system: DMatrix<f64>,
    eigen: Eigen,
    modes: CortexModes,
}

impl Cortex {
    /// A cortex from its connectivity `J` (N x N), readout `w` (N) and gain `g > 0` (1/tau).
    ///
    /// # Errors
    /// Shapes that do not match, no units, entries that are not finite, a gain that is not positive, or a
    /// system matrix without an independent set of eigenvectors ([`Error::Defective`]).
    pub fn new(recurrent: DMatrix<f64>, readout: DVector<f64>, gain: f64) -> Result<Self> {
        let units = readout.len();
        if units == 0 {
            return Err(Error::Empty { what: "readout w", remedy: "give one weight per unit" });
        }
        check::shape("connectivity J", recurrent.shape(), (units, units), "give J as N x N for the N of w")?;
        check::finite("connectivity J", recurrent.as_slice())?;
        check::finite("readout w", readout.as_slice())?;
        check::positive("gain g", gain)?;
        let system = gain * (&recurrent - DMatrix::identity(units, units));
        let eigen = Eigen::new(&system)?;
        let modes = CortexModes::new(&eigen, &readout)?;
        Ok(Self { recurrent, readout, gain, system, eigen, modes })
    }

    /// A random cortex: entries of `J` and `w` drawn from N(0, 1/N), `J` column by column first, by ChaCha8.
    ///
    /// # Errors
    /// No units or more than 20000, or a gain that is not positive.
    pub fn random(units: usize, gain: f64, seed: u64) -> Result<Self> {
        if !(1..=MAX_UNITS).contains(&units) {
            return Err(Error::Count { what: "units N", expected: "1 to 20000", given: units });
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let std = 1.0 / (units as f64).sqrt();
        let mut draw = || {
            let z: f64 = StandardNormal.sample(&mut rng);
            std * z
        };
        let recurrent = DMatrix::from_fn(units, units, |_, _| draw());
        let readout = DVector::from_fn(units, |_, _| draw());
        Self::new(recurrent, readout, gain)
    }

    /// Number of units N.
    pub fn units(&self) -> usize {
        self.readout.len()
    }

    /// Connectivity `J`, N x N.
    pub fn recurrent(&self) -> &DMatrix<f64> {
        &self.recurrent
    }

    /// Readout weights `w`, length N.
    pub fn readout(&self) -> &DVector<f64> {
        &self.readout
    }

    /// Gain `g`, 1/tau.
    pub fn gain(&self) -> f64 {
        self.gain
    }

    /// System matrix `A = g (J - I)`, N x N, 1/tau.
    pub fn system(&self) -> &DMatrix<f64> {
        &self.system
    }

    /// Eigendecomposition of `A`.
    pub fn eigen(&self) -> &Eigen {
        &self.eigen
    }

    /// Eigenvalues of `A`, in canonical order.
    pub fn eigenvalues(&self) -> &[Complex64] {
        self.eigen.values()
    }

    pub(crate) fn modes(&self) -> &CortexModes {
        &self.modes
    }
}
