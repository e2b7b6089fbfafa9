//! The squared response to errors as a quadratic form in what drives it.

use faer::Accum;

use super::modes::Modes;
use super::moments::Moments;
use super::work::Work;
use crate::direct::packed::{Sides, pack, unpack_down};
use crate::direct::table::Table;
use crate::linalg::product::{mirror_lower, mul_into, mul_lower_into, view};

/// The table $Q_{jj'} = \sum_{ii'} \hat A_{ii'} \int_0^1 \phi_{ij} \phi_{i'j'} dt$ of a symmetric one.
///
/// With D antisymmetric the sum over four indices splits into four products,
/// $Q = F + F^T + (D^T \hat A D) \odot S + \hat A \odot S^{(2)}$ with
/// $F = D^T [\tfrac12 (\hat A \odot S) D + \hat A \odot S^{(1)} - S \odot \hat A D]
/// - S^{(1)} \odot \hat A D$.
pub(super) fn form(modes: &Modes<'_>, moments: &Moments, weights: &Table, out: &mut Table, work: &mut Work) {
    let layout = modes.basis.layout;
    let (integral, slope) = (&modes.tables.integral, &modes.tables.integral_slope);
    // The transpose of D: all matrices here are transposed.
    let d = view(&moments.real_quotients);
    // A D, and D^T A D, which is symmetric.
    pack(weights, layout, layout, Sides::Down, &mut work.real);
    mul_into(&mut work.image, Accum::Replace, 1.0, d, view(&work.real));
    unpack_down(&work.image, layout, &mut work.table);
    mul_lower_into(&mut work.second, Accum::Replace, 1.0, d, view(&work.image).transpose());
    mirror_lower(&mut work.second);
    unpack_down(&work.second, layout, &mut work.third);
    let Work { table, other, third, .. } = work;
    modes.update(out, |i, k, _| {
        third.at(i, k) * integral.at(i, k) + weights.at(i, k) * moments.second.at(i, k)
    });
    modes.multiply(other, weights, integral);
    modes.update(third, |i, k, _| weights.at(i, k) * slope.at(i, k) - integral.at(i, k) * table.at(i, k));
    pack(other, layout, layout, Sides::Down, &mut work.image);
    pack(third, layout, layout, Sides::Down, &mut work.second);
    mul_into(&mut work.second, Accum::Add, 0.5, d, view(&work.image));
    mul_into(&mut work.real, Accum::Replace, 1.0, view(&work.second), d.transpose());
    modes.update(table, |i, k, x| x * slope.at(i, k));
    pack(table, layout, layout, Sides::Down, &mut work.image);
    work.real -= &work.image;
    work.add_transposed();
    unpack_down(&work.real, layout, &mut work.table);
    out.add(1.0, &work.table, modes.basis.heads().end);
}
