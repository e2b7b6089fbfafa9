//! The objective by small steps of the exponential: any rank, any number of outputs, no eigenvectors.

use nalgebra::{DMatrix, DVector};
use thalamo::direct::{DirectOptions, DirectTerms};
use thalamo::linalg::{Eigen, eigenvalues, expm};
use thalamo::motif::Motif;
use thalamo::{Complex64, LowRank, System};

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
    let away = options.deviations * options.barrier_error;
    let barrier = if away > 0.0 {
        let deviations = deviations(&closed, weights);
        values.iter().zip(deviations.iter()).map(|(z, sd)| excess(z.re + away * sd)).sum()
    } else {
        values.iter().map(|z| excess(z.re)).sum()
    };
    let mut terms = DirectTerms {
        objective: 0.0,
        fit: fit / motif.len() as f64,
        noise: noise / duration,
        gain: gain / duration,
        activity: activity / (n as f64 * duration),
        end: state.norm_squared() / n as f64,
        size: duration * (weights.input().norm_squared() + weights.feedback().norm_squared()),
        barrier,
        abscissa: values.abscissa() * duration,
        weight_errors: match options.weight_error {
            0.0 => 0.0,
            _ => weight_errors(
                &closed,
                &readout,
                weights,
                &(start / scale),
                duration,
                motif.len() * fine as usize,
            ),
        },
        module_errors: 0.0,
    };
    terms.objective = terms.fit
        + terms.noise
        + options.absolute_noise.powi(2) * terms.gain
        + options.relative_noise.powi(2) * terms.gain * terms.activity
        + options.end * terms.end
        + options.size * terms.size
        + options.barrier * terms.barrier
        + options.weight_error.powi(2) * terms.weight_errors;
    terms
}

/// Standard deviations of $\mathrm{Re} \mu_i$ per relative error of the weights, by complex eigenvectors.
pub(super) fn deviations(closed: &DMatrix<f64>, weights: &LowRank) -> DVector<f64> {
    let eigen = Eigen::new(closed).unwrap();
    let (left, right) = (eigen.left(), eigen.right());
    let complex = |m: &DMatrix<f64>| m.map(Complex64::from);
    let (driven, felt) = (left * complex(weights.input()), right.transpose() * complex(weights.feedback()));
    let (n, rank) = weights.input().shape();
    DVector::from_fn(n, |i, _| {
        let mut variance = 0.0;
        for (unit, k) in (0..n).flat_map(|unit| (0..rank).map(move |k| (unit, k))) {
            variance += (weights.input()[(unit, k)] * (left[(i, unit)] * felt[(i, k)]).re).powi(2);
            variance += (weights.feedback()[(unit, k)] * (right[(unit, i)] * driven[(i, k)]).re).powi(2);
        }
        variance.sqrt()
    })
}

/// $\frac1T \int_0^T \mathrm E |dy|^2 dt$ per squared relative error, by two driven systems for every column
/// and output.
fn weight_errors(
    closed: &DMatrix<f64>,
    readout: &DMatrix<f64>,
    weights: &LowRank,
    start: &DVector<f64>,
    duration: f64,
    steps: usize,
) -> f64 {
    let n = closed.nrows();
    let h = duration / steps as f64;
    let integral = |m: &DMatrix<f64>, coupling: DMatrix<f64>, start: &DVector<f64>, size: DVector<f64>| {
        let mut block = DMatrix::zeros(2 * n, 2 * n);
        block.view_mut((0, 0), (n, n)).copy_from(m);
        block.view_mut((n, n), (n, n)).copy_from(&m.transpose());
        block.view_mut((n, 0), (n, n)).copy_from(&coupling);
        let nodes =
            POINTS.iter().flat_map(|&(x, w)| [(0.5 * (1.0 - x), 0.5 * w), (0.5 * (1.0 + x), 0.5 * w)]);
        let nodes: Vec<_> = nodes.map(|(x, w)| (expm(&(&block * (x * h))).unwrap(), w * h)).collect();
        let step = expm(&(&block * h)).unwrap();
        let mut state = DVector::zeros(2 * n);
        state.rows_mut(0, n).copy_from(start);
        let mut total = 0.0;
        for _ in 0..steps {
            for (node, weight) in &nodes {
                total += weight * (node * &state).rows(n, n).component_mul(&size).norm_squared();
            }
            state = &step * state;
        }
        total / duration
    };
    let mut total = 0.0;
    for (u, v) in weights.input().column_iter().zip(weights.feedback().column_iter()) {
        for w in readout.column_iter() {
            total += integral(closed, w * v.transpose(), start, u.into_owned());
            total += integral(&closed.transpose(), start * u.transpose(), &w.into_owned(), v.into_owned());
        }
    }
    total
}

/// Largest difference of two lists of parts, relative to what each is.
pub(super) fn difference(a: &DirectTerms, b: &DirectTerms) -> f64 {
    let parts = |t: &DirectTerms| {
        let errors = [t.weight_errors, t.module_errors];
        let parts = [t.objective, t.fit, t.noise, t.gain, t.activity, t.end, t.size, t.barrier, t.abscissa];
        parts.into_iter().chain(errors)
    };
    let pairs = parts(a).zip(parts(b));
    pairs.map(|(a, b)| (a - b).abs() / a.abs().max(b.abs()).max(1e-9)).fold(0.0, f64::max)
}
