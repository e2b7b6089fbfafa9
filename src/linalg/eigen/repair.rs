//! Eigenvectors from the complex Schur form, for the matrices on which the fast kernel is inaccurate.
//!
//! Repeated eigenvalues, strongly graded matrices, large Jordan blocks. Slower by a factor of about ten, and
//! used only when verification has failed or the condition number is suspicious.

use super::packed::Packed;
use crate::Result;
use crate::linalg::product::{product, view};
use crate::linalg::schur::{Schur, schur};
use nalgebra::DMatrix;
use num_complex::Complex64;

/// Entries of a vector above which it is scaled down during back substitution.
const LARGE: f64 = 1e100;

/// Decomposition of `a`, of Frobenius norm `scale`, by the complex Schur form.
pub(crate) fn decompose(a: &DMatrix<f64>, scale: f64) -> Result<Packed> {
    let n = a.nrows();
    let Schur { unitary, triangular } = schur(a)?;
    let vectors = product(view(&unitary), view(&back_substitute(&triangular)));
    let values = triangular.diagonal();
    let real_below = 4.0 * n as f64 * f64::EPSILON * scale;

    // Upper members of pairs, each with the lower one it replaces; whatever is left over counts as real.
    let mut lower: Vec<usize> = (0..n).filter(|&j| values[j].im < -real_below).collect();
    let mut reals: Vec<usize> = (0..n).filter(|&j| values[j].im.abs() <= real_below).collect();
    let mut upper = Vec::new();
    for i in (0..n).filter(|&j| values[j].im > real_below) {
        let distance = |k: usize| (values[lower[k]].conj() - values[i]).norm();
        match (0..lower.len()).min_by(|&k, &l| distance(k).total_cmp(&distance(l))) {
            Some(k) => {
                lower.swap_remove(k);
                upper.push(i);
            }
            None => reals.push(i),
        }
    }
    reals.append(&mut lower);

    let (mut re, mut im) = (Vec::with_capacity(n), Vec::with_capacity(n));
    let mut basis = DMatrix::zeros(n, n);
    for j in reals {
        // A real eigenvector times a phase: undo the phase at the largest entry.
        let column = vectors.column(j);
        let largest = column.iter().copied().max_by(|a, b| a.norm_sqr().total_cmp(&b.norm_sqr()));
        let phase = largest.map_or(Complex64::new(1.0, 0.0), |z| z.conj() / z.norm());
        basis.column_mut(re.len()).copy_from(&column.map(|z| (z * phase).re));
        re.push(values[j].re);
        im.push(0.0);
    }
    for j in upper {
        let column = vectors.column(j);
        basis.column_mut(re.len()).copy_from(&column.map(|z| z.re));
        basis.column_mut(re.len() + 1).copy_from(&column.map(|z| z.im));
        re.extend([values[j].re; 2]);
        im.extend([values[j].im, -values[j].im]);
    }
    Ok(Packed::new(a, scale, &re, &im, &basis))
}

/// Unit eigenvectors of an upper triangular matrix, in columns.
///
/// Differences of eigenvalues below rounding are replaced by it: the vectors then belong to a matrix that
/// close to T. Between two eigenvalues equal up to rounding, a coupling at rounding level is dropped, at no
/// greater error: dividing one rounding error by another would mix the vectors of a repeated eigenvalue at
/// random, and often badly.
fn back_substitute(t: &DMatrix<Complex64>) -> DMatrix<Complex64> {
    let n = t.nrows();
    let rounding = f64::EPSILON * t.norm();
    let smallest = rounding.max(f64::MIN_POSITIVE);
    let (equal, uncoupled) = (100.0 * n as f64 * rounding, 4.0 * (n as f64).sqrt() * rounding);
    let mut vectors = DMatrix::zeros(n, n);
    for k in 0..n {
        let x = &mut vectors.as_mut_slice()[k * n..(k + 1) * n];
        x[k] = Complex64::new(1.0, 0.0);
        for i in 0..k {
            x[i] = -t[(i, k)];
        }
        // Largest entry so far: what the right-hand sides are accurate against.
        let mut size = 1.0_f64;
        for i in (0..k).rev() {
            let difference = t[(i, i)] - t[(k, k)];
            if difference.norm() < equal && x[i].norm() < uncoupled * size {
                x[i] = Complex64::default();
                continue;
            }
            x[i] /= if difference.norm() < smallest { Complex64::from(smallest) } else { difference };
            size = size.max(x[i].norm());
            if size > LARGE {
                x[..=k].iter_mut().for_each(|z| *z /= size);
                size = 1.0;
            }
            let xi = x[i];
            let above = &t.as_slice()[i * n..i * n + i];
            x[..i].iter_mut().zip(above).for_each(|(x, t)| *x -= t * xi);
        }
        // Scaled by the largest entry first, whose square might overflow.
        let largest = x[..=k].iter().map(|z| z.norm()).fold(f64::MIN_POSITIVE, f64::max);
        let norm = x[..=k].iter().map(|z| (z / largest).norm_sqr()).sum::<f64>().sqrt();
        x[..=k].iter_mut().for_each(|z| *z = *z / largest / norm);
    }
    vectors
}
