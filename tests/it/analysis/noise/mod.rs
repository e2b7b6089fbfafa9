//! Expected deviations under noise: against Monte Carlo runs, against slow independent computations, and in
//! special cases that can be solved by hand.
//!
//! Every Monte Carlo check computes the 99 % confidence interval of a mean from the sample variance of
//! independent trials (2.576 standard errors; thousands of trials, so that the mean is nearly normal),
//! demands that it contain the expected value, and, as a control of its power, that it exclude one that is 10
//! % too large or too small. A correct formula leaves one such interval with probability 1 %, and any of the
//! 35 here with at most 35 %; seeds were chosen before the first run and kept, and they are fixed, so that
//! the outcome never changes.

mod errors;
mod played;
mod properties;
mod special;
mod trials;

use nalgebra::{DMatrix, DVector};
use thalamo::analysis::noise::{InitialNoise, MotifReadout};
use thalamo::linalg::{expm, lyapunov, noise_covariance};
use thalamo::motif::Motif;
use thalamo::{Cortex, Network, NetworkOptions, System};

type Matrix = DMatrix<f64>;
type Vector = DVector<f64>;

const DT: f64 = 0.1;

/// A small network with one motif of four exponentials, fitted to an RMSE of less than 1e-3.
fn network(units: usize, seed: u64) -> Network {
    let wave = |t: f64| (-0.08 * t).exp() * (0.9 * t).sin() + 0.5 * (-0.1 * t).exp() * (0.4 * t).sin();
    let motif = Motif::new(DT, (0..120).map(|k| wave(k as f64 * DT)).collect()).unwrap();
    let mut options = NetworkOptions::published().with(|o| o.preparation.rank = Some(units / 2));
    options.fit.modes = 4;
    Network::build(System::from(Cortex::random(units, 0.5, seed).unwrap()), &[motif], &options, seed).unwrap()
}

fn readout_of(network: &Network) -> MotifReadout {
    let learned = &network.motifs()[0];
    let readout = network.system().single_readout().unwrap();
    MotifReadout::new(learned.motif_loop().system(), &readout, DT, learned.motif().len()).unwrap()
}

/// What a preparation leaves of independent noise.
fn left_of(std: f64, system: &Matrix, duration: f64) -> InitialNoise {
    let carry = expm(&(system * duration)).unwrap() * std;
    InitialNoise::Covariance(&carry * carry.transpose())
}

/// What white noise gathers during a preparation.
fn gathered(system: &Matrix, duration: f64, intensity: f64) -> InitialNoise {
    InitialNoise::Covariance(noise_covariance(system, duration).unwrap() * intensity.powi(2))
}

/// Variance of the readout under white noise in the long run: `s^2 w^T X w`, `A X + X A^T + I = 0`.
fn stationary_variance(system: &Matrix, readout: &Vector, intensity: f64) -> f64 {
    let n = readout.len();
    let gramian = lyapunov(system, &Matrix::identity(n, n)).unwrap();
    intensity.powi(2) * readout.dot(&(gramian * readout))
}
