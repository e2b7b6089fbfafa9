//! A line search for the weak Wolfe conditions that survives infinite values.
//!
//! A stability constraint produces infinities all the time. Bracketing in the manner of Lewis and Overton
//! (Math. Program. 141, 2013) needs no finite value at the far end: a step that fails sufficient decrease,
//! infinity included, bounds the bracket from above; one that fails the curvature condition bounds it from
//! below.

const SUFFICIENT_DECREASE: f64 = 1e-4;
const CURVATURE: f64 = 0.9;
/// Most trial steps of one search.
pub(super) const MAX_TRIALS: usize = 40;

/// What to do after a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Both conditions hold.
    Accept,
    /// Try [`WeakWolfe::step`], which was changed.
    Again,
}

/// One search along a direction.
#[derive(Debug, Clone)]
pub(super) struct WeakWolfe {
    value: f64,
    slope: f64,
    lower: f64,
    upper: f64,
    /// The step to try, in multiples of the direction.
    pub(super) step: f64,
}

impl WeakWolfe {
    /// From a point with this value, along a direction with this slope; `None` unless it descends.
    pub(super) fn new(value: f64, slope: f64, step: f64) -> Option<Self> {
        (slope < 0.0).then_some(Self { value, slope, lower: 0.0, upper: f64::INFINITY, step })
    }

    /// Judges a trial at `step` by its value, and by the slope there, which is asked for only where it
    /// matters.
    pub(super) fn judge(&mut self, value: f64, slope: impl FnOnce() -> f64) -> Verdict {
        let decreased = value <= self.value + SUFFICIENT_DECREASE * self.step * self.slope;
        if !decreased {
            self.upper = self.step;
            self.step = self.shrink(value);
        } else if slope() < CURVATURE * self.slope {
            self.lower = self.step;
            self.step =
                if self.upper.is_finite() { 0.5 * (self.lower + self.upper) } else { 2.0 * self.step };
        } else {
            return Verdict::Accept;
        }
        Verdict::Again
    }

    /// The next trial after a failure of sufficient decrease at `step` with this value: the minimiser of
    /// the parabola through value and slope at the lower end, kept inside the bracket.
    fn shrink(&self, value: f64) -> f64 {
        let width = self.upper - self.lower;
        let parabola =
            -0.5 * self.slope * self.upper * self.upper / (value - self.value - self.slope * self.upper);
        if self.lower == 0.0 && parabola.is_finite() {
            parabola.clamp(0.1 * self.upper, 0.5 * self.upper)
        } else if value.is_finite() {
            self.lower + 0.5 * width
        } else {
            self.lower + 0.2 * width
        }
    }
}
