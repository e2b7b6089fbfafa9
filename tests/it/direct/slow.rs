//! The objective by small steps of the exponential: any rank, any number of outputs, no eigenvectors.

use nalgebra::{DMatrix, DVector};
use thalamo::direct::{DirectOptions, DirectTerms};
use thalamo::linalg::{eigenvalues, expm};
use thalamo::motif::Motif;
use thalamo::{LowRank, System};

/// Points and weights of Gauss and Legendre's rule of order eight on (0, 1).
const POINTS: [(f64, f64); 4] = [
    (0.183434642495650, 0.362683783378362),
    (0.525532409916329, 0.313706645877887),
    (0.796666477413627, 0.222381034453374),
    (0.960289856497536, 0.101228536290376),
];

/// The parts of the objective of a loop from a start s, by powers of `e^(M h)`, with Gauss's rule inside
/// every step h.
pub(super) fn slow(
    system: &System,
    covariance: &DMatrix<f64>,
    motif: &Motif,
    options: &DirectOptions,
    weights: &LowRank,
    start: &DVector<f64>,
) -> DirectTerms {
    let (n, duration, dt) = (system.units(), motif.duration(), motif.dt());
    let ones = vec![1.0; system.outputs()];
    let of_outputs = if options.output_weights.is_empty() { &ones } else { &options.output_weights };
    let weigh = |m: &DMatrix<f64>| DMatrix::from_fn(m.nrows(), m.ncols(), |i, o| m[(i, o)] * of_outputs[o]);
    let rms = (motif.samples().norm_squared() / motif.samples().len() as f64).sqrt();
    let scale = options.scale.unwrap_or(rms);
    let (readout, samples) = (weigh(system.readout()), weigh(motif.samples()) / scale);
    let closed = weights.closed(system).unwrap();
    let fine = (2.0 * closed.norm() * dt).ceil().max(1.0);
    let h = dt / fine;
    let nodes: Vec<(DMatrix<f64>, f64)> = POINTS
        .iter()
        .flat_map(|&(x, w)| [(0.5 * (1.0 - x), 0.5 * w), (0.5 * (1.0 + x), 0.5 * w)])
        .map(|(x, w)| (expm(&(&closed * (x * h))).unwrap(), w * h))
        .collect();
    let step = expm(&(&closed * h)).unwrap();
    let (mut state, mut rows) = (start / scale, readout.clone());
    let (mut fit, mut noise, mut gain, mut activity) = (0.0, 0.0, 0.0, 0.0);
    for sample in 0..motif.len() {
        fit += (readout.transpose() * &state - samples.row(sample).transpose()).norm_squared();
        for _ in 0..fine as usize {
            for (node, weight) in &nodes {
                let row = node.transpose() * &rows;
                noise += weight * (row.transpose() * covariance * &row).trace();
                gain += weight * row.norm_squared();
                activity += weight * (node * &state).norm_squared();
            }
            state = &step * state;
            rows = step.transpose() * rows;
        }
    }
    let values = eigenvalues(&closed).unwrap();
    let excess = |re: f64| (duration * re + 1.0).max(0.0).powi(2);
    let mut terms = DirectTerms {
        objective: 0.0,
        fit: fit / motif.len() as f64,
        noise: noise / duration,
        gain: gain / duration,
        activity: activity / (n as f64 * duration),
        end: state.norm_squared() / n as f64,
        size: duration * (weights.input().norm_squared() + weights.feedback().norm_squared()),
        barrier: values.iter().map(|z| excess(z.re)).sum(),
        abscissa: values.abscissa() * duration,
    };
    terms.objective = terms.fit
        + terms.noise
        + options.absolute_noise.powi(2) * terms.gain
        + options.relative_noise.powi(2) * terms.gain * terms.activity
        + options.end * terms.end
        + options.size * terms.size
        + options.barrier * terms.barrier;
    terms
}

/// Largest difference of two lists of parts, relative to what each is.
pub(super) fn difference(a: &DirectTerms, b: &DirectTerms) -> f64 {
    let parts = |t: &DirectTerms| {
        [t.objective, t.fit, t.noise, t.gain, t.activity, t.end, t.size, t.barrier, t.abscissa]
    };
    let pairs = parts(a).into_iter().zip(parts(b));
    pairs.map(|(a, b)| (a - b).abs() / a.abs().max(b.abs()).max(1e-9)).fold(0.0, f64::max)
}
