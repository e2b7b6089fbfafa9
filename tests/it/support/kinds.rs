//! Connectivities of the kinds that are met: each a matrix J and the gain it is used with.

use nalgebra::DMatrix;
use thalamo::linalg::spectral_abscissa;
use thalamo::{Cortex, System};

use super::{normal_matrix, normal_vector, rng};

/// Kinds that [`named_system`] knows.
pub(crate) const NAMED: [&str; 19] = [
    "random",
    "random, gain 1.4",
    "unstable, gain 1.4",
    "random, J 1.6 times larger",
    "symmetric",
    "sparse",
    "very sparse",
    "Dale, balanced",
    "Dale, unbalanced",
    "Dale, much excitation",
    "orthogonal",
    "antisymmetric A",
    "integrator",
    "ring",
    "ring, symmetric",
    "J = 0",
    "identity blocks",
    "low rank",
    "unstable copies",
];

/// The connectivity of a kind, and its gain.
fn connectivity(kind: &str, n: usize, seed: u64) -> (DMatrix<f64>, f64) {
    let mut rng = rng(seed);
    let scale = 1.0 / (n as f64).sqrt();
    let z = normal_matrix(n, n, &mut rng);
    let (random, identity) = (&z * scale, DMatrix::identity(n, n));
    let draw = |i: usize, j: usize| z[(i, (j + n / 2) % n)];
    // Entries where an independent normal draw is below a quantile of its distribution.
    let sparse = |below: f64, density: f64| {
        DMatrix::from_fn(n, n, |i, j| if draw(i, j) < below { random[(i, j)] / density.sqrt() } else { 0.0 })
    };
    // Columns of one sign, excitation times a factor.
    let dale = |excitation: f64| {
        DMatrix::from_fn(n, n, |i, j| if j < n / 2 { excitation } else { -1.0 } * random[(i, j)].abs())
    };
    let circulant = |at: &dyn Fn(usize) -> f64| DMatrix::from_fn(n, n, |i, j| at((n + i - j) % n));
    match kind {
        "random" => (random, 0.5),
        "random, gain 1.4" => (random, 1.4),
        "unstable, gain 1.4" => {
            let abscissa = spectral_abscissa(&random).unwrap();
            (random * (1.1 / abscissa), 1.4)
        }
        "random, J 1.6 times larger" => (random * 1.6, 0.5),
        "symmetric" => {
            let symmetric = (&random + random.transpose()) * 0.5;
            let largest = spectral_abscissa(&symmetric).unwrap();
            (symmetric * (0.9 / largest), 0.5)
        }
        "sparse" => (sparse(-0.84, 0.2), 0.5),
        "very sparse" => (sparse(-1.88, 0.03), 0.5),
        "Dale, balanced" => (dale(1.0), 0.5),
        "Dale, unbalanced" => (dale(0.8), 0.5),
        "Dale, much excitation" => (dale(1.3), 0.5),
        "orthogonal" => (z.qr().q(), 0.5),
        "antisymmetric A" => (&random - random.transpose() + identity, 0.5),
        "integrator" => {
            // One eigenvalue exactly at one: random beside the direction of ones.
            let rows = DMatrix::from_fn(n, n, |i, _| random.row(i).mean());
            ((&random - &rows) * 0.8 + DMatrix::from_element(n, n, 1.0 / n as f64), 0.5)
        }
        "ring" => (
            circulant(&|k| {
                if k == 1 {
                    0.7
                } else if k == 2 {
                    0.3
                } else {
                    0.0
                }
            }),
            0.5,
        ),
        "ring, symmetric" => {
            let kernel = |k: usize| (-(k.min(n - k) as f64).powi(2) / 4.0).exp();
            let sum: f64 = (0..n).map(kernel).sum();
            (circulant(&|k| kernel(k) / sum), 0.5)
        }
        "J = 0" => (DMatrix::zeros(n, n), 0.5),
        "identity blocks" => {
            let half = n / 2;
            let mut j = identity * 0.3;
            j.view_mut((0, 0), (half, half)).copy_from(&(random.view((0, 0), (half, half)) * 1.3));
            (j, 0.5)
        }
        "low rank" => (random.columns(0, 10) * z.columns(10, 10).transpose() * 0.4, 0.5),
        "unstable copies" => {
            // Two units of their own, each with an eigenvalue of J at 1.2.
            let mut j = random;
            for i in n - 2..n {
                j.column_mut(i).fill(0.0);
                j.row_mut(i).fill(0.0);
                j[(i, i)] = 1.2;
            }
            (j, 0.5)
        }
        other => panic!("{other}"),
    }
}

/// A system of a kind with n units.
pub(crate) fn named_system(kind: &str, n: usize, seed: u64) -> System {
    let (j, gain) = connectivity(kind, n, seed);
    let w = normal_vector(n, &mut rng(seed + 1)) / (n as f64).sqrt();
    System::from(Cortex::new(j, w, gain).unwrap())
}
