//! What all loops over one system share: the matrices of the robustness cost that depend on A and w alone.

mod basis;
pub(crate) mod lanes;
pub(crate) mod near;
pub(crate) mod tiles;
pub(crate) mod vector;

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;

use crate::Result;
use crate::linalg::Eigen;
use crate::modal::lanes::Elementwise;
use crate::modal::near::Near;
use crate::modal::tiles::Tiles;
use crate::modal::vector::{Layout, adjoint_map, packed_map};
use crate::spectrum::Spectrum;

/// Modal quantities of a system, packed (see `modal::vector`).
#[derive(Debug, Clone)]
pub(crate) struct Modes {
    pub(crate) layout: Layout,
    /// One eigenvalue of each real mode and conjugate pair.
    pub(crate) lambda: Vec<Complex64>,
    /// Which of them are further copies of a repeated eigenvalue, beyond the reach of loops; ascending.
    pub(crate) hidden: Vec<usize>,
    /// Rows of `L`: real ones, real parts, imaginary parts; `a = L u` packed.
    pub(crate) left: Tiles,
    /// `L^T` on packed vectors: the adjoint of `left`.
    pub(crate) left_transposed: Tiles,
    /// Columns of `R`, likewise.
    pub(crate) right: DMatrix<f64>,
    /// `q = R^T w`, zero at hidden copies.
    pub(crate) readout: Vec<f64>,
    /// `W = (L L^T) * S0`, as a map between packed vectors; zero where S0 is (nearly) singular.
    pub(crate) noise: Tiles,
    /// `V = (R^T R) * S0`, likewise.
    pub(crate) activity: Tiles,
    /// `q^T W q`.
    pub(crate) readout_noise: f64,
    /// What W and V leave out.
    pub(crate) near: Near,
}

impl Modes {
    pub(crate) fn new(eigen: &Eigen, readout: &DVector<f64>) -> Result<Self> {
        let (layout, modes) = basis::modes(eigen, readout);
        let lambda: Vec<Complex64> = modes.iter().map(|mode| mode.value).collect();
        let units = layout.len();
        let mut left = DMatrix::zeros(units, units);
        let mut right = DMatrix::zeros(units, units);
        for (i, mode) in modes.iter().enumerate() {
            for k in 0..units {
                let (l, r) = (mode.left[k], mode.right[k]);
                (left[(i, k)], right[(k, i)]) = (l.re, r.re);
                if i >= layout.reals {
                    (left[(i + layout.pairs, k)], right[(k, i + layout.pairs)]) = (l.im, r.im);
                }
            }
        }
        let read = |mode: &basis::Mode| match mode.hidden {
            true => Complex64::ZERO,
            false => mode.right.iter().zip(readout.iter()).map(|(r, w)| r * w).sum(),
        };
        let readout = layout.pack_representatives(&modes.iter().map(read).collect::<Vec<_>>());
        let (ll, rr) = (&left * left.transpose(), right.transpose() * &right);
        let radius = lambda.iter().map(|z| z.norm()).fold(f64::MIN_POSITIVE, f64::max);
        let is_near = |sum: Complex64| near::is_near(sum, radius);
        let divided = |x: Complex64, sum| if is_near(sum) { Complex64::ZERO } else { -x / sum };
        let noise = Tiles::new(&gramian(layout, &lambda, &ll, divided));
        let activity = Tiles::new(&gramian(layout, &lambda, &rr, divided));
        let kept = |x: Complex64, sum| if is_near(sum) { x } else { Complex64::ZERO };
        let near = Near::new(layout, &lambda, radius, |gram| {
            gramian(layout, &lambda, if gram == near::Gram::Noise { &ll } else { &rr }, kept)
        });
        let mut image = vec![0.0; units];
        noise.apply_to(&readout, &mut image);
        let dot =
            |x: &[f64], y: &[f64]| Elementwise::over(layout).dot(x.as_chunks::<1>().0, y.as_chunks().0)[0];
        let readout_noise = dot(&readout, &image);
        let left_transposed = Tiles::new(&adjoint_map(&left, layout));
        let left = Tiles::new(&left);
        let hidden = (0..modes.len()).filter(|&j| modes[j].hidden).collect();
        Ok(Self {
            layout,
            lambda,
            hidden,
            left,
            left_transposed,
            right,
            readout,
            noise,
            activity,
            readout_noise,
            near,
        })
    }

    /// The modes that a loop moves: all but the hidden ones.
    pub(crate) fn visible(&self) -> Vec<usize> {
        (0..self.lambda.len()).filter(|j| self.hidden.binary_search(j).is_err()).collect()
    }

    /// Their layout: as many as A has distinct eigenvalues.
    pub(crate) fn visible_layout(&self) -> Layout {
        let reals = self.hidden.partition_point(|&j| j < self.layout.reals);
        let pairs = self.hidden.len() - reals;
        Layout { reals: self.layout.reals - reals, pairs: self.layout.pairs - pairs }
    }

    /// The eigenvalues that a loop moves, each of them once.
    pub(crate) fn moved(&self) -> Spectrum {
        let layout = self.visible_layout();
        let all: Vec<Complex64> = self.visible().iter().map(|&j| self.lambda[j]).collect();
        let (reals, pairs) = all.split_at(layout.reals);
        Spectrum::from_halves(reals.iter().map(|z| z.re).collect(), pairs.to_vec())
    }

    /// The eigenvalues that stay whatever the loop.
    pub(crate) fn staying(&self) -> Spectrum {
        let of = |&j: &usize| self.lambda[j];
        let (reals, pairs) = self.hidden.split_at(self.hidden.partition_point(|&j| j < self.layout.reals));
        Spectrum::from_halves(reals.iter().map(|j| of(j).re).collect(), pairs.iter().map(of).collect())
    }

    /// Sets the entries of a packed vector at hidden copies to zero.
    pub(crate) fn clear_hidden<const B: usize>(&self, x: &mut [[f64; B]]) {
        for &j in &self.hidden {
            x[j] = [0.0; B];
            if j >= self.layout.reals {
                x[j + self.layout.pairs] = [0.0; B];
            }
        }
    }

    /// Eigenvalue j of the representatives, or its conjugate.
    pub(crate) fn pole(&self, j: usize, conjugate: bool) -> Complex64 {
        if conjugate { self.lambda[j].conj() } else { self.lambda[j] }
    }
}

/// Eigenvalues, right eigenvectors (columns) and left ones (rows) in the order of unpacked vectors, chosen as
/// [`Modes`] chooses them for repeated eigenvalues.
pub(crate) fn eigenvectors(
    eigen: &Eigen,
    readout: &DVector<f64>,
) -> (Vec<Complex64>, DMatrix<Complex64>, DMatrix<Complex64>) {
    let (layout, modes) = basis::modes(eigen, readout);
    let (reals, pairs) = modes.split_at(layout.reals);
    let all: Vec<(&basis::Mode, bool)> = (reals.iter().map(|mode| (mode, false)))
        .chain(pairs.iter().flat_map(|mode| [(mode, false), (mode, true)]))
        .collect();
    let turned = |z: Complex64, conjugate: bool| if conjugate { z.conj() } else { z };
    let units = readout.len();
    (
        all.iter().map(|(mode, conj)| turned(mode.value, *conj)).collect(),
        DMatrix::from_fn(units, units, |i, j| turned(all[j].0.right[i], all[j].1)),
        DMatrix::from_fn(units, units, |i, j| turned(all[i].0.left[j], all[i].1)),
    )
}

/// `X X^T` with each entry a function of itself and `lambda_j + lambda_m`, such as `(X X^T) * S0`, from the
/// real Gram matrix of the packed rows of X.
fn gramian(
    layout: Layout,
    lambda: &[Complex64],
    gram: &DMatrix<f64>,
    entry_of: impl Fn(Complex64, Complex64) -> Complex64,
) -> DMatrix<f64> {
    let im = |i: usize| (i >= layout.reals).then_some(i + layout.pairs);
    packed_map(layout, layout, |i, j, conj| {
        let entry = |a: Option<usize>, b: Option<usize>| match (a, b) {
            (Some(a), Some(b)) => gram[(a, b)],
            _ => 0.0,
        };
        let (xx, yy) = (gram[(i, j)], entry(im(i), im(j)));
        let (xy, yx) = (entry(Some(i), im(j)), entry(im(i), Some(j)));
        if conj {
            entry_of(Complex64::new(xx + yy, yx - xy), lambda[i] + lambda[j].conj())
        } else {
            entry_of(Complex64::new(xx - yy, xy + yx), lambda[i] + lambda[j])
        }
    })
}
