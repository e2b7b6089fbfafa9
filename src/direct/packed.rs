//! Conjugate-symmetric tables and the real matrices that stand for them.
//!
//! A table G of all pairs of modes has $G_{\bar i \bar k} = \overline{G_{ik}}$: the rows of real eigenvalues
//! and of the upper members of pairs say everything, and only they are kept. With T of
//! [`Basis`](super::basis) such a table, multiplied from either side by T, its inverse or their transposes,
//! is a real matrix. Products of tables are therefore products of real matrices, at an eighth of the work. Of
//! a pair of pairs, a is the entry of the two upper members, b that of an upper and a lower one.

use nalgebra::DMatrix;
use num_complex::Complex64;

use super::basis::Head;

/// Rows of a table, one for each head.
pub(super) type Table = Vec<Complex64>;

/// What the two sides of a table are multiplied by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sides {
    /// $T^{-T} G T^{-1}$.
    Down,
    /// $T G T^T$.
    Up,
    /// $T^{-T} G T^T$.
    Mixed,
    /// $T G T^{-1}$.
    Crossed,
}

/// The real matrix of a table, with its rows and columns in pairs or not.
pub(super) fn pack(
    table: &[Complex64],
    rows: &[Head],
    others: &[Head],
    sides: Sides,
    out: &mut DMatrix<f64>,
) {
    let n = out.nrows();
    // A pair's rows, or columns, by T: twice the real part and minus twice the imaginary one; by its inverse:
    // the parts themselves.
    let (twice_rows, twice_columns) = match sides {
        Sides::Down => (false, false),
        Sides::Up => (true, true),
        Sides::Mixed => (false, true),
        Sides::Crossed => (true, false),
    };
    let factors = |twice| if twice { (2.0, -1.0) } else { (1.0, 1.0) };
    let ((single, turn), (columns, sign)) = (factors(twice_rows), factors(twice_columns));
    let pair = 0.5 * single * columns;
    for (row, head) in table.chunks_exact(n).zip(rows) {
        let i = head.at;
        for other in others {
            let k = other.at;
            let a = row[k];
            match (head.pair, other.pair) {
                (false, false) => out[(i, k)] = a.re,
                (false, true) => {
                    out[(i, k)] = columns * a.re;
                    out[(i, k + 1)] = sign * columns * a.im;
                }
                (true, false) => {
                    out[(i, k)] = single * a.re;
                    out[(i + 1, k)] = turn * single * a.im;
                }
                (true, true) => {
                    let b = row[k + 1];
                    out[(i, k)] = pair * (a.re + b.re);
                    out[(i, k + 1)] = sign * pair * (a.im - b.im);
                    out[(i + 1, k)] = turn * pair * (a.im + b.im);
                    out[(i + 1, k + 1)] = sign * turn * pair * (b.re - a.re);
                }
            }
        }
    }
}

/// The table $T^T R T$ of a real matrix R, such as $X^T X$ of $P^T P$.
pub(super) fn unpack_down(matrix: &DMatrix<f64>, heads: &[Head], out: &mut [Complex64]) {
    unpack(matrix, heads, out, 1.0, 1.0, 1.0, 1.0);
}

/// The table $T^{-1} R T^{-T}$ of a real matrix R, such as $X^{-1} S X^{-T}$ of $P^{-1} S P^{-T}$.
pub(super) fn unpack_up(matrix: &DMatrix<f64>, heads: &[Head], out: &mut [Complex64]) {
    unpack(matrix, heads, out, 0.5, -1.0, 0.5, -1.0);
}

/// The table $T^T R T^{-T}$ of a real matrix R.
pub(super) fn unpack_mixed(matrix: &DMatrix<f64>, heads: &[Head], out: &mut [Complex64]) {
    unpack(matrix, heads, out, 1.0, 1.0, 0.5, -1.0);
}

/// Rows x and y of a pair become `row (x + i turn y)`, its columns `column (x + i flip y)` and, of the lower
/// member, `column (x - i flip y)`.
fn unpack(
    matrix: &DMatrix<f64>,
    heads: &[Head],
    out: &mut [Complex64],
    row: f64,
    turn: f64,
    column: f64,
    flip: f64,
) {
    let n = matrix.nrows();
    for (to, head) in out.chunks_exact_mut(n).zip(heads) {
        let i = head.at;
        for other in heads {
            let k = other.at;
            let entry = |k: usize| match head.pair {
                false => Complex64::from(matrix[(i, k)]),
                true => Complex64::new(row * matrix[(i, k)], row * turn * matrix[(i + 1, k)]),
            };
            let x = entry(k);
            if other.pair {
                let y = entry(k + 1) * (column * flip);
                let (x, y) = (x * column, Complex64::new(-y.im, y.re));
                (to[k], to[k + 1]) = (x + y, x - y);
            } else {
                to[k] = x;
            }
        }
    }
}

/// Entries of $T^{-T} g$ for a list g: what $P^{-T}$ then turns into $X^{-T} g$.
pub(super) fn pack_down(list: &[Complex64], heads: &[Head], out: &mut [f64]) {
    for head in heads {
        out[head.at] = list[head.at].re;
        if head.pair {
            out[head.at + 1] = list[head.at].im;
        }
    }
}

/// Entries of $T g$: what P then turns into $X g$.
pub(super) fn pack_up(list: &[Complex64], heads: &[Head], out: &mut [f64]) {
    for head in heads {
        let factor = if head.pair { 2.0 } else { 1.0 };
        out[head.at] = factor * list[head.at].re;
        if head.pair {
            out[head.at + 1] = -factor * list[head.at].im;
        }
    }
}

/// The list $T^T g$ of real numbers g, such as $X^T w$ of $P^T w$.
pub(super) fn list_down(numbers: &[f64], heads: &[Head], out: &mut [Complex64]) {
    list(numbers, heads, out, 1.0, 1.0);
}

/// The list $T^{-1} g$ of real numbers g, such as $X^{-1} s$ of $P^{-1} s$.
pub(super) fn list_up(numbers: &[f64], heads: &[Head], out: &mut [Complex64]) {
    list(numbers, heads, out, 0.5, -1.0);
}

fn list(numbers: &[f64], heads: &[Head], out: &mut [Complex64], factor: f64, turn: f64) {
    for head in heads {
        let i = head.at;
        if head.pair {
            out[i] = Complex64::new(factor * numbers[i], factor * turn * numbers[i + 1]);
            out[i + 1] = out[i].conj();
        } else {
            out[i] = Complex64::from(numbers[i]);
        }
    }
}

/// Lower members of pairs from the upper ones.
pub(super) fn complete(list: &mut [Complex64], heads: &[Head]) {
    heads.iter().filter(|h| h.pair).for_each(|h| list[h.at + 1] = list[h.at].conj());
}
