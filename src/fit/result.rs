//! The result of a fit.

use num_complex::Complex64;

use crate::{Error, Result, check};

/// Where the winning local minimum was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum FitStatus {
    /// No feasible step promises a decrease beyond rounding.
    Converged,
    /// The refinement ran out of evaluations; the fit is feasible, and nearly a local minimum.
    EvaluationLimit,
    /// Nothing was refined: the exponentials were given.
    Given,
}

/// A constraint that a fit meets with equality. Indices are those of [`Fit::eigenvalues`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
        /// Multiplier of the bound: decrease of half the relative mean square per unit of half the squared (relative) norm.
        multiplier: f64,
    },
    /// `yhat(0) = 0`.
    ZeroStart,
}

/// A sum of complex exponentials, fitted or given:
///
/// $$ \hat y(t) = \sum_k \alpha_k e^{\lambda_k t}. $$
///
/// Eigenvalues are in canonical order: real ones first, descending; then conjugate pairs by descending real part, the
/// then ascending imaginary part, the member with positive imaginary part first and its exact conjugate right behind it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(remote = "Self"))]
pub struct Fit {
    dt: f64,
    eigenvalues: Vec<Complex64>,
    amplitudes: Vec<Complex64>,
    #[cfg_attr(feature = "serde", serde(flatten))]
    report: FitReport,
}

#[cfg(feature = "serde")]
crate::check::checked_when_read!(Fit: |it| Fit::new(&it.eigenvalues, &it.amplitudes, it.dt).and_then(|fit| fit.with_report(it.report)));

/// What a fit's exponentials alone do not tell.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct FitReport {
    pub(super) rmse: f64,
    #[cfg_attr(feature = "serde", serde(with = "any_float"))]
    pub(super) normalised_rmse: f64,
    pub(super) active: Vec<ActiveConstraint>,
    #[cfg_attr(feature = "serde", serde(rename = "start"))]
    pub(super) origin: FitOrigin,
    pub(super) status: FitStatus,
    #[cfg_attr(feature = "serde", serde(with = "any_float"))]
    pub(super) stationarity: f64,
    pub(super) evaluations: usize,
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
    /// Conjugates are matched to `1e-9` relative to the larger of the number and the largest one, and made exact.
    ///
    /// # Errors
    /// [`Error::Empty`] without eigenvalues, [`Error::Shape`] if the numbers of eigenvalues and amplitudes differ,
    /// [`Error::NotFinite`], [`Error::OutOfRange`] for `dt <= 0`, [`Error::NotConjugate`] if an
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
            return Err(Error::Empty { what: "fit eigenvalues", remedy: "give at least one eigenvalue" });
        }
        check::shape(
            "fit amplitudes",
            (amplitudes.len(), 1),
            (eigenvalues.len(), 1),
            "give one amplitude per eigenvalue",
        )?;
        for (what, numbers) in [("fit eigenvalues", eigenvalues), ("fit amplitudes", amplitudes)] {
            let parts: Vec<f64> =
                numbers.iter().map(|z| if z.re.is_finite() { z.im } else { z.re }).collect();
            check::finite(what, &parts)?;
        }
        let (eigenvalues, amplitudes) = canonical(eigenvalues, amplitudes)?;
        let made = Self { dt, eigenvalues, amplitudes, report: FitReport::GIVEN };
        check::no_overflow("norm of the amplitudes", &[made.amplitude_norm()])?;
        Ok(made)
    }

    /// Exponentials in canonical order, with closed conjugates, as a search leaves them.
    pub(super) fn found(
        eigenvalues: Vec<Complex64>,
        amplitudes: Vec<Complex64>,
        dt: f64,
        report: FitReport,
    ) -> Self {
        Self { dt, eigenvalues, amplitudes, report }
    }

    /// These exponentials with what was reported of them.
    #[cfg(feature = "serde")]
    pub(crate) fn with_report(self, report: FitReport) -> Result<Self> {
        check::non_negative("RMSE of the fit", report.rmse)?;
        Ok(Self { report, ..self })
    }

    /// What was reported beside the exponentials.
    #[cfg(feature = "serde")]
    pub(crate) fn report(&self) -> &FitReport {
        &self.report
    }

    /// Eigenvalues `lambda_k` in canonical order, in 1/tau.
    pub fn eigenvalues(&self) -> &[Complex64] {
        &self.eigenvalues
    }

    /// Amplitudes `alpha_k`, matching the eigenvalues.
    pub fn amplitudes(&self) -> &[Complex64] {
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

    /// Root mean square error over the samples of the motif; 0 for given exponentials.
    pub fn rmse(&self) -> f64 {
        self.report.rmse
    }

    /// RMSE over the motif's (population) standard deviation; infinite for a constant motif that is not met.
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

    /// Constraints met with equality.
    pub fn active(&self) -> &[ActiveConstraint] {
        &self.report.active
    }

    /// Which start won.
    pub fn origin(&self) -> FitOrigin {
        self.report.origin
    }

    /// How the final refinement ended.
    pub fn status(&self) -> FitStatus {
        self.report.status
    }

    /// Norm of the projected gradient of half the relative mean squared error with respect to `lambda T`:
    /// 0 at a Karush-Kuhn-Tucker point.
    pub fn stationarity(&self) -> f64 {
        self.report.stationarity
    }

    /// Evaluations of the reduced objective spent.
    pub fn evaluations(&self) -> usize {
        self.report.evaluations
    }
}

/// Canonical order with exact conjugates.
fn canonical(
    eigenvalues: &[Complex64],
    amplitudes: &[Complex64],
) -> Result<(Vec<Complex64>, Vec<Complex64>)> {
    const MATCH: f64 = 1e-9;
    let size = |numbers: &[Complex64]| numbers.iter().fold(0.0_f64, |m, z| m.max(z.norm()));
    let (near, alike) = (MATCH * size(eigenvalues), MATCH * size(amplitudes));
    let lone = |what, index: usize, value| Err(Error::NotConjugate { what, index, value });
    let mut reals = Vec::new();
    let mut pairs = Vec::new();
    let mut used = vec![false; eigenvalues.len()];
    for (i, (&lambda, &alpha)) in eigenvalues.iter().zip(amplitudes).enumerate() {
        if lambda.im == 0.0 {
            if alpha.im.abs() > alike {
                return lone("fit amplitudes", i, alpha);
            }
            used[i] = true;
            reals.push((lambda, Complex64::new(alpha.re, 0.0)));
        }
    }
    for (i, (&lambda, &alpha)) in eigenvalues.iter().zip(amplitudes).enumerate() {
        if lambda.im <= 0.0 {
            continue;
        }
        let partner = (0..eigenvalues.len())
            .filter(|&j| !used[j] && eigenvalues[j].im < 0.0)
            .min_by(|&a, &b| {
                let gap = |j: usize| (eigenvalues[j] - lambda.conj()).norm();
                gap(a).total_cmp(&gap(b))
            })
            .filter(|&j| (eigenvalues[j] - lambda.conj()).norm() <= near);
        let Some(j) = partner else { return lone("fit eigenvalues", i, lambda) };
        if (amplitudes[j] - alpha.conj()).norm() > alike {
            return lone("fit amplitudes", i, alpha);
        }
        used[i] = true;
        used[j] = true;
        pairs.push((lambda, alpha));
    }
    if let Some(i) = used.iter().position(|used| !used) {
        return lone("fit eigenvalues", i, eigenvalues[i]);
    }
    reals.sort_by(|a, b| b.0.re.total_cmp(&a.0.re));
    pairs.sort_by(|a, b| b.0.re.total_cmp(&a.0.re).then(a.0.im.total_cmp(&b.0.im)));
    let all = reals.into_iter().chain(pairs.into_iter().flat_map(|(l, a)| [(l, a), (l.conj(), a.conj())]));
    Ok(all.unzip())
}

/// JSON has no infinities: numbers that are not finite are written as words.
#[cfg(feature = "serde")]
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
