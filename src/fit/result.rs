//! The result of a fit.

use nalgebra::DMatrix;
use num_complex::Complex64;

use crate::spectrum::Spectrum;
use crate::{Error, Result, check};

/// How far a given conjugate may be from the exact one, relative to the largest modulus.
const CONJUGATE: f64 = 1e-9;

/// Where the winning local minimum was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum FitOrigin {
    /// Given by the caller, not fitted.
    Given,
    /// Units added one by one where they promised most.
    Greedy,
    /// Poles of the motif by the matrix pencil.
    MatrixPencil,
    /// The lowest Fourier frequencies.
    EvenlySpaced,
    /// Random poles.
    Random,
    /// A regular arrangement, where the constraints leave hardly any room.
    Packed,
    /// The fit with fewer modes, extended (in a [`sweep`](crate::fit::sweep)).
    FewerModes,
}

/// How the final refinement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum FitStatus {
    /// No feasible step promises a decrease beyond rounding, and the stationarity is at most 1e-6.
    Converged,
    /// The refinement ran out of evaluations; the fit is feasible, and the stationarity tells how far from a
    /// local minimum.
    EvaluationLimit,
    /// No step lowers the objective further, and yet its stationarity is above 1e-6: amplitudes so large that
    /// rounding hides the way down. The fit is feasible; a bound on the amplitudes or a separation helps.
    Stalled,
    /// Nothing was refined: the exponentials were given.
    Given,
}

/// A constraint that a fit meets with equality. Indices are those of [`Fit::eigenvalues`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum ActiveConstraint {
    /// The eigenvalue (and its conjugate) sits at `Re lambda = -margin`.
    Margin {
        /// The eigenvalue.
        index: usize,
    },
    /// The eigenvalue decays as fast as allowed.
    DecayLimit {
        /// The eigenvalue.
        index: usize,
    },
    /// The eigenvalue oscillates as fast as allowed.
    FrequencyLimit {
        /// The eigenvalue.
        index: usize,
    },
    /// Two eigenvalues are as close as allowed.
    Separation {
        /// The first eigenvalue.
        first: usize,
        /// The second one; for a pair near the real axis, the conjugate of the first.
        second: usize,
    },
    /// `norm(alpha)` is at its bound.
    AmplitudeBound {
        /// Multiplier of the bound: decrease of half the relative mean square per unit of half the squared
        /// (relative) norm.
        multiplier: f64,
    },
    /// The value at the start is imposed.
    #[cfg_attr(feature = "io", serde(alias = "ZeroStart"))]
    Start,
}

impl ActiveConstraint {
    /// The same of eigenvalues in another order; `places` holds where each went.
    pub(super) fn renumbered(self, places: &[usize]) -> Self {
        match self {
            Self::Margin { index } => Self::Margin { index: places[index] },
            Self::DecayLimit { index } => Self::DecayLimit { index: places[index] },
            Self::FrequencyLimit { index } => Self::FrequencyLimit { index: places[index] },
            Self::Separation { first, second } => {
                let (i, j) = (places[first], places[second]);
                Self::Separation { first: i.min(j), second: i.max(j) }
            }
            other => other,
        }
    }
}

/// A sum of complex exponentials, fitted or given:
///
/// $$ \hat y(t) = \sum_k \alpha_k e^{\lambda_k t}. $$
///
/// with one row of amplitudes per eigenvalue and one column per readout (K x D).
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(try_from = "FitRecord", into = "FitRecord"))]
pub struct Fit {
    dt: f64,
    eigenvalues: Spectrum,
    amplitudes: DMatrix<Complex64>,
    report: FitReport,
}

/// A fit as it is stored.
#[cfg(feature = "io")]
#[derive(serde::Serialize, serde::Deserialize)]
struct FitRecord {
    dt: f64,
    eigenvalues: Vec<Complex64>,
    amplitudes: Vec<Complex64>,
    #[serde(flatten)]
    report: FitReport,
}

#[cfg(feature = "io")]
impl TryFrom<FitRecord> for Fit {
    type Error = Error;

    fn try_from(record: FitRecord) -> Result<Self> {
        Self::new(&record.eigenvalues, &record.amplitudes, record.dt)?.with_report(record.report)
    }
}

#[cfg(feature = "io")]
impl From<Fit> for FitRecord {
    fn from(fit: Fit) -> Self {
        let Fit { dt, eigenvalues, amplitudes, report } = fit;
        let amplitudes = amplitudes.as_slice().to_vec();
        Self { dt, eigenvalues: eigenvalues.to_vec(), amplitudes, report }
    }
}

/// How well a fit does, and how it was found.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct FitReport {
    /// Root mean square error over the samples of the motif; 0 for given exponentials.
    pub rmse: f64,
    /// RMSE over the motif's (population) standard deviation; infinite for a constant motif that is not met.
    #[cfg_attr(feature = "io", serde(with = "any_float"))]
    pub normalised_rmse: f64,
    /// Constraints met with equality.
    pub active: Vec<ActiveConstraint>,
    /// Which start won.
    #[cfg_attr(feature = "io", serde(rename = "start"))]
    pub origin: FitOrigin,
    /// How the final refinement ended.
    pub status: FitStatus,
    /// Norm of the projected gradient of half the relative mean squared error with respect to `lambda T`:
    /// 0 at a Karush-Kuhn-Tucker point.
    #[cfg_attr(feature = "io", serde(with = "any_float"))]
    pub stationarity: f64,
    /// Evaluations of the reduced objective spent.
    pub evaluations: usize,
}

impl FitReport {
    /// Of exponentials that were given.
    const GIVEN: Self = Self {
        rmse: 0.0,
        normalised_rmse: 0.0,
        active: Vec::new(),
        origin: FitOrigin::Given,
        status: FitStatus::Given,
        stationarity: 0.0,
        evaluations: 0,
    };
}

impl Fit {
    /// Known exponentials, sampled at `dt` (in tau); they are put into canonical order.
    ///
    /// Conjugates are matched to `1e-9` relative to the largest number, and made exact.
    ///
    /// # Errors
    /// [`Error::Empty`] without eigenvalues, [`Error::Shape`] if the numbers of eigenvalues and amplitudes
    /// differ, [`Error::NotFinite`], [`Error::OutOfRange`] for `dt <= 0`, [`Error::NotConjugate`] if an
    /// eigenvalue has no conjugate, or its conjugate another amplitude.
    ///
    /// ```
    /// use num_complex::Complex64;
    /// use thalamo::fit::Fit;
    ///
    /// let pole = Complex64::new(-0.1, 1.0);
    /// let half = Complex64::new(0.5, 0.0);
    /// let fit = Fit::new(&[pole, pole.conj()], &[half, half], 0.1)?;
    /// assert!((fit.evaluate(2.0) - (-0.2_f64).exp() * 2.0_f64.cos()).abs() < 1e-15);
    /// # Ok::<(), thalamo::Error>(())
    /// ```
    pub fn new(eigenvalues: &[Complex64], amplitudes: &[Complex64], dt: f64) -> Result<Self> {
        check::positive("fit dt", dt)?;
        if eigenvalues.is_empty() {
            return Err(Error::Empty { what: "eigenvalues", remedy: "give at least one eigenvalue" });
        }
        let (eigenvalues, amplitudes) = Spectrum::with_amplitudes(eigenvalues, amplitudes, CONJUGATE)?;
        let amplitudes = DMatrix::from_vec(eigenvalues.len(), 1, amplitudes);
        let made = Self { dt, eigenvalues, amplitudes, report: FitReport::GIVEN };
        check::no_overflow("norm of the amplitudes", &[made.amplitude_norm()])?;
        Ok(made)
    }

    /// Exponentials in canonical order, with closed conjugates, as a search leaves them.
    pub(super) fn found(
        eigenvalues: Spectrum,
        amplitudes: Vec<Complex64>,
        dt: f64,
        report: FitReport,
    ) -> Self {
        let amplitudes = DMatrix::from_vec(eigenvalues.len(), 1, amplitudes);
        Self { dt, eigenvalues, amplitudes, report }
    }

    /// These exponentials with what was reported of them.
    #[cfg(feature = "io")]
    pub(crate) fn with_report(self, report: FitReport) -> Result<Self> {
        check::non_negative("RMSE of the fit", report.rmse)?;
        Ok(Self { report, ..self })
    }

    /// How well the fit does, and how it was found.
    pub fn report(&self) -> &FitReport {
        &self.report
    }

    /// Eigenvalues `lambda_k`, in 1/tau.
    pub fn eigenvalues(&self) -> &Spectrum {
        &self.eigenvalues
    }

    /// Amplitudes `alpha_k`, a row for each eigenvalue and a column for each readout (K x D).
    pub fn amplitudes(&self) -> &DMatrix<Complex64> {
        &self.amplitudes
    }

    /// Number K of exponentials.
    pub fn modes(&self) -> usize {
        self.eigenvalues.len()
    }

    /// Sampling step of the motif, in tau.
    pub fn dt(&self) -> f64 {
        self.dt
    }

    /// [`FitReport::rmse`].
    pub fn rmse(&self) -> f64 {
        self.report.rmse
    }

    /// [`FitReport::normalised_rmse`].
    pub fn normalised_rmse(&self) -> f64 {
        self.report.normalised_rmse
    }

    /// `norm(alpha)`, counting each conjugate pair once: what the amplitude bound limits.
    pub fn amplitude_norm(&self) -> f64 {
        let kept = self.eigenvalues.iter().zip(&self.amplitudes).filter(|(lambda, _)| lambda.im >= 0.0);
        kept.fold(0.0_f64, |norm, (_, alpha)| norm.hypot(alpha.norm()))
    }

    /// The value at time t (in tau).
    pub fn evaluate(&self, t: f64) -> f64 {
        // Conjugates add up to twice the real part; the imaginary part vanishes by construction.
        let terms = self.eigenvalues.iter().zip(&self.amplitudes);
        terms.map(|(lambda, alpha)| (alpha * (lambda * t).exp()).re).sum()
    }

    /// The first `len` samples `yhat(n dt)`.
    pub fn values(&self, len: usize) -> Vec<f64> {
        let mut out = vec![0.0; len];
        for (&lambda, &alpha) in self.eigenvalues.iter().zip(&self.amplitudes) {
            if lambda.im < 0.0 {
                continue;
            }
            let weight = if lambda.im > 0.0 { 2.0 } else { 1.0 };
            let ratio = (lambda * self.dt).exp();
            // The recurrence restarts from the exponential now and then: rounding errors stay at a few units.
            for (block, chunk) in out.chunks_mut(32).enumerate() {
                let mut term = weight * alpha * (lambda * (self.dt * (32 * block) as f64)).exp();
                for y in chunk {
                    *y += term.re;
                    term *= ratio;
                }
            }
        }
        out
    }
}

/// JSON has no infinities: numbers that are not finite are written as words.
#[cfg(feature = "io")]
mod any_float {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Number {
        Finite(f64),
        Word(String),
    }

    pub(super) fn serialize<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        let number = if x.is_finite() { Number::Finite(*x) } else { Number::Word(x.to_string()) };
        number.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        match Number::deserialize(deserializer)? {
            Number::Finite(x) => Ok(x),
            Number::Word(word) => word.parse().map_err(serde::de::Error::custom),
        }
    }
}
