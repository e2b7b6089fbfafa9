//! Work, counted: evaluations of the solvers on fixed problems, and allocations where there must be none.
//! Counts do not depend on the machine's speed, so a change that costs time shows here.

#[allow(dead_code)] // shared, a part of it used here
#[path = "it/support/networks.rs"]
mod networks;
#[allow(dead_code)]
#[path = "it/support/random.rs"]
mod random;

use allocation_counter::measure;
use networks::small_network;
use random::{exponentials, normal_matrix, normal_vector, rng};
use thalamo::direct::{DirectCost, DirectModule, DirectOptions};
use thalamo::fit::fit;
use thalamo::loops::*;
use thalamo::motif::step_motifs;
use thalamo::optim::{LbfgsOptions, Objective, minimise};
use thalamo::play::{Keep, Sequence, Simulator, Start};
use thalamo::preparation::*;
use thalamo::{Cortex, LowRank, NetworkOptions, System};

fn allocations(work: impl FnOnce()) -> u64 {
    measure(work).count_total
}

fn design(cortex: &System) -> LoopDesign {
    let motif = &step_motifs(1, 1).unwrap()[0];
    let found = fit(motif, &NetworkOptions::published().fit.with(|o| (o.seed, o.effort) = (1, 500))).unwrap();
    let (lambda, alpha) = (found.eigenvalues(), found.amplitudes().as_slice());
    LoopDesign::new(cortex, lambda, alpha, motif.duration(), &LoopOptions::default()).unwrap()
}

#[test]
fn evaluations_of_the_solvers() {
    let cortex = System::from(Cortex::random(50, 0.5, 1).unwrap());
    let design = design(&cortex);
    let minima: Vec<_> = (0..8).map(|start| design.minimise(1, start).unwrap()).collect();
    let evaluations: usize = minima.iter().map(|m| m.evaluations).sum();
    let iterations: usize = minima.iter().map(|m| m.iterations).sum();
    assert!((500..=2600).contains(&evaluations), "eight starts of a loop: {evaluations} evaluations");
    // One trial per step nearly always.
    assert!((evaluations as f64) < 1.25 * iterations as f64, "{evaluations} for {iterations} steps");

    let starts = design.optimise(1).unwrap().report().starts.clone();
    let race: usize = starts.iter().map(|s| s.evaluations).sum();
    assert!(
        starts.len() == 32 && (1000..=2400).contains(&race),
        "a race of {}: {race} evaluations",
        starts.len()
    );

    let cortex = System::from(Cortex::random(99, 0.5, 1).unwrap());
    let module = Preparation::optimise(&cortex, &PreparationOptions::published(), 1).unwrap();
    let report = module.report();
    let evaluations = report.history.unwrap().evaluations;
    assert!(evaluations <= 90, "module: {evaluations} evaluations");
    let few = PreparationOptions::published().optimiser.with(|o| o.max_iterations = 25);
    let few = PreparationOptions::published().with(|o| o.optimiser = few);
    let early = Preparation::optimise(&cortex, &few, 1).unwrap().report().clone();
    assert!(
        early.history.unwrap().evaluations <= 30 && early.cost_per_unit < 1.02 * report.cost_per_unit,
        "{early:?}"
    );

    let motif = &step_motifs(1, 1).unwrap()[0];
    let options = NetworkOptions::published().fit.with(|o| o.seed = 1);
    let evaluations = fit(motif, &options).unwrap().report().evaluations;
    // The budget, the fit under way when it ran out, and the polish.
    assert!(evaluations <= options.effort + 120, "fit: {evaluations} evaluations");
}

#[test]
fn cost_functions_do_not_allocate() {
    let cortex = System::from(Cortex::random(60, 0.5, 2).unwrap());
    let (lambda, alpha) = exponentials(2, 4, 0.06, &mut rng(3));
    let placement = Placement::new(&cortex, &lambda, &PlacementOptions::published()).unwrap();
    for horizon in [Horizon::Motif, Horizon::Infinite] {
        let mut cost = RobustnessCost::new(&placement, &alpha, 80.0, horizon).unwrap();
        let (u, mut gradient) = (normal_vector(60, &mut rng(4)), vec![0.0; 60]);
        assert!(cost.evaluate(u.as_slice(), &mut gradient).is_finite());
        let count = allocations(|| {
            for _ in 0..10 {
                cost.evaluate(u.as_slice(), &mut gradient);
            }
        });
        assert_eq!(count, 0, "{horizon:?}");
        let mut batch = cost.batch::<8>();
        let points: Vec<[f64; 8]> = u.iter().map(|u| std::array::from_fn(|i| u + i as f64)).collect();
        let mut gradients = vec![[0.0; 8]; 60];
        assert!(batch.evaluate_batch(&points, &mut gradients).iter().all(|c| c.is_finite()));
        let count = allocations(|| {
            for _ in 0..10 {
                batch.evaluate_batch(&points, &mut gradients);
            }
        });
        assert_eq!(count, 0, "{horizon:?}, eight points");
    }
    let (u, mut cost) = (normal_matrix(60, 20, &mut rng(5)), PreparationCost::new(&cortex, 0.05).unwrap());
    let v = -&u;
    assert!(cost.evaluate(&u, &v).unwrap().is_some());
    let count = allocations(|| {
        for _ in 0..10 {
            cost.evaluate(&u, &v).unwrap();
        }
    });
    assert_eq!(count, 0, "preparatory cost");
    let (motif, w) = (&step_motifs(1, 1).unwrap()[0], normal_matrix(60, 1, &mut rng(6)) * 0.05);
    let left = &u * u.transpose() * 1e-3;
    let mut cost = DirectCost::new(&cortex, &left, motif, &DirectOptions::default()).unwrap();
    let near: Vec<_> = (0..4).map(|i| LowRank::new(&w * (1.0 + 1e-3 * i as f64), -&w).unwrap()).collect();
    assert!(cost.evaluate(&near[0]).unwrap().is_some());
    let count = allocations(|| near.iter().for_each(|near| _ = cost.evaluate(near).unwrap()));
    assert_eq!((count, cost.closed_forms(), cost.propagations()), (0, 4, 0), "direct cost");
    let loop_weights =
        LowRank::new(normal_matrix(60, 1, &mut rng(6)) * 0.01, normal_matrix(60, 1, &mut rng(7)) * 0.01);
    let (loop_weights, module) = (loop_weights.unwrap(), LowRank::new(u.clone(), v.clone()).unwrap());
    let module = DirectModule::new(&cortex, &module, 5.0).unwrap();
    let options = DirectOptions::robust().with(|o| (o.module_error, o.input_error) = (0.02, 0.02));
    let nothing = nalgebra::DMatrix::zeros(60, 60);
    let mut cost = DirectCost::new(&cortex, (&nothing, &module), motif, &options).unwrap();
    assert!(cost.evaluate(&loop_weights).unwrap().is_some());
    let count = allocations(|| {
        for _ in 0..10 {
            cost.evaluate(&loop_weights).unwrap();
        }
    });
    assert_eq!(count, 0, "direct design with errors");
}

/// A quadratic of many scales, slow for any first-order method.
struct Valley;

impl Objective for Valley {
    fn dimension(&self) -> usize {
        200
    }

    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        let scale = |i: usize| 1.0 + (i * i) as f64;
        gradient.iter_mut().zip(x).enumerate().for_each(|(i, (g, x))| *g = scale(i) * x);
        0.5 * x.iter().enumerate().map(|(i, x)| scale(i) * x * x).sum::<f64>()
    }
}

#[test]
fn steps_of_the_optimiser_do_not_allocate() {
    let run = |max_iterations: usize| {
        let options = LbfgsOptions::default().with(|o| {
            o.max_iterations = max_iterations;
            o.memory = 8;
            o.gradient_tolerance = 0.0;
            o.value_tolerance = 0.0;
        });
        let mut iterations = 0;
        let count =
            allocations(|| iterations = minimise(&mut Valley, &[1.0; 200], &options).unwrap().iterations);
        (iterations, count)
    };
    let (short, long) = (run(20), run(120));
    assert_eq!((short.0, long.0), (20, 120));
    assert_eq!(short.1, long.1, "the same allocations for six times as many steps");
}

#[test]
fn samples_of_a_run_do_not_allocate() {
    let network = small_network(2, 1);
    let simulator = Simulator::new(&network, 5.0).unwrap();
    let run = |motifs: &[usize]| {
        let sequence = Sequence::new(motifs).unwrap();
        simulator.run(&sequence, &Start::Rest, None, Keep::Readout).unwrap().readout.len()
    };
    run(&[0, 1]);
    let mut samples = 0;
    let count = allocations(|| samples = run(&[0, 1, 1, 0, 1, 0]));
    assert!(samples > 2000 && count < 60, "{count} allocations for {samples} samples");
}

#[test]
fn searches_of_fits_allocate_small_matrices_only() {
    let motif = &step_motifs(1, 1).unwrap()[0];
    let run = |effort: usize| {
        let options = NetworkOptions::published().fit.with(|o| (o.seed, o.effort) = (1, effort));
        let mut evaluations = 0;
        let count = allocations(|| evaluations = fit(motif, &options).unwrap().report().evaluations);
        (evaluations as u64, count)
    };
    let (short, long) = (run(400), run(1600));
    let each = (long.1 - short.1) as f64 / (long.0 - short.0) as f64;
    // Matrices of order K; reusing them saves no time beside the moments of the samples.
    assert!(each < 200.0, "{each} allocations per evaluation");
}
