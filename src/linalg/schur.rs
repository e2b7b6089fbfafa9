//! Complex Schur form of a real matrix.

use super::square::normalised;
use crate::{Error, Result};
use nalgebra::DMatrix;
use num_complex::Complex64;

/// `A = U T U^H`: U unitary, T upper triangular with the eigenvalues of A on its diagonal.
#[derive(Debug, Clone)]
pub struct Schur {
    /// U.
    pub unitary: DMatrix<Complex64>,
    /// T.
    pub triangular: DMatrix<Complex64>,
}

/// Steps per eigenvalue, on average, after which the iteration gives up; two to three are usual.
const STEPS_PER_EIGENVALUE: usize = 60;

/// Every so many steps without a deflation the shift is replaced by an exceptional one, which breaks cycles.
const EXCEPTIONAL: usize = 10;

/// Modulus below which the phase of a number loses its digits, for matrices scaled to entries of order one.
const NEGLIGIBLE: f64 = 1e-290;

/// A rotation `[c, s; -conj(s), c]` of two neighbouring rows.
#[derive(Debug, Clone, Copy)]
struct Rotation {
    c: f64,
    s: Complex64,
}

impl Rotation {
    /// The one that turns `(a, b)` into `(r, 0)`.
    fn annihilating(a: Complex64, b: Complex64) -> Self {
        let (size, norm) = (a.norm(), a.norm().hypot(b.norm()));
        let one = Complex64::new(1.0, 0.0);
        if norm < NEGLIGIBLE {
            return Self { c: 1.0, s: Complex64::default() };
        }
        if size < NEGLIGIBLE {
            return Self { c: 0.0, s: one };
        }
        Self { c: size / norm, s: (a / size) * (b.conj() / norm) }
    }

    fn rows(self, a: Complex64, b: Complex64) -> (Complex64, Complex64) {
        (a * self.c + self.s * b, b * self.c - self.s.conj() * a)
    }

    /// Columns `k, k+1` of the first `rows` rows times the adjoint of the rotation.
    fn columns(self, m: &mut DMatrix<Complex64>, k: usize, rows: usize) {
        let n = m.nrows();
        let (left, right) = m.as_mut_slice().split_at_mut((k + 1) * n);
        for (a, b) in left[k * n..k * n + rows].iter_mut().zip(&mut right[..rows]) {
            (*a, *b) = (*a * self.c + self.s.conj() * *b, *b * self.c - self.s * *a);
        }
    }
}

/// Schur form by the explicitly shifted complex QR iteration on the Hessenberg form; always terminates.
///
/// # Errors
///
/// [`Error::EigenNotConverged`] after 60 steps per eigenvalue.
pub fn schur(a: &DMatrix<f64>) -> Result<Schur> {
    let n = a.nrows();
    if n == 1 {
        let unitary = DMatrix::identity(1, 1);
        return Ok(Schur { unitary, triangular: a.map(Complex64::from) });
    }
    let (scaled, factor) = normalised(a);
    let (q, h) = scaled.hessenberg().unpack();
    let (mut u, mut t) = (q.map(Complex64::from), h.map(Complex64::from));
    let norm = h.norm();
    let mut rotations = vec![Rotation { c: 1.0, s: Complex64::default() }; n];
    let (mut end, mut stalled) = (n - 1, 0);
    for _ in 0..STEPS_PER_EIGENVALUE * n {
        // Deflate, and find the start of the last block that does not decouple.
        let start = (1..=end).rev().find(|&k| {
            let neighbours = t[(k, k)].l1_norm() + t[(k - 1, k - 1)].l1_norm();
            let scale = if neighbours == 0.0 { norm } else { neighbours };
            t[(k, k - 1)].l1_norm() <= f64::EPSILON * scale
        });
        if let Some(k) = start {
            t[(k, k - 1)] = Complex64::default();
        }
        let start = start.unwrap_or(0);
        if start == end {
            if end == 0 {
                t *= Complex64::from(factor);
                return Ok(Schur { unitary: u, triangular: t });
            }
            (end, stalled) = (end - 1, 0);
            continue;
        }
        stalled += 1;
        let shift = if stalled % EXCEPTIONAL == 0 {
            t[(end, end)] + Complex64::new(0.75, 0.3) * t[(end, end - 1)].norm()
        } else {
            wilkinson(&t, end)
        };
        step(&mut t, &mut u, &mut rotations, (start, end), shift);
    }
    Err(Error::EigenNotConverged { size: n })
}

/// Eigenvalue of the trailing 2 x 2 block nearer to its last entry.
fn wilkinson(t: &DMatrix<Complex64>, end: usize) -> Complex64 {
    let (a, b) = (t[(end - 1, end - 1)], t[(end - 1, end)]);
    let (c, d) = (t[(end, end - 1)], t[(end, end)]);
    let half = (a - d) * 0.5;
    let root = (half * half + b * c).sqrt();
    let sum = if (half.conj() * root).re >= 0.0 { half + root } else { half - root };
    if sum == Complex64::default() { d } else { d - b * c / sum }
}

/// One QR step `T - s = G^H R`, `T = R G^H + s` on the rows and columns `start..=end`, carried through all of
/// T and U.
fn step(
    t: &mut DMatrix<Complex64>,
    u: &mut DMatrix<Complex64>,
    rotations: &mut [Rotation],
    (start, end): (usize, usize),
    shift: Complex64,
) {
    let n = t.nrows();
    (start..=end).for_each(|i| t[(i, i)] -= shift);
    // Column by column, so that the sweep of row rotations stays in contiguous memory.
    for j in start..n {
        let column = &mut t.as_mut_slice()[j * n..(j + 1) * n];
        for k in start..j.min(end) {
            (column[k], column[k + 1]) = rotations[k].rows(column[k], column[k + 1]);
        }
        if j < end {
            rotations[j] = Rotation::annihilating(column[j], column[j + 1]);
            column[j] = rotations[j].rows(column[j], column[j + 1]).0;
            column[j + 1] = Complex64::default();
        }
    }
    for (k, rotation) in rotations.iter().enumerate().take(end).skip(start) {
        rotation.columns(t, k, k + 2);
        rotation.columns(u, k, n);
    }
    (start..=end).for_each(|i| t[(i, i)] += shift);
}
