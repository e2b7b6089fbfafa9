//! Which fit of a motif to keep: the closest one is not the one played best.

use crate::fit::Fit;
use crate::loops::MotifLoop;
use crate::{Error, Result, check};

/// More rounds than this are taken for a mistake.
const MAX_ROUNDS: usize = 100;

/// How much noise a motif may carry before it is fitted again with its eigenvalues farther apart.
///
/// Close eigenvalues with large cancelling amplitudes fit a little better and amplify noise a lot.
/// After a transition a fraction of the deviation from the initial state is left; through the noise
/// gain G of the loop it adds to the error of the readout,
///
/// $$ \delta^2 = r^2 \Big(\frac{|x_\mathrm{init}|^2}{N} + s^2\Big) \frac{G}{T}, $$
///
/// with r the fraction left and the network's scale s the size of the states come from. A motif whose
/// $\delta$ exceeds `share` of its fit's RMSE, or whose cost C exceeds `cost_limit` times s, is fitted again
/// with `wider` times the separation, up to `rounds` times; the smallest expected error
/// $\sqrt{\mathrm{RMSE}^2 + \delta^2}$ within the limit of C is kept, or the smallest C where none is within
/// it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(remote = "Self", default, deny_unknown_fields))]
#[non_exhaustive]
pub struct NoiseTolerance {
    /// Fraction r of a deviation that preparation leaves: about 0.02 after 5 tau with the default
    /// module.
    pub residual: f64,
    /// Largest accepted `delta / RMSE`.
    pub share: f64,
    /// Largest accepted cost C, in units of the network's scale.
    pub cost_limit: f64,
    /// Factor on the separation from round to round, > 1.
    pub wider: f64,
    /// Most additional fits of a motif, at most 100; 0 keeps the first whatever its noise.
    pub rounds: usize,
}

crate::check::with!(NoiseTolerance);

#[cfg(feature = "io")]
crate::check::checked_when_read!(NoiseTolerance: |it| it.validate().map(|()| it));

impl Default for NoiseTolerance {
    fn default() -> Self {
        Self { residual: 0.02, share: 0.25, cost_limit: 2.5, wider: 1.25, rounds: 3 }
    }
}

impl NoiseTolerance {
    /// Checks every number.
    ///
    /// # Errors
    /// The first one out of its range.
    pub fn validate(&self) -> Result<()> {
        check::non_negative("residual of preparation", self.residual)?;
        check::non_negative("noise share", self.share)?;
        check::positive("cost limit", self.cost_limit)?;
        if self.rounds > MAX_ROUNDS {
            return Err(Error::OutOfRange {
                what: "rounds of fits",
                expected: "at most 100",
                given: self.rounds as f64,
            });
        }
        if self.wider > 1.0 && self.wider.is_finite() {
            return Ok(());
        }
        Err(Error::OutOfRange { what: "wider", expected: "a finite number > 1", given: self.wider })
    }

    /// Readout deviation that a transition is expected to leave in this motif, delta.
    fn deviation(&self, motif_loop: &MotifLoop, (duration, scale): (f64, f64)) -> f64 {
        let start = motif_loop.initial_state();
        let variance = start.norm_squared() / start.len() as f64 + scale * scale;
        self.residual * (variance * motif_loop.report().terms.noise_gain / duration).sqrt()
    }

    /// Whether to try a wider separation, for a motif of a duration in a network of a scale.
    pub(super) fn exceeded_by(&self, (fit, own): &(Fit, MotifLoop), played: (f64, f64)) -> bool {
        own.noise_cost() > self.cost_limit * played.1 || self.deviation(own, played) > self.share * fit.rmse()
    }

    /// Whether the first is better: by what C is over its limit, then by the expected error.
    pub(super) fn prefers(&self, new: &(Fit, MotifLoop), old: &(Fit, MotifLoop), played: (f64, f64)) -> bool {
        let rank = |(fit, own): &(Fit, MotifLoop)| {
            let over = (own.noise_cost() - self.cost_limit * played.1).max(0.0);
            (over, fit.rmse().hypot(self.deviation(own, played)))
        };
        rank(new) < rank(old)
    }
}
