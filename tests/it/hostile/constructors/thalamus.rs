//! Cortex, placement, loops, preparation.

use thalamo::Rate;
use thalamo::fit::FitOptions;
use thalamo::motif::Motif;
use thalamo::optim::{LbfgsOptions, Objective};
use thalamo::{Complex64, Cortex, LowRank, System};
use thalamo::{
    loops::{
        Feasibility, Horizon, LoopDesign, LoopOptions, MotifLoop, Placement, PlacementOptions,
        RobustnessCost, Verdict, feasibility, largest_feasible_modes,
    },
    preparation::{Preparation, PreparationCost, PreparationOptions, WeightBound},
};

use super::{Input, Tally, assert_finite, assert_size};

/// Mostly a random cortex of the model, now and then one of any matrix.
pub(crate) fn cortex(input: &mut Input<'_>, tally: &mut Tally) -> Option<System> {
    let n = input.size(1, 8);
    if input.one_in(3) {
        let (j, w) = (input.matrix(n, n), input.near_length(n));
        return tally.judge(Cortex::new(j, w, input.positive())).map(System::from);
    }
    let gain = if input.one_in(4) { input.positive() } else { 0.5 };
    tally.judge(Cortex::random(n, gain, input.seed())).map(System::from)
}

pub(crate) fn cortices(input: &mut Input<'_>, tally: &mut Tally) {
    let count = input.count(8);
    if let Some(cortex) = tally.judge(Cortex::random(count, 0.5, input.seed())) {
        assert_eq!(cortex.units(), count);
    }
    let Some(cortex) = cortex(input, tally) else { return };
    let n = cortex.units();
    assert_eq!(
        (cortex.matrix().shape(), cortex.readout().len(), cortex.spectrum().unwrap().len()),
        ((n, n), n, n)
    );
    assert_finite("A", cortex.matrix().iter());
    let made_from = cortex.cortex().unwrap();
    assert_finite("J", made_from.recurrent().iter());
    assert_finite("eigenvalues", cortex.spectrum().unwrap().iter().flat_map(|z| [&z.re, &z.im]));
    assert!(made_from.gain() > 0.0);
}

fn placement_options(input: &mut Input<'_>) -> PlacementOptions {
    let defaults = PlacementOptions::published();
    if !input.one_in(4) {
        return defaults;
    }
    defaults.with(|o| {
        o.condition_limit = input.positive();
        o.rest_margin = Rate::PerTau(input.positive());
        o.stabilised_decay = input.one_in(2).then(|| Rate::PerTau(input.positive()));
    })
}

pub(crate) fn placements(input: &mut Input<'_>, tally: &mut Tally) {
    let Some(cortex) = cortex(input, tally) else { return };
    let (targets, options) = (input.spectrum(6), placement_options(input));
    if let Some(found) = tally.judge(feasibility(&cortex, &targets, &options)) {
        predicted(&found);
    }
    if let Some(found) = tally.judge(feasibility(&cortex, &targets, &PlacementOptions::published())) {
        predicted(&found);
    }
    let Some(placement) = tally.judge(Placement::new(&cortex, &targets, &options)) else { return };
    let finite = |what: &str, z: &[Complex64]| assert_finite(what, z.iter().flat_map(|z| [&z.re, &z.im]));
    assert_eq!(placement.targets().len(), targets.len());
    assert_eq!(placement.spectrum().len(), cortex.units());
    finite("targets", placement.targets());
    finite("spectrum", &placement.spectrum());
    finite("stabilising targets", placement.stabilising());
    assert!(placement.condition() >= 1.0 && placement.condition() <= options.condition_limit);
    assert!(placement.rest().abscissa() <= -options.rest_margin.number());
    let u = input.near_length(cortex.units());
    if let Some(v) = tally.judge(placement.feedback(&u)) {
        assert_finite("v", v.iter());
    }
}

fn predicted(found: &Feasibility) {
    assert!(found.condition >= 1.0, "cond(Q) = {}", found.condition);
    assert!(!found.residue_norm.is_nan() && !found.predicted_error.is_nan());
    assert!(!found.verdict.to_string().is_empty());
    if found.verdict == Verdict::Feasible {
        for value in [found.condition, found.residue_norm, found.predicted_error, found.nearest_distance] {
            assert_size("feasible placement", value);
        }
        assert!(found.rest_abscissa.is_some_and(|abscissa| abscissa < 0.0));
    }
}

fn optimiser(input: &mut Input<'_>) -> LbfgsOptions {
    let defaults = LbfgsOptions::default().with(|o| o.max_iterations = input.size(0, 4));
    if !input.one_in(8) {
        return defaults;
    }
    defaults.with(|o| {
        o.memory = input.count(5);
        o.gradient_tolerance = input.positive();
        o.value_tolerance = input.positive();
        o.first_step = input.positive();
    })
}

pub(crate) fn loop_options(input: &mut Input<'_>) -> LoopOptions {
    LoopOptions::default().with(|o| {
        o.placement = placement_options(input);
        o.horizon = if input.one_in(4) { Horizon::Infinite } else { Horizon::Motif };
        o.noise_floor = if input.one_in(4) { input.positive() } else { 1.0 };
        o.starts = if input.one_in(8) { input.count(2) } else { 1 };
        o.finalists = if input.one_in(8) { input.count(2) } else { 1 };
        o.playback_tolerance = if input.one_in(8) { input.positive() } else { 1e-6 };
        o.optimiser = optimiser(input);
    })
}

fn check_loop(made: &MotifLoop, options: &LoopOptions) {
    assert_finite("loop", made.input().iter().chain(made.feedback()).chain(made.initial_state()));
    assert_finite("system", made.system().iter());
    assert_size("noise cost", made.noise_cost());
    let report = made.report();
    assert!(
        report.distance.is_finite()
            && report.playback_error <= options.playback_tolerance
            && report.abscissa.is_finite()
    );
    assert!((made.input().norm() - 1.0).abs() < 1e-12, "|u| = {}", made.input().norm());
}

pub(crate) fn loops(input: &mut Input<'_>, tally: &mut Tally) {
    let Some(cortex) = cortex(input, tally) else { return };
    let eigenvalues = input.spectrum(4);
    let (amplitudes, duration) = (input.amplitudes(&eigenvalues), 10.0 * input.positive());
    let options = loop_options(input);
    if let Some(design) = tally.judge(LoopDesign::new(&cortex, &eigenvalues, &amplitudes, duration, &options))
    {
        if let Some(made) = tally.judge(design.optimise(input.seed())) {
            check_loop(&made, &options);
        }
        let u = input.near_length(cortex.units());
        if let Some(made) = tally.judge(design.with_input(u.as_slice())) {
            check_loop(&made, &options);
        }
        tally.judge(design.finish(&[]));
    }
    let placed = Placement::new(&cortex, &eigenvalues, &options.placement);
    let Some(placement) = tally.judge(placed) else { return };
    let horizon = options.horizon;
    let cost = RobustnessCost::new(&placement, &amplitudes, duration, horizon)
        .and_then(|cost| cost.with_noise_floor(options.noise_floor));
    if let Some(mut cost) = tally.judge(cost) {
        let u = input.near_length(cortex.units());
        if let Some(terms) = tally.judge(cost.terms(u.as_slice())) {
            assert!(!terms.cost.is_nan() && terms.cost >= 0.0, "{terms:?}");
        }
        if u.len() == cortex.units() {
            let mut gradient = vec![0.0; u.len()];
            let value = cost.evaluate(u.as_slice(), &mut gradient);
            assert!(!value.is_nan());
            if value.is_finite() {
                assert_finite("gradient of ln C", &gradient);
            }
        }
    }
}

pub(crate) fn preparation_options(input: &mut Input<'_>, units: usize) -> PreparationOptions {
    PreparationOptions::published().with(|o| {
        o.rank = Some(if input.one_in(8) { input.count(9) } else { units });
        o.beta = if input.one_in(4) { input.positive() } else { 0.05 };
        o.bound = if input.one_in(4) {
            WeightBound::FrobeniusPenalty { weight: input.positive() }
        } else {
            WeightBound::UnitColumns
        };
        o.optimiser = optimiser(input);
    })
}

fn check_module(module: &Preparation) {
    assert_finite("U", module.input().iter());
    assert_finite("V", module.feedback().iter());
    assert_finite("A + U V^T", module.system().iter());
    assert!(module.report().abscissa < 0.0, "abscissa {}", module.report().abscissa);
    assert_size("cost", module.report().cost_per_unit);
}

pub(crate) fn preparations(input: &mut Input<'_>, tally: &mut Tally) {
    let Some(cortex) = cortex(input, tally) else { return };
    let n = cortex.units();
    let options = preparation_options(input, n);
    if let Some(module) = tally.judge(Preparation::optimise(&cortex, &options, input.seed())) {
        check_module(&module);
        let state = input.near_length(n);
        if let Some(bias) = tally.judge(module.bias(&state)) {
            assert_finite("bias", bias.iter());
        }
    }
    let rank = input.size(0, n + 1);
    let (u, v) = (input.matrix(n, rank), input.matrix(n, rank));
    let v = if input.one_in(2) { -&u } else { v };
    let beta = options.beta;
    if let Some(weights) = tally.judge(LowRank::new(u.clone(), v.clone())) {
        if let Some(module) = tally.judge(Preparation::new(&cortex, weights.clone(), beta)) {
            check_module(&module);
        }
        let options = options.with(|o| o.rank = Some(rank));
        if let Some(module) = tally.judge(Preparation::optimise_from(&cortex, &options, weights)) {
            check_module(&module);
        }
    }
    if let Some(mut cost) = tally.judge(PreparationCost::new(&cortex, beta))
        && let Some(Some(terms)) = tally.judge(cost.evaluate(&u, &v))
    {
        assert_size("cost of preparation", terms.total());
        assert_finite("gradient of U", cost.gradient_input().iter());
        assert_finite("gradient of V", cost.gradient_feedback().iter());
    }
}

pub(crate) fn feasible_modes(input: &mut Input<'_>, tally: &mut Tally) {
    let Some(cortex) = cortex(input, tally) else { return };
    let len = input.size(4, 24);
    let (dt, values) = (input.positive(), input.numbers(len));
    let Some(motif) = tally.judge(Motif::new(dt, values)) else { return };
    let options = FitOptions::published().with(|o| (o.effort, o.random_starts) = (input.size(0, 30), 0));
    let (low, high) =
        (input.size(0, 3), if input.one_in(4) { input.count(6) } else { cortex.units().min(4) });
    if let Some(found) = tally.judge(largest_feasible_modes(&cortex, &motif, &options, low..=high)) {
        assert_eq!(found.rows.len(), high + 1 - low);
        assert!(found.largest.is_none_or(|k| (low..=high).contains(&k)));
        found.rows.iter().for_each(|(_, found)| predicted(found));
    }
}
