//! Cortices of the hard classes.

use nalgebra::DMatrix;
use rand::RngExt;
use thalamo::linalg::spectral_abscissa;
use thalamo::{Cortex, System};

use super::{normal_matrix, normal_vector, rng};

/// Kinds of cortex that [`cortex_of_kind`] builds.
pub(crate) const KINDS: usize = 5;

/// The hard classes: 0 random, 1 near-marginal, 2 tight clusters of real and complex eigenvalues, 3 symmetric
/// (all eigenvalues real), 4 normal with eigenvalues in pairs.
pub(crate) fn cortex_of_kind(kind: usize, n: usize, gain: f64, seed: u64) -> System {
    let mut rng = rng(seed);
    let scale = 1.0 / (n as f64).sqrt();
    let random = normal_matrix(n, n, &mut rng) * scale;
    let w = normal_vector(n, &mut rng) * scale;
    let identity = DMatrix::identity(n, n);
    let j = match kind {
        0 => random,
        1 => {
            let abscissa = spectral_abscissa(&random).unwrap();
            random + identity * (0.999 - abscissa)
        }
        2 => {
            let mut blocks = DMatrix::zeros(n, n);
            let centre: f64 = rng.random_range(-0.3..0.3);
            let mut i = 0;
            while i < n {
                let re = centre + rng.random_range(-1e-2..1e-2);
                blocks[(i, i)] = re;
                if i + 1 < n && rng.random_bool(0.5) {
                    let im = 0.4 + rng.random_range(-1e-2..1e-2);
                    blocks[(i + 1, i + 1)] = re;
                    (blocks[(i, i + 1)], blocks[(i + 1, i)]) = (im, -im);
                    i += 1;
                }
                i += 1;
            }
            let basis = identity + random * 0.4;
            &basis * blocks * basis.clone().try_inverse().unwrap()
        }
        3 => {
            let symmetric = (&random + random.transpose()) * 0.5;
            let abscissa = spectral_abscissa(&symmetric).unwrap();
            symmetric + identity * (0.95 - abscissa)
        }
        _ => (&random - random.transpose()) * 0.5 + identity * 0.2,
    };
    System::from(Cortex::new(j, w, gain).unwrap())
}
