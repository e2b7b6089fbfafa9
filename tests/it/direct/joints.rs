//! Several readouts at once: joints of a movement, all played by one loop of rank one. The data:
//! `tests/data/joints/make.py`.

use nalgebra::DMatrix;
use thalamo::direct::{DirectOptions, design};
use thalamo::linalg::expm;
use thalamo::motif::Motif;
use thalamo::preparation::{Preparation, PreparationOptions};
use thalamo::{Cortex, System};

use crate::support::*;

const UNITS: usize = 100;
const DURATION: f64 = 40.0;

/// The first joints, a column each.
fn joints(count: usize) -> Motif {
    let text = include_str!("../../data/joints/joints.csv");
    let rows: Vec<Vec<f64>> =
        text.lines().map(|line| line.split(',').map(|x| x.parse().unwrap()).collect()).collect();
    let samples = DMatrix::from_fn(rows.len(), count, |n, o| rows[n][o]);
    Motif::from_samples(DURATION / rows.len() as f64, samples).unwrap()
}

/// Expected error per joint, noise cost over $\sqrt D$ and size of the loop.
fn designed(count: usize, seed: u64) -> (f64, f64, f64) {
    let cortex = Cortex::random(UNITS, 0.5, seed).unwrap();
    let readout = normal_matrix(UNITS, count, &mut rng(seed + 100)) / (UNITS as f64).sqrt();
    let system = System::new(cortex.matrix(), readout).unwrap();
    let module = Preparation::optimise(&System::from(cortex), &PreparationOptions::default(), seed).unwrap();
    let prepared = expm(&(module.system() * 5.0)).unwrap();
    let left = &prepared * prepared.transpose();
    // Noise of one in every unit, for joints of standard deviation 0.6.
    let options = DirectOptions::default().with(|o| o.scale = Some(1.0));
    let made = design(&system, &left, &joints(count), &options, seed).unwrap();
    let per_joint = (count as f64).sqrt();
    let report = made.report();
    (report.expected_error / per_joint, report.noise_cost / per_joint, made.weights().norm())
}

#[test]
fn one_loop_plays_three_five_and_seven_joints() {
    for (count, most) in [(3, 0.020), (5, 0.025), (7, 0.055)] {
        let (error, cost, size) = designed(count, 1);
        println!("D = {count}: expected {error:.4} per joint, C / sqrt D {cost:.3}, |U V^T| {size:.2}");
        assert!(error <= most, "{count} joints: {error}");
        assert!(cost < 1.5 && size < 30.0, "{count} joints: C {cost}, |U V^T| {size}");
    }
}
