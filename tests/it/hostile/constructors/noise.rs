//! Closed forms of noise.

use thalamo::analysis::noise::{
    Approach, InitialNoise, LoopWeights, MotifReadout, ReadoutVariance, WeightNoise, accumulated_noise,
    readout_gramian, stationary_variance,
};

use super::{Input, Tally, assert_finite, assert_size};

fn check(variance: &ReadoutVariance) {
    variance.values().iter().for_each(|x| assert_size("variance", *x));
    assert_size("mean variance", variance.mean());
    assert_size("RMS", variance.rms());
}

pub(crate) fn readouts(input: &mut Input<'_>, tally: &mut Tally) {
    let a = input.system(5);
    let n = a.nrows();
    let (w, dt, samples) = (input.near_length(n), input.positive(), input.count(30));
    if let Some(gramian) = tally.judge(readout_gramian(&a, &w, dt, samples)) {
        assert_finite("Gramian", gramian.iter());
    }
    let Some(readout) = tally.judge(MotifReadout::new(&a, &w, dt, samples)) else { return };
    assert_eq!((readout.units(), readout.samples(), readout.dt()), (n, samples, dt));
    assert_finite("sensitivities", readout.sensitivities().iter());
    let covariance = input.matrix(n, n);
    let noise = match input.size(0, 3) {
        0 => InitialNoise::None,
        1 => InitialNoise::Independent(input.positive()),
        2 => InitialNoise::Covariance(covariance),
        _ => InitialNoise::Covariance(&covariance * covariance.transpose()),
    };
    if let Some(variance) = tally.judge(readout.initial_variance(&noise)) {
        check(&variance);
    }
    if let Some(variance) = tally.judge(readout.process_variance(input.positive())) {
        check(&variance);
    }
    let (u, v, start) = (input.near_length(n), input.near_length(n), input.near_length(n));
    let (system, fixed_point, duration) = (input.matrix(n, n), input.near_length(n), input.positive());
    let weights = LoopWeights { input: &u, feedback: &v, gain: input.positive() };
    let approach = if input.one_in(2) {
        Approach::State(&start)
    } else {
        Approach::Preparation { system: &system, fixed_point: &fixed_point, start: &start, duration }
    };
    if let Some(sensitivity) = tally.judge(readout.weight_sensitivity(&weights, &approach)) {
        for part in [sensitivity.input(), sensitivity.feedback(), sensitivity.recurrent()] {
            part.iter().for_each(|x| assert_size("sensitivity", *x));
        }
        let noise =
            WeightNoise { input: input.positive(), feedback: input.positive(), recurrent: input.positive() };
        if let Some(variance) = tally.judge(sensitivity.variance(&noise)) {
            check(&variance);
        }
    }
}

pub(crate) fn states(input: &mut Input<'_>, tally: &mut Tally) {
    let a = input.system(5);
    let w = input.near_length(a.nrows());
    if let Some(variance) = tally.judge(stationary_variance(&a, &w, input.positive())) {
        assert_size("stationary variance", variance);
    }
    let duration = if input.one_in(4) { input.hostile() } else { 10.0 * input.positive() };
    if let Some(InitialNoise::Covariance(sigma)) =
        tally.judge(accumulated_noise(&a, duration, input.positive()))
    {
        assert_finite("accumulated noise", sigma.iter());
    }
    let covariance = input.matrix(a.nrows(), a.nrows());
    let noise = if input.one_in(2) {
        InitialNoise::Independent(input.positive())
    } else {
        InitialNoise::Covariance(&covariance * covariance.transpose())
    };
    if let Some(InitialNoise::Covariance(sigma)) = tally.judge(noise.after(&a, duration)) {
        assert_finite("noise after preparation", sigma.iter());
    }
}
