//! What all loops over one system share: the matrices of the robustness cost that depend on A and w alone.

pub(crate) mod lanes;
pub(crate) mod tiles;
pub(crate) mod vector;

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;

use crate::linalg::Eigen;
use crate::modal::lanes::Elementwise;
use crate::modal::tiles::Tiles;
use crate::modal::vector::{Layout, adjoint_map, packed_map};
use crate::{Error, Result};

/// Smallest `|lambda_j + lambda_m|`, relative to the spectral radius, that the Gramians can be divided by.
const RESONANCE_LIMIT: f64 = 1e-13;

/// Modal quantities of a system, packed (see `modal::vector`).
#[derive(Debug, Clone)]
pub(crate) struct Modes {
    pub(crate) layout: Layout,
    /// One eigenvalue of each real mode and conjugate pair.
    pub(crate) lambda: Vec<Complex64>,
    /// Rows of `L`: real ones, real parts, imaginary parts; `a = L u` packed.
    pub(crate) left: Tiles,
    /// `L^T` on packed vectors: the adjoint of `left`.
    pub(crate) left_transposed: Tiles,
    /// Columns of `R`, likewise.
    pub(crate) right: DMatrix<f64>,
    /// `q = R^T w`.
    pub(crate) readout: Vec<f64>,
    /// `W = (L L^T) * S0`, as a map between packed vectors.
    pub(crate) noise: Tiles,
    /// `V = (R^T R) * S0`.
    pub(crate) activity: Tiles,
    /// `q^T W q`.
    pub(crate) readout_noise: f64,
}

impl Modes {
    pub(crate) fn new(eigen: &Eigen, readout: &DVector<f64>) -> Result<Self> {
        let layout = Layout::of(eigen.values());
        let lambda = layout.representatives(eigen.values());
        check_resonance(&lambda)?;
        let units = layout.len();
        let column = |i: usize| if i < layout.reals { i } else { 2 * i - layout.reals };
        let mut left = DMatrix::zeros(units, units);
        let mut right = DMatrix::zeros(units, units);
        for i in 0..layout.reals + layout.pairs {
            for k in 0..units {
                let (l, r) = (eigen.left()[(column(i), k)], eigen.right()[(k, column(i))]);
                (left[(i, k)], right[(k, i)]) = (l.re, r.re);
                if i >= layout.reals {
                    (left[(i + layout.pairs, k)], right[(k, i + layout.pairs)]) = (l.im, r.im);
                }
            }
        }
        let q: Vec<Complex64> = (0..layout.reals + layout.pairs)
            .map(|i| eigen.right().column(column(i)).iter().zip(readout.iter()).map(|(r, w)| r * w).sum())
            .collect();
        let readout = layout.pack_representatives(&q);
        let noise = Tiles::new(&gramian(layout, &lambda, &(&left * left.transpose())));
        let activity = Tiles::new(&gramian(layout, &lambda, &(right.transpose() * &right)));
        let mut image = vec![0.0; units];
        noise.apply_to(&readout, &mut image);
        let dot =
            |x: &[f64], y: &[f64]| Elementwise::over(layout).dot(x.as_chunks::<1>().0, y.as_chunks().0)[0];
        let readout_noise = dot(&readout, &image);
        let left_transposed = Tiles::new(&adjoint_map(&left, layout));
        let left = Tiles::new(&left);
        Ok(Self { layout, lambda, left, left_transposed, right, readout, noise, activity, readout_noise })
    }

    /// Eigenvalue j of the representatives, or its conjugate.
    pub(crate) fn pole(&self, j: usize, conjugate: bool) -> Complex64 {
        if conjugate { self.lambda[j].conj() } else { self.lambda[j] }
    }
}

/// `(X X^T) * S0` with `S0_jm = -1/(lambda_j + lambda_m)`, from the real Gram matrix of the packed rows of X.
fn gramian(layout: Layout, lambda: &[Complex64], gram: &DMatrix<f64>) -> DMatrix<f64> {
    let im = |i: usize| (i >= layout.reals).then_some(i + layout.pairs);
    packed_map(layout, layout, |i, j, conj| {
        let entry = |a: Option<usize>, b: Option<usize>| match (a, b) {
            (Some(a), Some(b)) => gram[(a, b)],
            _ => 0.0,
        };
        let (xx, yy) = (gram[(i, j)], entry(im(i), im(j)));
        let (xy, yx) = (entry(Some(i), im(j)), entry(im(i), Some(j)));
        if conj {
            -Complex64::new(xx + yy, yx - xy) / (lambda[i] + lambda[j].conj())
        } else {
            -Complex64::new(xx - yy, xy + yx) / (lambda[i] + lambda[j])
        }
    })
}

fn check_resonance(lambda: &[Complex64]) -> Result<()> {
    let radius = lambda.iter().map(|z| z.norm()).fold(f64::MIN_POSITIVE, f64::max);
    let near_zero = |z: Complex64| z.norm() < RESONANCE_LIMIT * radius;
    let resonant = lambda
        .iter()
        .enumerate()
        .any(|(i, &a)| lambda[..=i].iter().any(|&b| near_zero(a + b) || near_zero(a + b.conj())));
    if resonant {
        return Err(Error::Singular {
            what: "Gramians of A (two eigenvalues that sum to zero)",
            remedy: "change the system A slightly: the gain g or the connectivity J it is made from",
        });
    }
    Ok(())
}
