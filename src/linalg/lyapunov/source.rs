//! Right-hand sides of Lyapunov equations; for the structured ones some products come free.

use crate::linalg::product::{apply, mul_into, mul_lower_into, view};
use crate::linalg::tolerance;
use crate::{Error, Result, check};
use faer::{Accum, MatRef};
use nalgebra::{DMatrix, DVector};

/// Q of a Lyapunov equation.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Source<'a> {
    /// Any symmetric matrix.
    Full(&'a DMatrix<f64>),
    /// `I + weight r r^T`.
    Identity { weight: f64, vector: Option<&'a DVector<f64>> },
}

impl<'a> Source<'a> {
    pub(crate) const IDENTITY: Self = Self::Identity { weight: 0.0, vector: None };

    /// The matrix, as the identity where it is that of order n: looking costs N^2, the product saved N^3.
    pub(crate) fn of(q: &'a DMatrix<f64>, n: usize) -> Self {
        let identity = q.iter().enumerate().all(|(at, &x)| x == if at % (n + 1) == 0 { 1.0 } else { 0.0 });
        if identity && q.shape() == (n, n) { Self::IDENTITY } else { Self::Full(q) }
    }

    pub(crate) fn check(&self, what: &'static str, n: usize, remedy: &'static str) -> Result<()> {
        match self {
            Self::Full(q) => {
                check::shape(what, q.shape(), (n, n), remedy)?;
                check::finite(what, q.as_slice())?;
                check_symmetric(what, q)
            }
            Self::Identity { vector: Some(r), .. } => {
                check::shape(what, r.shape(), (n, 1), remedy)?;
                check::finite(what, r.as_slice())
            }
            Self::Identity { .. } => Ok(()),
        }
    }

    /// Lower triangle of `out = s K Q K^T`, or `out += ...`.
    pub(crate) fn congruence(
        &self,
        accum: Accum,
        s: f64,
        k: MatRef<'_, f64>,
        product: &mut DMatrix<f64>,
        image: &mut DVector<f64>,
        out: &mut DMatrix<f64>,
    ) {
        match self {
            Self::Full(q) => {
                mul_into(product, Accum::Replace, s, k, view(q));
                mul_lower_into(out, accum, 1.0, view(product), k.transpose());
            }
            Self::Identity { weight, vector } => {
                mul_lower_into(out, accum, s, k, k.transpose());
                if let Some(r) = vector {
                    apply(k, r.as_slice(), image.as_mut_slice());
                    out.ger(s * weight, image, image, 1.0);
                }
            }
        }
    }

    pub(crate) fn norm(&self, n: usize) -> f64 {
        match self {
            Self::Full(q) => q.norm(),
            Self::Identity { weight, vector } => {
                let square = vector.map_or(0.0, |r| weight * r.norm_squared());
                (n as f64 + 2.0 * square + square * square).sqrt()
            }
        }
    }

    pub(crate) fn entry(&self, i: usize, j: usize) -> f64 {
        match self {
            Self::Full(q) => q[(i, j)],
            Self::Identity { weight, vector } => {
                f64::from(u8::from(i == j)) + vector.map_or(0.0, |r| weight * r[i] * r[j])
            }
        }
    }

    /// `out += Q z`.
    pub(crate) fn add_image(&self, z: &DVector<f64>, out: &mut DVector<f64>) {
        match self {
            Self::Full(q) => out.gemv(1.0, q, z, 1.0),
            Self::Identity { weight, vector } => {
                *out += z;
                if let Some(r) = vector {
                    out.axpy(weight * r.dot(z), r, 1.0);
                }
            }
        }
    }
}

/// Fails unless the matrix is symmetric up to rounding.
pub(crate) fn check_symmetric(what: &'static str, q: &DMatrix<f64>) -> Result<()> {
    let n = q.nrows();
    let mut difference = 0.0;
    for j in 0..n {
        for i in j + 1..n {
            let d = q[(i, j)] - q[(j, i)];
            difference += 2.0 * d * d;
        }
    }
    let given = difference.sqrt();
    if given <= tolerance::SYMMETRY * q.norm() {
        Ok(())
    } else {
        Err(Error::OutOfRange { what, expected: "a symmetric matrix (|Q - Q^T| = 0)", given })
    }
}
