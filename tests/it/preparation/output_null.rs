//! Preparation that the readout does not see: exact whatever the state, and as good as without.

use crate::support::archives::*;
use crate::support::npz::Npz;
use crate::support::*;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use std::path::Path;
use thalamo::io::{Model, decode, encode};
use thalamo::linalg::{expm, spectral_abscissa};
use thalamo::play::{Keep, Sequence, Simulator, Start};
use thalamo::preparation::{Input, Preparation, PreparationOptions, WeightBound};
use thalamo::{Cortex, Error, LowRank, Network, Rate, System};

fn options(rank: usize, gamma: Rate) -> PreparationOptions {
    PreparationOptions::output_null().with(|o| {
        (o.rank, o.output_null, o.optimiser.max_iterations) = (Some(rank), Some(gamma), 20);
    })
}

/// A random system with several readouts.
fn system(units: usize, outputs: usize, gain: f64, seed: u64) -> System {
    let cortex = Cortex::random(units, gain, seed).unwrap();
    System::new(cortex.matrix(), normal_matrix(units, outputs, &mut rng(seed + 1))).unwrap()
}

proptest! {
    #![proptest_config(cases(40))]

    /// From any state and under any constant input the readouts fall exponentially to their ends: no
    /// transient.
    #[test]
    fn readouts_fall_exponentially(
        seed in 0_u64..10_000, n in 6_usize..40, outputs in 1_usize..4, gamma in 0.1..4.0_f64, penalty: bool,
    ) {
        let system = system(n, outputs, 0.5, seed);
        let mut options = options(outputs + n.div_ceil(3), Rate::PerTau(gamma));
        if penalty {
            options.bound = WeightBound::FrobeniusPenalty { weight: 0.1 };
        }
        let made = match Preparation::optimise(&system, &options, seed) {
            Err(Error::Unstable { .. }) => return Err(TestCaseError::reject("the start is unstable")),
            made => made.unwrap(),
        };
        prop_assert_eq!(made.input().ncols(), outputs + n.div_ceil(3));
        let (m, w, report) = (made.system(), system.readout(), made.report());
        prop_assert!(report.abscissa < 0.0 && report.cost_per_unit <= report.history.unwrap().initial_cost_per_unit);
        prop_assert!((spectral_abscissa(m).unwrap() - report.abscissa).abs() < 1e-9);
        let null = report.output_null.unwrap();
        let residual = (w.transpose() * m + w.transpose() * gamma).norm() / (w.norm() * m.norm());
        prop_assert!(residual < 1e-12 && null.residual < 1e-12 && null.gamma == gamma, "{residual:e}");

        let (x, b) = (normal_vector(n, &mut rng(seed + 2)) * 3.0, normal_vector(n, &mut rng(seed + 3)));
        let rate = w.transpose() * (m * &x + &b);
        let expected = w.transpose() * &x * -gamma + w.transpose() * &b;
        prop_assert!((rate - &expected).norm() < 1e-12 * (m.norm() + gamma) * w.norm() * (x.norm() + b.norm()));
        let end = w.transpose() * &b / gamma;
        let held = -m.clone().lu().solve(&b).unwrap();
        for t in [0.1, 1.0, 5.0] {
            let reached = &held + expm(&(m * t)).unwrap() * (&x - &held);
            let expected = &end + (w.transpose() * &x - &end) * (-gamma * t).exp();
            let size = w.norm() * (x.norm() + held.norm());
            prop_assert!((w.transpose() * reached - expected).norm() < 1e-10 * size);
        }
    }

    /// Half as fast a system has half as fast a module of the same directions, at any speed.
    #[test]
    fn modules_follow_the_time_of_the_system(seed in 0_u64..1000, pace in -8_i32..=8) {
        let (plain, pace) = (system(20, 1, 0.5, seed), 4.0_f64.powi(pace));
        let slow = System::new(plain.matrix() / pace, plain.readout().clone()).unwrap();
        let options = PreparationOptions::output_null().with(|o| o.optimiser.max_iterations = 10);
        let [one, other] = [&plain, &slow].map(|system| Preparation::optimise(system, &options, seed).unwrap());
        let off = |a: &DMatrix<f64>, b: &DMatrix<f64>| (a - b * pace.sqrt()).norm() / a.norm();
        prop_assert!(off(one.input(), other.input()) < 1e-9 && off(one.feedback(), other.feedback()) < 1e-9);
        let [a, b] = [&one, &other].map(|made| made.report().output_null.unwrap());
        prop_assert!((a.gamma / (b.gamma * pace) - 1.0).abs() < 1e-12);
        prop_assert!((a.feedback / (b.feedback * pace) - 1.0).abs() < 1e-12);
    }
}

/// What the constraint costs is a percent or so of decay; the readout's transients go.
#[test]
fn it_costs_next_to_nothing() {
    let cortex = System::from(Cortex::random(60, 0.5, 1).unwrap());
    let smooth = Preparation::optimise(&cortex, &PreparationOptions::default(), 1).unwrap();
    let null = Preparation::optimise(&cortex, &PreparationOptions::output_null(), 1).unwrap();
    assert_eq!(null.input().ncols(), smooth.input().ncols());
    let decay = |made: &Preparation| made.report().terms.decay;
    assert!(decay(&null) < 1.02 * decay(&smooth), "{} {}", decay(&null), decay(&smooth));
    assert_eq!((null.report().terms.smoothness, smooth.report().output_null), (0.0, None));
    // Equal seeds, equal bits.
    let again = Preparation::optimise(&cortex, &PreparationOptions::output_null(), 1).unwrap();
    assert_eq!(null, again);
    // A descent from where one ended goes nowhere.
    let free = |m: &DMatrix<f64>| m.columns(0, m.ncols() - 1).into_owned();
    let start = LowRank::new(free(null.input()), free(null.feedback())).unwrap();
    let more = Preparation::optimise_from(&cortex, &PreparationOptions::output_null(), start).unwrap();
    let ratio = more.report().cost_per_unit / null.report().cost_per_unit;
    assert!((0.99..=1.0 + 1e-9).contains(&ratio), "{ratio}");
}

/// Chaotic networks have many eigenvalues on the right, and a readout like any other.
#[test]
fn unstable_cortices_are_stabilised() {
    for (units, gain, rank) in [(60, 1.4, 20), (41, 1.4, 15)] {
        let drawn = Cortex::random(units, 1.0, 7).unwrap();
        let cortex = Cortex::new(drawn.recurrent() * gain, drawn.readout().clone(), 1.0).unwrap();
        let made = Preparation::optimise(&cortex.into(), &options(rank, Rate::PerTau(1.0)), 1).unwrap();
        assert!(made.report().abscissa < 0.0 && made.report().output_null.unwrap().residual < 1e-12);
    }
}

/// A library over such a module, with either input: in files, and as it plays.
#[test]
fn transitions_have_no_transients() {
    let module = options(20, Rate::PerTau(0.8)).with(|o| o.rate = Rate::PerTau(1.0));
    for input in [Input::Published, Input::Compensated { shortest: Some(2.0) }] {
        let options = short_options().with(|o| (o.preparation, o.input) = (module.clone(), input));
        let network =
            Network::build(Cortex::random(40, 0.5, 3).unwrap(), &short_motifs(2, 3), &options, 3).unwrap();
        let simulator = Simulator::new(&network, 5.0).unwrap();
        let start = normal_vector(40, &mut rng(3)) * 3.0;
        let run = simulator
            .run(&Sequence::new(&[1]).unwrap(), &Start::State(start.clone()), None, Keep::Readout)
            .unwrap();
        let (own, w) = (&network.motifs()[1], network.system().single_readout().unwrap());
        let end = |b: &DVector<f64>| w.dot(b) / 0.8;
        let fall = |y: f64, b: &DVector<f64>, t: f64| end(b) + (y - end(b)) * (-0.8 * t).exp();
        for (n, y) in run.readout[..50].iter().enumerate() {
            let (t, y_0) = (n as f64 * 0.1, w.dot(&start));
            let expected = match own.starting_bias() {
                Some(first) if t < 2.0 => fall(y_0, first, t),
                Some(first) => fall(fall(y_0, first, 2.0), own.bias(), t - 2.0),
                None => fall(y_0, own.bias(), t),
            };
            assert!((y - expected).abs() < 1e-10, "{n}: {y} {expected}");
        }
        // As a file: the same module, and no other.
        let (path, model) = (Path::new("model.npz"), Model::new(network, 5.0).unwrap());
        let bytes = encode(&model, path).unwrap();
        let again: Model = decode(&bytes, path, ()).unwrap();
        assert_eq!(again.network.preparation(), model.network.preparation());
        let change = Change::Numbers(|x| x[3] += 1e-6);
        let message = refusal(decode::<Model>(&changed_in(&bytes, "U_prep", &change), path, ()));
        assert!(message.contains("module W^T M = -gamma W^T: expected within"), "{message}");
        // Modules of before say nothing of it.
        let mut metadata: serde_json::Value =
            serde_json::from_slice(Npz::decode(model_bytes()).bytes("metadata")).unwrap();
        metadata["options"]["preparation"].as_object_mut().unwrap().remove("output_null").unwrap();
        let old = changed("metadata", &Change::Bytes(serde_json::to_vec(&metadata).unwrap()));
        let old: Model = decode(&old, path, ()).unwrap();
        assert_eq!(old.network.preparation(), crate::support::archives::model().network.preparation());
    }
}

#[test]
fn refusals() {
    let plain = system(6, 2, 0.5, 1);
    let optimise = |system: &System, options: &PreparationOptions| Preparation::optimise(system, options, 1);
    let message = "rank P of the output-null module: expected more than the number of outputs D, given 2";
    refused(optimise(&plain, &options(2, Rate::PerTau(1.0))), message);
    assert!(optimise(&plain, &options(3, Rate::PerTau(1.0))).is_ok());
    for (gamma, shown) in [(0.0, "0"), (-1.0, "-1"), (f64::NAN, "NaN")] {
        let message = format!("rate gamma of the readout: expected a finite number > 0, given {shown}");
        refused(optimise(&plain, &options(4, Rate::Relative(gamma))), &message);
    }
    let twice = DMatrix::from_fn(6, 2, |i, _| (i as f64).cos());
    for readout in [twice, DMatrix::zeros(6, 1), DMatrix::identity(6, 6).insert_column(6, 1.0)] {
        let dependent = System::new(plain.matrix().clone(), readout).unwrap();
        let made = optimise(&dependent, &PreparationOptions::output_null().with(|o| o.rank = Some(6)));
        assert!(matches!(made, Err(Error::Singular { .. } | Error::OutOfRange { .. })), "{made:?}");
    }
    let start = LowRank::new(DMatrix::from_element(6, 4, 0.1), DMatrix::from_element(6, 4, 0.1)).unwrap();
    let message = "U and V: expected shape 6 x 2, given 6 x 4; give both as N x (P - D)";
    refused(Preparation::optimise_from(&plain, &options(4, Rate::PerTau(1.0)), start), message);
    // Without a smooth readout the outputs do not enter.
    let several = optimise(&plain, &PreparationOptions::default().with(|o| o.beta = 0.0)).unwrap();
    assert_eq!(several.report().terms.smoothness, 0.0);
    assert!(matches!(optimise(&plain, &PreparationOptions::default()), Err(Error::Outputs { given: 2 })));
}
