//! What is certified.

use nalgebra::{DMatrix, DVector};
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::norm::Norm;
use crate::{Error, Result, check};

/// Proof data for one library and preparation time: balls that no sequence leaves, and the readout
/// errors that follow from them. Errors are deviations of the readout from the motif's own
/// exponentials, at its samples.
///
/// See [`certify`](super::certify) for the theorem; [`Certificate::verify`] checks it against a
/// network by an independent path.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// Preparation time, in tau.
    pub transition: f64,
    /// Number of most recent motifs that are followed exactly.
    pub depth: usize,
    /// The norm it is stated in: the one that gave the smaller bound.
    pub norm: Norm,
    /// Certified largest readout error of motif (row) after motif (column), whatever was played
    /// before.
    pub sup_error: DMatrix<f64>,
    /// Certified root mean square readout error, likewise.
    pub rms_error: DMatrix<f64>,
    /// Largest readout error of motif (row) after motif (column) played from its own initial state:
    /// exact.
    pub exact_sup_error: DMatrix<f64>,
    /// Root mean square readout error, likewise exact.
    pub exact_rms_error: DMatrix<f64>,
    /// Bound on the Euclidean distance of the state at the end of each motif from its ideal end
    /// state, for sequences of any order and length.
    pub carried_deviation: Vec<f64>,
    pub(super) weight: DMatrix<f64>,
    pub(super) contraction: Vec<f64>,
    pub(super) centres: Vec<DVector<f64>>,
    pub(super) radii: Vec<f64>,
    pub(super) shallow_sup: DMatrix<f64>,
    pub(super) starts: Vec<StartData>,
    pub(super) fingerprint: u64,
}

/// What bounds the first motif from an arbitrary state, and how far that state carries.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StartData {
    /// Readout error from rest, `|w^T e^{A_mu t} e^{A_prep T} x_init|` with the published input, and
    /// `|w^T e^{A_mu t} e^{A_prep T}|_2` at each sample.
    pub(super) offset: Vec<f64>,
    pub(super) gain: Vec<f64>,
    /// `max_t` of the rows' dual H norms.
    pub(super) weighted_gain: f64,
    /// `|f_mu(0) - s_mu|_H` and `max |M_mu x|_H / |x|_2`.
    pub(super) origin: f64,
    pub(super) reach: f64,
}

/// Readout errors of all sequences from a set of starts.
#[derive(Debug, Clone, PartialEq)]
pub struct StartBound {
    /// Radius of the ball of starts (Euclidean).
    pub radius: f64,
    /// Probability that a start lies in it: 1 for a ball.
    pub probability: f64,
    /// Largest readout error in the first motif, per motif.
    pub first: Vec<f64>,
    /// Largest readout error in any motif after the first, in any order.
    pub later: f64,
}

impl Certificate {
    /// Contraction: largest factor, in that norm, by which one preparation and motif multiply any
    /// deviation.
    pub fn contraction(&self) -> f64 {
        self.contraction.iter().copied().fold(0.0, f64::max)
    }

    /// Certified largest readout error over all sequences of any order and length.
    pub fn worst(&self) -> f64 {
        self.sup_error.max()
    }

    /// Largest exact error over all ordered pairs: no certificate can be below it.
    pub fn exact_worst(&self) -> f64 {
        self.exact_sup_error.max()
    }

    /// `worst / exact_worst`: 1 is tight.
    pub fn gap(&self) -> f64 {
        self.worst() / self.exact_worst()
    }

    /// Readout errors of all sequences from states with `|x(0)| <= radius`.
    ///
    /// # Errors
    /// A radius that is negative, not finite, or so large that the bound overflows.
    pub fn from_ball(&self, radius: f64) -> Result<StartBound> {
        check::non_negative("radius of the starts", radius)?;
        let reached =
            |s: &StartData| s.offset.iter().zip(&s.gain).map(|(o, g)| o + radius * g).fold(0.0, f64::max);
        let first = self.starts.iter().map(reached).collect();
        let outside = |(mu, s): (usize, &StartData)| s.origin + radius * s.reach - self.radii[mu];
        let excess = self.starts.iter().enumerate().map(outside).fold(0.0, f64::max);
        // What lies outside the balls shrinks with every motif; the second sees the most of it.
        let later = (0..self.starts.len())
            .map(|mu| self.shallow_sup.row(mu).max() + self.starts[mu].weighted_gain * excess)
            .fold(0.0, f64::max);
        let made = StartBound { radius, probability: 1.0, first, later };
        check::no_overflow("bound on the first motif", &made.first)?;
        check::no_overflow("bound on later motifs", &[made.later])?;
        Ok(made)
    }

    /// Readout errors of all sequences from states drawn from N(0, std^2 I), with the given
    /// probability: the ball that holds this share of the draws, $r^2 = \sigma^2 \chi^2_N(p)$.
    ///
    /// # Errors
    /// A negative standard deviation, or a probability outside (0, 1).
    pub fn from_normal(&self, std: f64, probability: f64) -> Result<StartBound> {
        check::non_negative("standard deviation of the starts", std)?;
        if !(probability > 0.0 && probability < 1.0) {
            let expected = "a probability in (0, 1)";
            return Err(Error::OutOfRange { what: "probability", expected, given: probability });
        }
        let units = self.weight.nrows() as f64;
        let law = ChiSquared::new(units).map_err(|_| Error::Singular {
            what: "chi-squared law",
            remedy: "use a network with at least one unit",
        })?;
        let bound = self.from_ball(std * law.inverse_cdf(probability).sqrt())?;
        Ok(StartBound { probability, ..bound })
    }
}
