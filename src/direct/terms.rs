//! The parts of the objective and their weights.

use super::options::DirectOptions;

/// The parts of the objective of a direct design, free of units: states in the scale c of the motif, times in
/// its duration T, outputs times their weights.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
pub struct DirectTerms {
    /// The objective J.
    pub objective: f64,
    /// Mean over the samples of $|y_n - W^T e^{M t_n} s|^2$.
    pub fit: f64,
    /// $\mathrm{tr}(O S) / T$: what is expected on top of it from what preparation leaves.
    pub noise: f64,
    /// $\mathrm{tr}\, O / T$: mean square of the readouts per unit of variance in every unit at the start.
    pub gain: f64,
    /// $\frac{1}{N T} \int |x|^2 dt$: mean square of the states.
    pub activity: f64,
    /// $|x(T)|^2 / N$: mean square of the state at the end.
    pub end: f64,
    /// $T (|U|^2 + |V|^2)$.
    pub size: f64,
    /// $\sum_i \max(0, T \mathrm{Re} \mu_i + 1)^2$.
    pub barrier: f64,
    /// Largest $T \mathrm{Re} \mu_i$.
    pub abscissa: f64,
    /// $\Phi_w$: what relative errors $\epsilon$ of every weight of U and V add to the expected squared error
    /// is $\epsilon^2 \Phi_w$, to first order. Zero in evaluations that do not weigh it.
    pub weight_errors: f64,
    /// What errors of the module's weights and of its input, of the size of the options, add to it.
    pub module_errors: f64,
}

impl DirectTerms {
    /// Expected root mean square distance of the readout from the target in a sequence, in units of c.
    pub fn expected_error(&self) -> f64 {
        (self.fit + self.noise).sqrt()
    }

    /// The same with relative errors of this size of every weight of the loop, beside the module's.
    pub fn expected_error_at(&self, weight_error: f64) -> f64 {
        (self.fit + self.noise + self.module_errors + weight_error.powi(2) * self.weight_errors).sqrt()
    }

    /// Robustness cost $C$: expected readout deviation per unit of relative noise at the start, in units of
    /// c.
    pub fn noise_cost(&self) -> f64 {
        (self.gain * self.activity).sqrt()
    }
}

/// Weights of the parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weights {
    /// $\sigma_r^2$ and $\sigma_0^2$.
    pub(super) relative: f64,
    pub(super) absolute: f64,
    pub(super) end: f64,
    pub(super) size: f64,
    pub(super) barrier: f64,
    pub(super) rightmost: f64,
    pub(super) errors: ErrorWeights,
}

/// Weights of what errors of the loop's weights do.
#[derive(Debug, Clone, Copy)]
pub(super) struct ErrorWeights {
    /// The squared relative error.
    pub(super) squared: f64,
    /// Relative error times the standard deviations that the barrier is kept away.
    pub(super) shift: f64,
    pub(super) barrier: f64,
}

impl ErrorWeights {
    /// Whether they do anything.
    pub(super) fn of_loop(&self) -> bool {
        self.squared > 0.0 || self.shift > 0.0
    }
}

impl Weights {
    pub(super) fn new(options: &DirectOptions) -> Self {
        Self {
            relative: options.relative_noise.powi(2),
            absolute: options.absolute_noise.powi(2),
            end: options.end,
            size: options.size,
            barrier: options.barrier,
            rightmost: options.rightmost,
            errors: ErrorWeights {
                squared: options.weight_error.powi(2),
                shift: options.deviations * options.barrier_error,
                barrier: options.barrier,
            },
        }
    }

    /// The objective from its parts.
    pub(super) fn total(&self, t: &DirectTerms) -> f64 {
        t.fit
            + t.noise
            + self.absolute * t.gain
            + self.relative * t.gain * t.activity
            + self.end * t.end
            + self.size * t.size
            + self.barrier * t.barrier
            + self.errors.squared * t.weight_errors
            + t.module_errors
    }

    /// Weight of the identity beside S in the covariance whose readout counts.
    pub(super) fn isotropic(&self, activity: f64) -> f64 {
        self.absolute + self.relative * activity
    }
}

/// How far an eigenvalue is right of -1, in units of 1/T.
pub(super) fn excess(real_part: f64) -> f64 {
    (real_part + 1.0).max(0.0)
}
