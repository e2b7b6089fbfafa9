//! Training of tanh networks: Adam against a reference, segregated motifs, resuming to the same bits, typed
//! errors.

use crate::support::reference;
use std::ops::ControlFlow;
use std::sync::Arc;

use nalgebra::DMatrix;
use thalamo::Error;
use thalamo::motif::{Motif, step_motifs};
use thalamo::rnn::{
    Adam, AdamOptions, Architecture, BatchMemory, Checkpoint, Learned, Loss, Parameters, Plateau, Protocol,
    TanhNetwork, TanhOptions, TanhTransition, Trainer, TrainingOptions, TrainingStatus, TransitionModule,
    Trial, TrialPhase, TrialSegment, gradient, play, respond, train_module, transition_errors,
    transition_fixed_point,
};

/// Short motifs keep debug runs quick.
fn short_motifs(count: usize) -> Vec<Motif> {
    let wave = |i: usize| (0..30 + 7 * i).map(|k| ((k as f64 / 5.0) + i as f64).sin()).collect();
    (0..count).map(|i| Motif::new(0.1, wave(i)).expect("a motif")).collect()
}

fn small(architecture: Architecture, motifs: usize) -> TanhNetwork<f32> {
    let options = TanhOptions::new(architecture).with(|o| o.units = 12);
    TanhNetwork::random(&options, motifs).expect("a network")
}

fn fast(protocol: Protocol) -> TrainingOptions {
    let adam = AdamOptions::default().with(|o| o.learning_rate = 1e-2);
    TrainingOptions::new(protocol).with(|o| o.adam = adam)
}

fn with_module(network: TanhNetwork<f32>, seed: u64) -> TanhNetwork<f32> {
    let module = TransitionModule::random(network.units(), 4, seed).expect("a module");
    network.with_module(module).expect("the same N")
}

#[test]
fn adam_follows_the_reference() {
    let data = reference("adam");
    let number = |key: &str| data[key].as_f64().expect("a number");
    let options = AdamOptions::default().with(|o| {
        o.learning_rate = number("learning_rate");
        o.beta1 = number("beta1");
        o.beta2 = number("beta2");
        o.epsilon = number("epsilon");
    });
    let path = data["path"].as_array().expect("points");
    let point = |i: usize| -> Vec<f64> {
        path[i].as_array().expect("a point").iter().map(|x| x.as_f64().expect("a number")).collect()
    };
    let mut x = point(0);
    let mut adam = Adam { options, first: vec![0.0; 3], second: vec![0.0; 3], steps: 0 };
    for i in 1..path.len() {
        let [a, b, c] = [x[0], x[1], x[2]];
        let gradient = [2.0 * (a - 0.3) + 0.5 * b, 2.0 * (b - 0.1) + 0.5 * a, 2.0 * (c + 0.2)];
        adam.step(&mut x, &gradient).expect("a step");
        for (found, expected) in x.iter().zip(point(i)) {
            assert!((found - expected).abs() < 1e-12, "step {i}: {found} for {expected}");
        }
    }
    let default = AdamOptions::default();
    assert_eq!(
        (default.learning_rate, default.beta1, default.beta2, default.epsilon),
        (1e-4, 0.5, 0.5, 1e-8)
    );
}

#[test]
fn parameter_counts_are_those_of_table_1() {
    for (architecture, expected) in Architecture::ALL.into_iter().zip([3000, 3000, 3050]) {
        let options = TanhOptions::new(architecture);
        let network = TanhNetwork::<f32>::random(&options, 10).expect("a network");
        assert_eq!(network.parameters().count(), expected);
        // A module adds no learned parameter.
        assert_eq!(with_module(network, 3).parameters().count(), expected);
    }
}

/// Bits of one motif's parameters.
fn bits(network: &TanhNetwork<f32>, motif: usize) -> Vec<u32> {
    let p = network.parameters();
    [&p.biases, &p.left, &p.right]
        .into_iter()
        .filter(|m| !m.is_empty())
        .flat_map(|m| m.column(motif).iter().map(|x| x.to_bits()).collect::<Vec<_>>())
        .collect()
}

#[test]
fn training_or_adding_a_motif_changes_no_other() {
    let motifs = short_motifs(4);
    for architecture in [Architecture::Additive, Architecture::Multiplicative] {
        for module in [false, true] {
            let network = small(architecture, 4);
            let network = if module { with_module(network, 2) } else { network };
            let protocol = if module {
                Protocol::Prepared { start: 1.0, trials: 2, steps: 10 }
            } else {
                Protocol::Single { start: 1.0, trials: 2 }
            };
            // All together first, so that the others have moments; then one alone.
            let mut all = Trainer::new(network, &motifs, &fast(protocol.clone())).expect("a trainer");
            all.run(5, |_| ControlFlow::Continue(())).expect("minibatches");
            let before = all.network().clone();
            let alone = fast(protocol).with(|o| o.motifs = Some(vec![2]));
            let options = TanhOptions::new(architecture).with(|o| o.units = 12);
            let stored = Checkpoint::new(&all, &options).expect("a checkpoint");
            let mut one = Checkpoint { training: alone, ..stored }.into_trainer().expect("a trainer");
            one.run(12, |_| ControlFlow::Continue(())).expect("minibatches");
            for motif in 0..4 {
                let same = bits(&before, motif) == bits(one.network(), motif);
                assert_eq!(same, motif != 2, "{architecture:?}, motif {motif}");
            }
            let mut parameters = before.parameters().clone();
            parameters.biases = parameters.biases.insert_column(4, 0.1);
            if architecture == Architecture::Multiplicative {
                parameters.left = parameters.left.insert_column(4, 0.5);
                parameters.right = parameters.right.insert_column(4, 0.5);
            }
            let more = before.clone().with_parameters(parameters).expect("one more");
            assert_eq!(more.motifs(), 5);
            assert!((0..4).all(|motif| bits(&before, motif) == bits(&more, motif)));
            // What a motif plays does not change either.
            let start = [0.3; 12];
            let other = short_motifs(5);
            let played = |network: &TanhNetwork<f32>, motifs: &[Motif]| {
                play(network, motifs, TanhTransition::None, &[0, 1], &start).expect("a sequence").readout
            };
            assert_eq!(played(&before, &motifs), played(&more, &other));
        }
    }
}

#[test]
fn resuming_gives_the_same_bits_at_any_number_of_threads() {
    let motifs = short_motifs(3);
    for (architecture, protocol) in [
        (Architecture::Multiplicative, Protocol::Pairs { start: 1.0 }),
        (Architecture::Control, Protocol::Single { start: 1.2, trials: 10 }),
        (Architecture::Additive, Protocol::Stitched { start: 1.0, trials: 9 }),
        (Architecture::Multiplicative, Protocol::Module { start: 1.0, trials: 30, steps: 20 }),
    ] {
        let options = TanhOptions::new(architecture).with(|o| o.units = 12);
        let network = with_module(TanhNetwork::random(&options, 3).expect("a network"), 1);
        let train = |threads: usize, stops: &[usize]| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| {
                let mut trainer =
                    Trainer::new(network.clone(), &motifs, &fast(protocol.clone())).expect("a trainer");
                for &stop in stops {
                    let status = trainer.run(stop, |_| ControlFlow::Continue(())).expect("minibatches");
                    assert_eq!(status, TrainingStatus::Completed);
                    let stored = Checkpoint::new(&trainer, &options).expect("a checkpoint");
                    trainer = through_a_file(stored).into_trainer().expect("a trainer");
                }
                let stored = Checkpoint::new(&trainer, &options).expect("a checkpoint");
                (stored.network, stored.curve, stored.adam.expect("moments"))
            })
        };
        let once = train(1, &[8]);
        assert_eq!(once.1.len(), 8);
        assert_eq!(once, train(2, &[3, 4, 8]));
        assert_eq!(once, train(5, &[7, 8]));
        assert_ne!(once.0, network);
    }
}

fn through_a_file(checkpoint: Checkpoint) -> Checkpoint {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("checkpoint.npz");
    thalamo::io::write(&path, &checkpoint).expect("written");
    let read = thalamo::io::read::<Checkpoint>(&path).expect("read");
    assert_eq!(read, checkpoint);
    read
}

#[test]
fn losses_fall_in_every_protocol() {
    let motifs = short_motifs(3);
    for architecture in Architecture::ALL {
        for protocol in [
            Protocol::Pairs { start: 1.0 },
            Protocol::Single { start: 1.0, trials: 3 },
            Protocol::Prepared { start: 1.0, trials: 3, steps: 15 },
            Protocol::Stitched { start: 1.0, trials: 3 },
            Protocol::Module { start: 1.0, trials: 10, steps: 40 },
        ] {
            let network = with_module(small(architecture, 3), 2);
            let mut trainer = Trainer::new(network, &motifs, &fast(protocol.clone())).expect("a trainer");
            trainer.run(200, |_| ControlFlow::Continue(())).expect("minibatches");
            let mean = |c: &[f64]| c.iter().sum::<f64>() / c.len() as f64;
            let (first, last) = (mean(&trainer.curve()[..10]), mean(&trainer.curve()[190..]));
            assert!(last < 0.97 * first, "{architecture:?}, {protocol:?}: {first} to {last}");
            assert!(trainer.bytes() > 0);
        }
    }
}

#[test]
fn a_trained_module_brings_the_network_to_rest() {
    let network = small(Architecture::Multiplicative, 1);
    let start = TransitionModule::random(12, 6, 1).expect("a module");
    let adam = AdamOptions::default().with(|o| o.learning_rate = 1e-2);
    let (module, curve) =
        train_module(&network, start, adam, 150, 1, |_| ControlFlow::Continue(())).expect("a module");
    assert_eq!(curve.len(), 150);
    assert!(curve[149] < 0.5 * curve[0], "{} to {}", curve[0], curve[149]);
    let norm = |network: TanhNetwork<f32>| {
        let segment = TrialSegment { motif: 0, phase: TrialPhase::Transition, steps: 200, target: None };
        let trial = Trial { start: vec![1.0; 12], segments: vec![segment] };
        respond(&network, &[trial]).expect("a response")[0].norm[199]
    };
    let none = TransitionModule { input: DMatrix::zeros(12, 1), feedback: DMatrix::zeros(12, 1) };
    let with = norm(network.clone().with_module(module).expect("the same N"));
    let without = norm(network.with_module(none).expect("the same N"));
    assert!(with < 0.1 * without, "{with} with the module, {without} without");
}

#[test]
fn training_stops_early_when_told() {
    let motifs = short_motifs(2);
    let plateau = Some(Plateau { window: 4, improvement: 0.5 });
    let options =
        TrainingOptions::new(Protocol::Single { start: 1.0, trials: 2 }).with(|o| o.plateau = plateau);
    let mut trainer = Trainer::new(small(Architecture::Additive, 2), &motifs, &options).expect("a trainer");
    // At a learning rate of 1e-4 the loss does not halve in four minibatches.
    assert_eq!(trainer.run(1_000, |_| ControlFlow::Continue(())), Ok(TrainingStatus::Plateau));
    assert_eq!(trainer.curve().len(), 8);

    let options = TrainingOptions::new(Protocol::Single { start: 1.0, trials: 2 });
    let mut trainer = Trainer::new(small(Architecture::Additive, 2), &motifs, &options).expect("a trainer");
    let stop =
        |t: &Trainer| if t.curve().len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    assert_eq!(trainer.run(10, stop), Ok(TrainingStatus::Interrupted));
    assert_eq!(trainer.curve().len(), 3);
}

#[test]
fn divergence_is_reported_with_its_minibatch_and_the_network_kept() {
    let motifs = vec![Motif::new(0.1, vec![1e30; 10]).expect("a motif"); 2];
    let options = TrainingOptions::new(Protocol::Single { start: 1.0, trials: 1 });
    let network = small(Architecture::Multiplicative, 2);
    let mut trainer = Trainer::new(network.clone(), &motifs, &options).expect("a trainer");
    let huge = AdamOptions::default().with(|o| o.learning_rate = 1e38);
    let _ = trainer.step();
    let overflowing =
        TrainingOptions::new(Protocol::Single { start: 1.0, trials: 1 }).with(|o| o.adam = huge);
    let mut trainer = Trainer::new(network, &short_motifs(2), &overflowing).expect("a trainer");
    let mut last = trainer.network().clone();
    let found = loop {
        match trainer.step() {
            Ok(_) => last = trainer.network().clone(),
            Err(error) => break error,
        }
        assert!(trainer.curve().len() < 100, "the learning rate of 1e38 diverges");
    };
    let Error::Diverged { minibatch, .. } = found else { panic!("{found}") };
    assert_eq!(minibatch, trainer.curve().len());
    assert_eq!(format!("{:?}", trainer.network()), format!("{last:?}"));
    assert!(found.to_string().contains("lower the learning rate"));
}

#[test]
fn transition_errors_are_those_of_single_sequences() {
    let motifs = short_motifs(3);
    let network = with_module(small(Architecture::Multiplicative, 3), 5);
    let transition = TanhTransition::Module { steps: 6 };
    let errors = transition_errors(&network, &motifs, transition, 1.0, 1, 4).expect("errors");
    // The last state of motif 1 from its random start leads into motif 2.
    let start: Vec<f32> = errors.ends[1].iter().map(|&x| x as f32).collect();
    let played = play(&network, &motifs, transition, &[2], &start).expect("a sequence");
    let target = motifs[2].values();
    let squares = played.readout[6..].iter().zip(target).map(|(&y, t)| (f64::from(y) - t).powi(2));
    // Targets are rounded to single precision.
    let rmse = (squares.sum::<f64>() / target.len() as f64).sqrt();
    assert!((rmse - errors.after[(2, 1)]).abs() < 1e-6);
    assert!(errors.after[(1, 1)].is_nan());
    let mean = (errors.after[(2, 0)] + errors.after[(2, 1)]) / 2.0;
    assert!((errors.after_others()[2] - mean).abs() < 1e-12);
    assert!(errors.worst() >= errors.after[(2, 1)]);
}

#[test]
fn wrong_input_is_a_typed_error() {
    let motifs = step_motifs(2, 1).expect("motifs");
    let network = || small(Architecture::Additive, 2);
    let set_b = || TrainingOptions::new(Protocol::Single { start: 1.0, trials: 1 });
    let fails =
        |network, motifs: &[Motif], options| Trainer::new(network, motifs, &options).expect_err("an error");
    assert!(matches!(fails(network(), &motifs[..1], set_b()), Error::Shape { .. }));
    assert!(matches!(fails(network(), &[], set_b()), Error::Empty { .. }));
    let other = vec![Motif::new(0.2, vec![1.0]).expect("a motif"); 2];
    assert!(matches!(fails(network(), &other, set_b()), Error::TimeStep { .. }));
    let chosen = |motifs| set_b().with(|o| o.motifs = Some(motifs));
    assert!(matches!(
        fails(network(), &motifs, chosen(vec![2])),
        Error::UnknownIndex { index: 2, len: 2, .. }
    ));
    assert!(matches!(fails(network(), &motifs, chosen(vec![])), Error::Empty { .. }));
    for protocol in [Protocol::PREPARED, Protocol::STITCHED, Protocol::MODULE] {
        let error = fails(network(), &motifs, TrainingOptions::new(protocol));
        assert_eq!(error, Error::MissingModule);
    }
    let none = TrainingOptions::new(Protocol::Single { start: 1.0, trials: 0 });
    assert!(matches!(fails(network(), &motifs, none), Error::OutOfRange { .. }));
    let negative = TrainingOptions::new(Protocol::Pairs { start: -1.0 });
    assert!(matches!(fails(network(), &motifs, negative), Error::OutOfRange { .. }));
    let one = TrainingOptions::new(Protocol::SET_A).with(|o| o.motifs = Some(vec![1]));
    assert!(matches!(fails(network(), &motifs, one), Error::OutOfRange { .. }));
    for adam in [
        AdamOptions::default().with(|o| o.learning_rate = 0.0),
        AdamOptions::default().with(|o| o.learning_rate = f64::NAN),
        AdamOptions::default().with(|o| o.beta1 = 1.0),
        AdamOptions::default().with(|o| o.beta2 = -0.1),
        AdamOptions::default().with(|o| o.epsilon = 0.0),
    ] {
        assert!(matches!(
            fails(network(), &motifs, set_b().with(|o| o.adam = adam)),
            Error::OutOfRange { .. }
        ));
    }
    let plateau = Some(Plateau { window: 0, improvement: 0.1 });
    assert!(matches!(
        fails(network(), &motifs, set_b().with(|o| o.plateau = plateau)),
        Error::OutOfRange { .. }
    ));

    let random = |options| TanhNetwork::<f32>::random(&options, 2).expect_err("an error");
    let base = || TanhOptions::new(Architecture::Additive);
    assert!(matches!(random(base().with(|o| o.units = 0)), Error::OutOfRange { .. }));
    assert!(matches!(random(base().with(|o| o.gain = f64::INFINITY)), Error::OutOfRange { .. }));
    assert!(matches!(random(base().with(|o| o.dt = 1.5)), Error::OutOfRange { .. }));
    assert!(TanhNetwork::<f32>::random(&base(), 0).is_err());
    let biases = |n, value| DMatrix::from_element(n, 1, value);
    let learned = |parameters| network().with_parameters(parameters).expect_err("an error");
    let with = |biases| Parameters { biases, ..Parameters::default() };
    assert!(matches!(learned(with(biases(11, 0.0))), Error::Shape { .. }));
    assert!(matches!(learned(with(biases(12, f32::NAN))), Error::NotFinite { .. }));
    let loops = Parameters { left: biases(12, 0.0), ..with(biases(12, 0.0)) };
    assert!(matches!(learned(loops), Error::Shape { .. }));
    assert!(TransitionModule::<f32>::random(3, 4, 1).is_err());
    let wrong = TransitionModule::<f32>::random(3, 2, 1).expect("a module");
    assert!(matches!(network().with_module(wrong), Err(Error::Shape { .. })));
    assert!(matches!(transition_fixed_point(&network(), 2), Err(Error::UnknownIndex { .. })));

    let segment = |phase, target: Option<Arc<[f32]>>| TrialSegment { motif: 0, phase, steps: 3, target };
    let trial =
        |start: Vec<f32>, segments| respond(&network(), &[Trial { start, segments }]).expect_err("an error");
    assert!(matches!(trial(vec![0.0; 11], vec![segment(TrialPhase::Motif, None)]), Error::Shape { .. }));
    assert!(matches!(
        trial(vec![f32::NAN; 12], vec![segment(TrialPhase::Motif, None)]),
        Error::NotFinite { .. }
    ));
    assert!(matches!(trial(vec![0.0; 12], vec![]), Error::Empty { .. }));
    assert_eq!(trial(vec![0.0; 12], vec![segment(TrialPhase::Transition, None)]), Error::MissingModule);
    let target: Arc<[f32]> = vec![0.0; 2].into();
    assert!(matches!(
        trial(vec![0.0; 12], vec![segment(TrialPhase::Motif, Some(target))]),
        Error::Shape { .. }
    ));
    let endless = TrialSegment { motif: 0, phase: TrialPhase::Motif, steps: usize::MAX, target: None };
    assert!(matches!(trial(vec![0.0; 12], vec![endless.clone(), endless]), Error::OutOfRange { .. }));
    let free = Trial { start: vec![0.0; 12], segments: vec![segment(TrialPhase::Motif, None)] };
    let memory = &mut BatchMemory::default();
    let found = gradient(&network(), &[free], Loss::Readout, Learned::Parameters, memory);
    assert!(matches!(found, Err(Error::Empty { .. })));
    assert!(respond::<f32>(&network(), &[]).is_err());
    let foreign = Trial { start: vec![0.0; 11], segments: vec![segment(TrialPhase::Motif, None)] };
    assert!(matches!(respond(&network(), &[foreign]), Err(Error::Shape { .. })));
    assert!(transition_errors(&network(), &motifs, TanhTransition::None, 1.0, 0, 1).is_err());
    assert!(matches!(
        transition_errors(&network(), &motifs, TanhTransition::Linear { steps: 5 }, 1.0, 1, 1),
        Err(Error::MissingModule)
    ));
    assert!(matches!(
        play(&network(), &motifs, TanhTransition::None, &[0, 2], &[0.0; 12]),
        Err(Error::UnknownIndex { index: 2, .. })
    ));
    // Finished networks cannot go on.
    let options = base().with(|o| o.units = 12);
    let trainer = Trainer::new(network(), &motifs, &set_b()).expect("a trainer");
    let checkpoint = Checkpoint::new(&trainer, &options).expect("a checkpoint");
    let finished = Checkpoint { adam: None, ..checkpoint.clone() };
    assert!(matches!(finished.into_trainer(), Err(Error::Empty { .. })));
    let thinned = Checkpoint { stride: 10, ..checkpoint };
    assert!(matches!(thinned.into_trainer(), Err(Error::OutOfRange { .. })));
    let elsewhere = options.with(|o| o.seed = 2);
    assert!(matches!(Checkpoint::new(&trainer, &elsewhere), Err(Error::Disagrees { .. })));
}
