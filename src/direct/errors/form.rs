//! The squared response to errors as a quadratic form in what drives it.

use faer::Accum;
use num_complex::Complex64;

use super::modes::Modes;
use super::moments::Moments;
use super::work::Work;
use crate::direct::packed::{Sides, Table, pack, unpack_down};
use crate::linalg::product::{mirror_lower, mul_into, mul_lower_into, view};

/// The table $Q_{jj'} = \sum_{ii'} \hat A_{ii'} \int_0^1 \phi_{ij} \phi_{i'j'} dt$ of a symmetric one.
///
/// With D antisymmetric the sum over four indices splits into four products,
/// $Q = F + F^T + (D^T \hat A D) \odot S + \hat A \odot S^{(2)}$ with
/// $F = D^T [\tfrac12 (\hat A \odot S) D + \hat A \odot S^{(1)} - S \odot \hat A D]
/// - S^{(1)} \odot \hat A D$.
pub(super) fn form(modes: &Modes<'_>, moments: &Moments, weights: &Table, out: &mut Table, work: &mut Work) {
    let heads = &modes.basis.heads;
    let (integral, slope) = (&modes.tables.integral, &modes.tables.integral_slope);
    let d = view(&moments.real_quotients);
    // A D, and D^T A D, which is symmetric.
    pack(weights, heads, heads, Sides::Down, &mut work.real);
    mul_into(&mut work.image, Accum::Replace, 1.0, view(&work.real), d);
    unpack_down(&work.image, heads, &mut work.table);
    mul_lower_into(&mut work.second, Accum::Replace, 1.0, d.transpose(), view(&work.image));
    mirror_lower(&mut work.second);
    unpack_down(&work.second, heads, &mut work.third);
    for at in 0..heads.len() * modes.len() {
        let weight = weights[at];
        out[at] = work.third[at] * integral[at] + weight * moments.second[at];
        work.other[at] = weight * integral[at];
        work.third[at] = weight * slope[at] - integral[at] * work.table[at];
    }
    pack(&work.other, heads, heads, Sides::Down, &mut work.image);
    pack(&work.third, heads, heads, Sides::Down, &mut work.second);
    mul_into(&mut work.second, Accum::Add, 0.5, view(&work.image), d);
    mul_into(&mut work.real, Accum::Replace, 1.0, d.transpose(), view(&work.second));
    work.table.iter_mut().zip(slope).for_each(|(x, s)| *x *= s);
    pack(&work.table, heads, heads, Sides::Down, &mut work.image);
    work.real -= &work.image;
    work.add_transposed();
    unpack_down(&work.real, heads, &mut work.table);
    out.iter_mut().zip(&work.table).for_each(|(to, x): (&mut Complex64, _)| *to += x);
}
