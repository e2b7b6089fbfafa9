//! Norms in which a library's maps may contract.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use crate::linalg::lyapunov;
use crate::linalg::product::{mirror_lower, mul_lower_into, product, two_norm, view};
use crate::{Error, Result};

/// Iterations of the library's Gramian; the last ones change it by less than rounding where it
/// converges fast.
const GRAMIAN_ROUNDS: usize = 40;
/// Damping of the library's Gramian below the point where its sum diverges.
const GRAMIAN_SHARE: f64 = 0.7;

/// Which norm a certificate is stated in: `|x|_H = sqrt(x^T H x)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Norm {
    /// `H = I`.
    Euclidean,
    /// H solves `A_prep^T H + H A_prep + I = 0`: what preparation contracts at every moment.
    Preparation,
    /// H solves `H = I + c sum_mu M_mu^T H M_mu`, M_mu the map of one preparation and motif:
    /// contracts under each of them where the 2-norm may not.
    Library,
}

/// A norm with its factors, `H = F F^T` (F lower triangular).
#[derive(Debug, Clone)]
pub(super) struct Weighted {
    pub(super) kind: Norm,
    pub(super) weight: DMatrix<f64>,
    factor: DMatrix<f64>,
    inverse: DMatrix<f64>,
}

impl Weighted {
    /// From H, symmetric positive definite.
    pub(super) fn new(kind: Norm, weight: DMatrix<f64>) -> Result<Self> {
        let singular = || Error::Singular {
            what: "weight of the norm",
            remedy: "use another norm, or a longer preparation",
        };
        let n = weight.nrows();
        let factor = weight.clone().cholesky().ok_or_else(singular)?.unpack();
        let inverse = factor.solve_lower_triangular(&DMatrix::identity(n, n)).ok_or_else(singular)?;
        Ok(Self { kind, weight, factor, inverse })
    }

    pub(super) fn euclidean(n: usize) -> Result<Self> {
        Self::new(Norm::Euclidean, DMatrix::identity(n, n))
    }

    pub(super) fn preparation(system: &DMatrix<f64>) -> Result<Self> {
        let n = system.nrows();
        Self::new(Norm::Preparation, lyapunov(&system.transpose(), &DMatrix::identity(n, n))?)
    }

    pub(super) fn library(maps: &[DMatrix<f64>]) -> Result<Self> {
        let n = maps.first().map_or(0, DMatrix::nrows);
        // Summed in the order of the motifs, whichever thread made a term.
        let step = |h: &DMatrix<f64>| {
            let terms: Vec<_> = maps.par_iter().map(|m| congruence(m, h)).collect();
            let mut sum = terms.into_iter().fold(DMatrix::zeros(n, n), |sum, term| sum + term);
            mirror_lower(&mut sum);
            sum
        };
        // Growth rate of the sum, by power iteration on positive semidefinite matrices.
        let mut h = DMatrix::identity(n, n);
        let mut rate = 1.0;
        for _ in 0..12 {
            let next = step(&h);
            rate = next.norm();
            h = next / rate;
        }
        let scale = GRAMIAN_SHARE / rate;
        let identity = DMatrix::identity(n, n);
        let mut weight = identity.clone();
        for _ in 0..GRAMIAN_ROUNDS {
            weight = &identity + step(&weight) * scale;
        }
        Self::new(Norm::Library, weight)
    }

    /// `|x|_H`.
    pub(super) fn of(&self, x: &DVector<f64>) -> f64 {
        self.factor.tr_mul(x).norm()
    }

    /// `max |M x|_H / |x|_H`.
    pub(super) fn of_map(&self, m: &DMatrix<f64>) -> Result<f64> {
        let image = product(view(&self.factor).transpose(), view(m));
        two_norm(&product(view(&image), view(&self.inverse).transpose()))
    }

    /// `max |M x|_H / |x|_2`.
    pub(super) fn of_euclidean_map(&self, m: &DMatrix<f64>) -> Result<f64> {
        two_norm(&product(view(&self.factor).transpose(), view(m)))
    }

    /// `max |r^T x| / |x|_H` of each row r^T: norms dual to `|.|_H`.
    pub(super) fn of_rows(&self, rows: &DMatrix<f64>) -> Vec<f64> {
        let images = product(view(&self.inverse), view(rows).transpose());
        images.column_iter().map(|column| column.norm()).collect()
    }

    /// `max |O x|_2 / |x|_H` for a matrix O of rows.
    pub(super) fn of_rows_together(&self, rows: &DMatrix<f64>) -> Result<f64> {
        // Through the N x N Gram matrix: the rows are many.
        let gram = product(view(rows).transpose(), view(rows));
        let half = product(view(&self.inverse), view(&gram));
        Ok(two_norm(&product(view(&half), view(&self.inverse).transpose()))?.sqrt())
    }

    /// `max |x|_2 / |x|_H`.
    pub(super) fn euclidean_size(&self) -> Result<f64> {
        two_norm(&self.inverse)
    }
}

/// Lower triangle of `M^T H M`; H symmetric.
fn congruence(m: &DMatrix<f64>, h: &DMatrix<f64>) -> DMatrix<f64> {
    let image = product(view(h), view(m));
    let mut out = DMatrix::zeros(m.ncols(), m.ncols());
    mul_lower_into(&mut out, faer::Accum::Replace, 1.0, view(m).transpose(), view(&image));
    out
}
