//! Transients, decay, pseudospectra, statistics, optimisers.

use thalamo::linalg::spectral_abscissa;
use thalamo::optim::{LbfgsOptions, Objective, minimise};
use thalamo::{
    analysis::{
        kreiss_bound, numerical_abscissa, propagator_norms, pseudospectral_abscissa, transient_growth,
        wilcoxon_signed_rank,
    },
    certificate::{decay_time, rms_decay},
};

use super::{Input, Tally, assert_finite, assert_size};

pub(crate) fn transients(input: &mut Input<'_>, tally: &mut Tally) {
    let a = input.system(4);
    if let Some(omega) = tally.judge(numerical_abscissa(&a)) {
        assert!(omega.is_finite());
        if let Some(alpha) = tally.judge(spectral_abscissa(&a)) {
            assert!(omega >= alpha - 1e-7 * a.amax() - 1e-300, "{omega:e} below {alpha:e}");
        }
    }
    let (dt, steps) = (input.positive(), input.count(20));
    if let Some(norms) = tally.judge(propagator_norms(&a, dt, steps)) {
        assert_eq!(norms.len(), steps + 1);
        norms.iter().for_each(|x| assert_size("norm", *x));
    }
    let horizon = input.positive() * 10.0;
    if let Some(found) = tally.judge(transient_growth(&a, horizon)) {
        assert!(found.growth >= 1.0 && found.growth <= found.upper_bound * (1.0 + 1e-9), "{found:?}");
        assert!(found.upper_bound.is_finite() && (0.0..=horizon * (1.0 + 1e-9)).contains(&found.time));
    }
}

pub(crate) fn decay(input: &mut Input<'_>, tally: &mut Tally) {
    let a = input.system(6);
    let fraction = if input.one_in(4) { input.positive() } else { 0.05 };
    if let Some(time) = tally.judge(decay_time(&a, fraction)) {
        assert!(time > 0.0 && time.is_finite(), "decay time {time}");
    }
    let (dt, steps) = (input.positive(), input.count(40));
    if let Some(decay) = tally.judge(rms_decay(&a, dt, steps)) {
        assert_eq!(decay.len(), steps + 1);
        decay.iter().for_each(|x| assert_size("deviation", *x));
    }
}

pub(crate) fn pseudospectra(input: &mut Input<'_>, tally: &mut Tally) {
    let a = input.system(5);
    let epsilon = if input.one_in(2) { input.positive() } else { 0.01 };
    if let Some(found) = tally.judge(pseudospectral_abscissa(&a, epsilon)) {
        assert_finite("pseudospectral abscissa", [&found.abscissa, &found.point.re, &found.point.im]);
        assert!(found.epsilon == epsilon && found.singular_value >= 0.0);
        if let Some(alpha) = tally.judge(spectral_abscissa(&a)) {
            assert!(found.abscissa >= alpha - 1e-7 * a.amax() - 1e-300, "{} below {alpha}", found.abscissa);
        }
    }
    if let Some(found) = tally.judge(kreiss_bound(&a)) {
        assert!(found.bound >= 1.0 && !found.bound.is_nan(), "{found:?}");
    }
}

pub(crate) fn statistics(input: &mut Input<'_>, tally: &mut Tally) {
    let len = input.size(0, 30);
    let a = input.numbers(len);
    if let Some(test) = tally.judge(wilcoxon_signed_rank(&a)) {
        assert!((0.0..=1.0).contains(&test.p_value), "p = {}", test.p_value);
        assert_eq!(test.pairs + test.zeros, a.len());
        let pairs = test.pairs as f64;
        assert_eq!(test.positive_rank_sum + test.negative_rank_sum, pairs * (pairs + 1.0) / 2.0);
    }
}

/// `sum_i s_i (x_i - c_i)^4 + d x_0`, with any scales.
struct Quartic {
    scales: Vec<f64>,
    centre: Vec<f64>,
    slope: f64,
}

impl Objective for Quartic {
    fn dimension(&self) -> usize {
        self.scales.len()
    }

    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let mut value = 0.0;
        for i in 0..x.len() {
            let off = x[i] - self.centre[i];
            value += self.scales[i] * off.powi(4);
            gradient[i] = 4.0 * self.scales[i] * off.powi(3);
        }
        if let Some(first) = gradient.first_mut() {
            *first += self.slope;
            value += self.slope * x[0];
        }
        value
    }
}

pub(crate) fn optimisers(input: &mut Input<'_>, tally: &mut Tally) {
    let n = input.size(0, 4);
    let mut objective =
        Quartic { scales: input.numbers(n), centre: input.numbers(n), slope: input.hostile() };
    let start = input.near_length(n);
    let options = LbfgsOptions::default().with(|o| {
        o.memory = if input.one_in(4) { input.count(6) } else { 4 };
        o.max_iterations = input.size(0, 30);
        o.gradient_tolerance = input.positive();
        o.value_tolerance = input.positive();
        o.first_step = input.positive();
    });
    if let Some(minimum) = tally.judge(minimise(&mut objective, start.as_slice(), &options)) {
        assert_finite("minimum", &minimum.point);
        assert!(minimum.value.is_finite() && minimum.value <= minimum.initial_value);
    }
}
