//! The numbers behind a placement: minimum-norm residues and the spectrum that follows from them.

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;

use super::near_unit::near_unit;
use super::secular::Root;
use crate::linalg::eigenvalues;
use crate::linalg::product::view;
use crate::modal::vector::{Layout, bilinear_form};
use crate::spectrum::Spectrum;
use crate::system::System;
use crate::{Error, Result};

/// How far the eigensolver may see a target from where it was placed (relative to 1 + |target|).
const ARRIVED: f64 = 1e-5;

/// Minimum-norm solution of `Q d = 1`, packed, and the condition number of Q.
///
/// Solved over the reals: with the unitary change of basis `[1 i; 1 -i]/sqrt 2` on pairs of rows and columns
/// Q is real and keeps its singular values.
pub(super) fn residues(system: &System, placed: &Spectrum, limit: f64) -> Result<(Vec<f64>, f64)> {
    let modes = system.modes()?;
    let rows = Layout::of(placed);
    let targets = rows.representatives(placed);
    let cols = modes.layout;
    let mut q = bilinear_form(rows, cols, |k, j, conj| 1.0 / (targets[k] - modes.pole(j, conj)));
    let half = std::f64::consts::FRAC_1_SQRT_2;
    // B^H = diag(1; 1; -1) B^T on the rows, and the normalisation of both sides.
    for i in rows.reals..rows.len() {
        q.row_mut(i).scale_mut(if i < rows.reals + rows.pairs { half } else { -half });
    }
    for j in cols.reals..cols.len() {
        q.column_mut(j).scale_mut(half);
    }
    // Copies that stay put have no part in it.
    for &j in &modes.hidden {
        q.column_mut(j).fill(0.0);
        if j >= cols.reals {
            q.column_mut(j + cols.pairs).fill(0.0);
        }
    }
    let mut ones = DVector::zeros(rows.len());
    ones.rows_mut(0, rows.reals).fill(1.0);
    ones.rows_mut(rows.reals, rows.pairs).fill(std::f64::consts::SQRT_2);
    let refused =
        |condition| Error::IllConditionedPlacement { condition, limit, modes: rows.len(), units: cols.len() };
    let (solution, condition) = minimum_norm(&q, &ones).ok_or(refused(f64::INFINITY))?;
    if condition > limit {
        return Err(refused(condition));
    }
    let mut d = solution.as_slice().to_vec();
    d[cols.reals..].iter_mut().for_each(|x| *x *= half);
    modes.clear_hidden::<1>(d.as_chunks_mut().0);
    Ok((d, condition))
}

/// `Q^+ 1` and cond(Q), by faer: nalgebra's SVD of a real matrix may be wrong in the third digit.
fn minimum_norm(q: &DMatrix<f64>, ones: &DVector<f64>) -> Option<(DVector<f64>, f64)> {
    if q.iter().any(|x| !x.is_finite()) {
        return None;
    }
    let (rows, columns) = q.shape();
    let scale = near_unit(q.as_slice());
    let svd = view(&(q * scale)).thin_svd().ok()?;
    let (u, s, v) = (svd.U(), svd.S().column_vector(), svd.V());
    // Q = U diag(s) V^T / scale, so Q^+ 1 = V diag(scale/s) U^T 1.
    let coefficient = |k: usize| (0..rows).map(|i| u[(i, k)] * ones[i]).sum::<f64>() / s[k] * scale;
    let coefficients = DVector::from_fn(rows, |k, _| coefficient(k));
    let solution = DVector::from_fn(columns, |j, _| (0..rows).map(|k| v[(j, k)] * coefficients[k]).sum());
    let condition = s[0] / s[rows - 1];
    (!condition.is_nan()).then_some((solution, condition))
}

/// All roots of the secular equation: the placed ones by construction, the rest from an eigensolver on a
/// well-conditioned realisation, polished on the equation itself. Placed ones first within reals and pairs.
pub(super) fn roots(system: &System, residues: &[f64], placed: &Spectrum) -> Result<(Vec<Root>, Layout)> {
    let modes = system.modes()?;
    let (layout, visible) = (modes.visible_layout(), modes.visible());
    let all = modes.layout.unpack(residues);
    let [lambda, d]: [Vec<Complex64>; 2] =
        [&modes.lambda, &all].map(|of: &Vec<_>| visible.iter().map(|&j| of[j]).collect());
    let computed = eigenvalues(&realisation(layout, &lambda, &d))?;
    let mut roots = Vec::with_capacity(lambda.len());
    let (reals, pairs) = computed.split_at(computed.reals());
    let (placed_reals, placed_pairs) = placed.split_at(placed.reals());
    for (targets, candidates) in [(placed_reals, reals), (placed_pairs, pairs)] {
        let (arrived, rest) = Spectrum::new(candidates, 0.0)?.nearest_to(targets);
        for (target, z) in targets.iter().zip(&arrived) {
            let (distance, tolerance) = ((z - target).norm(), ARRIVED * (system.rate() + target.norm()));
            if distance.is_nan() || distance > tolerance {
                return Err(Error::PlacementInaccurate { distance, tolerance });
            }
        }
        let half = |z: &&Complex64| z.im >= 0.0;
        roots.extend(targets.iter().filter(half).map(|mu| Root::exact(*mu, &lambda)));
        roots.extend(rest.iter().filter(half).map(|mu| Root::polished(*mu, layout, &lambda, &d)));
    }
    Ok((roots, Layout::of(&computed)))
}

/// A real N x N matrix similar to `diag(lambda) + a b^T` with `a = b = sqrt(d)`: normal plus rank one, with
/// the smallest rank-one part. Pairs become blocks `[re im; -im re]` under the unitary `[1 i; 1 -i]/sqrt 2`.
fn realisation(layout: Layout, lambda: &[Complex64], residues: &[Complex64]) -> DMatrix<f64> {
    let Layout { reals, pairs } = layout;
    // A real residue may be negative, so its root is shared out as (|d|^1/2, sign |d|^1/2).
    let mut a = DVector::zeros(layout.len());
    let mut b = DVector::zeros(layout.len());
    for (j, d) in residues.iter().enumerate() {
        if j < reals {
            a[j] = d.re.abs().sqrt();
            b[j] = d.re.signum() * a[j];
        } else {
            // B^H a / sqrt 2 and B^T b / sqrt 2 of a conjugate pair.
            let root = d.sqrt() * std::f64::consts::SQRT_2;
            (a[j], a[j + pairs]) = (root.re, root.im);
            (b[j], b[j + pairs]) = (root.re, -root.im);
        }
    }
    let mut matrix = &a * b.transpose();
    for (j, z) in lambda.iter().enumerate() {
        matrix[(j, j)] += z.re;
        if j >= reals {
            matrix[(j + pairs, j + pairs)] += z.re;
            matrix[(j, j + pairs)] -= z.im;
            matrix[(j + pairs, j)] += z.im;
        }
    }
    matrix
}
