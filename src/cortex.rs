//! Cortex: recurrent connectivity, a gain and readouts, from which a system is made.

use nalgebra::{DMatrix, DVector, Dim, Dyn, Matrix, Storage};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::{Error, Result, check};

/// More random units than this are taken for a mistake: one matrix would fill 3 GB.
const MAX_UNITS: usize = 20_000;

/// Recurrent connectivity J (N x N), gain g (1/tau) and readout weights W (N x D) of the network
///
/// $$ \dot x = A x + \dots, \qquad A = g (J - I), \qquad y = W^T x. $$
///
/// Everything else works on the [`System`](crate::System) it is turned into.
///
/// ```
/// use thalamo::{Cortex, System};
/// let system = System::from(Cortex::random(20, 0.5, 1)?);
/// assert_eq!(system.matrix().shape(), (20, 20));
/// assert!(system.eigen()?.residual() < 1e-12);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Cortex {
    recurrent: DMatrix<f64>,
    readout: DMatrix<f64>,
    gain: f64,
}

impl Cortex {
    /// A cortex from its connectivity `J` (N x N), readout weights `W` (N x D; a vector for one
    /// output) and gain `g > 0` (1/tau).
    ///
    /// # Errors
    /// Shapes that do not match, no units or outputs, entries that are not finite, a gain that is not
    /// positive, or a system matrix that overflows.
    pub fn new<D: Dim, S: Storage<f64, Dyn, D>>(
        recurrent: DMatrix<f64>,
        readout: Matrix<f64, Dyn, D, S>,
        gain: f64,
    ) -> Result<Self> {
        let readout = check::readout(&readout)?;
        let units = readout.nrows();
        let remedy = "give J as N x N for the N rows of W";
        check::shape("connectivity J", recurrent.shape(), (units, units), remedy)?;
        check::finite("connectivity J", recurrent.as_slice())?;
        check::positive("gain g", gain)?;
        let cortex = Self { recurrent, readout, gain };
        check::no_overflow("system matrix A = g (J - I)", cortex.matrix().as_slice())?;
        Ok(cortex)
    }

    /// A random cortex with one readout: entries of `J` and `w` drawn from N(0, 1/N), `J` column by
    /// column first, by ChaCha8.
    ///
    /// # Errors
    /// No units or more than 20000, or a gain that is not positive.
    pub fn random(units: usize, gain: f64, seed: u64) -> Result<Self> {
        if !(1..=MAX_UNITS).contains(&units) {
            return Err(Error::OutOfRange { what: "units N", expected: "1 to 20000", given: units as f64 });
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
        self.readout.nrows()
    }

    /// Connectivity `J`, N x N.
    pub fn recurrent(&self) -> &DMatrix<f64> {
        &self.recurrent
    }

    /// Readout weights `W`, N x D.
    pub fn readout(&self) -> &DMatrix<f64> {
        &self.readout
    }

    /// Gain `g`, 1/tau.
    pub fn gain(&self) -> f64 {
        self.gain
    }

    /// System matrix `A = g (J - I)`, N x N, 1/tau.
    pub fn matrix(&self) -> DMatrix<f64> {
        let units = self.units();
        self.gain * (&self.recurrent - DMatrix::identity(units, units))
    }
}
