//! The eigenvectors of A as loops use them: of each repeated eigenvalue one copy that a loop moves, the
//! others hidden from the readout.

use nalgebra::{ComplexField, DMatrix, DVector};
use num_complex::Complex64;

use crate::linalg::Eigen;
use crate::modal::vector::Layout;

/// Two eigenvalues are one where this change of A, relative to its spectral radius, would make them so:
/// rounding splits a repeated eigenvalue by less.
const SAME: f64 = 1e-10;

/// One eigenvalue of each real mode and conjugate pair with its eigenvectors, of unit norm to the right.
#[derive(Debug, Clone)]
pub(super) struct Mode {
    pub(super) value: Complex64,
    pub(super) right: DVector<Complex64>,
    pub(super) left: DVector<Complex64>,
    /// A further copy of an eigenvalue: its eigenvector has no readout, and no loop moves it.
    pub(super) hidden: bool,
}

/// All modes, the real ones first.
///
/// The eigenvectors of a repeated eigenvalue may be chosen: an orthonormal set of which the first carries
/// all of the readout. A loop whose v listens to that one alone moves one copy, and nothing that is left of
/// the others is ever read out.
pub(super) fn modes(eigen: &Eigen, readout: &DVector<f64>) -> (Layout, Vec<Mode>) {
    let given = representatives(eigen);
    let radius = given.iter().map(|mode| mode.value.norm()).fold(0.0, f64::max);
    let (mut reals, mut pairs) = (vec![], vec![]);
    let mut taken = vec![false; given.len()];
    for first in 0..given.len() {
        if taken[first] {
            continue;
        }
        // All that equal one that equals one ... the first.
        let mut group = vec![first];
        taken[first] = true;
        let mut next = 0;
        while next < group.len() {
            let mode = &given[group[next]];
            let equals = |j: &usize| !taken[*j] && distance(mode, &given[*j]) <= SAME * radius;
            let found: Vec<usize> = (0..given.len()).filter(equals).collect();
            found.iter().for_each(|&j| taken[j] = true);
            group.extend(found);
            next += 1;
        }
        let group: Vec<&Mode> = group.into_iter().map(|j| &given[j]).collect();
        let real = |mode: &&Mode| mode.value.im == 0.0;
        let on_axis = |mode: &&Mode| real(mode) || conjugate_distance(mode) <= SAME * radius;
        match (group.len(), group.iter().all(real), group.iter().all(on_axis)) {
            (1, true, _) => reals.push(group[0].clone()),
            (1, _, false) => pairs.push(group[0].clone()),
            (_, _, true) => reals.extend(real_copies(&group, readout)),
            _ => pairs.extend(copies(&group, readout)),
        }
    }
    let layout = Layout { reals: reals.len(), pairs: pairs.len() };
    reals.append(&mut pairs);
    (layout, reals)
}

fn representatives(eigen: &Eigen) -> Vec<Mode> {
    let values = eigen.values();
    let upper = |i: &usize| *i < values.reals() || (i - values.reals()).is_multiple_of(2);
    let mode = |i: usize| Mode {
        value: values[i],
        right: eigen.right().column(i).into_owned(),
        left: eigen.left().row(i).transpose(),
        hidden: false,
    };
    (0..values.len()).filter(upper).map(mode).collect()
}

/// By how much A would have to change for two eigenvalues to be one, to first order: eigenvectors on the
/// right have unit norm.
fn distance(a: &Mode, b: &Mode) -> f64 {
    (a.value - b.value).norm() * a.left.norm().max(b.left.norm())
}

/// The same for an eigenvalue and its conjugate.
fn conjugate_distance(mode: &Mode) -> f64 {
    2.0 * mode.value.im.abs() * mode.left.norm()
}

/// Copies of a real eigenvalue, some of which rounding may have taken for pairs.
fn real_copies(group: &[&Mode], readout: &DVector<f64>) -> Vec<Mode> {
    let (mut rights, mut lefts) = (vec![], vec![]);
    for mode in group {
        if mode.value.im == 0.0 {
            rights.push(mode.right.map(|z| z.re));
            lefts.push(mode.left.map(|z| z.re));
        } else {
            // r l^T + its conjugate = Re r (2 Re l)^T - Im r (2 Im l)^T.
            rights.extend([mode.right.map(|z| z.re), mode.right.map(|z| z.im)]);
            lefts.extend([mode.left.map(|z| 2.0 * z.re), mode.left.map(|z| -2.0 * z.im)]);
        }
    }
    let value = mean(group).re;
    let (right, left) =
        first_read_out(&DMatrix::from_columns(&rights), &DMatrix::from_columns(&lefts), readout);
    made(Complex64::from(value), &right.map(Complex64::from), &left.map(Complex64::from))
}

/// Copies of a complex eigenvalue.
fn copies(group: &[&Mode], readout: &DVector<f64>) -> Vec<Mode> {
    let rights: Vec<_> = group.iter().map(|mode| mode.right.clone()).collect();
    let lefts: Vec<_> = group.iter().map(|mode| mode.left.clone()).collect();
    let readout = readout.map(Complex64::from);
    let (right, left) =
        first_read_out(&DMatrix::from_columns(&rights), &DMatrix::from_columns(&lefts), &readout);
    made(mean(group), &right, &left)
}

fn mean(group: &[&Mode]) -> Complex64 {
    group.iter().map(|mode| mode.value).sum::<Complex64>() / group.len() as f64
}

fn made(value: Complex64, right: &DMatrix<Complex64>, left: &DMatrix<Complex64>) -> Vec<Mode> {
    let columns = right.column_iter().zip(left.column_iter()).enumerate();
    let mode = |(i, (right, left)): (usize, (_, _))| -> Mode {
        let (right, left): (nalgebra::DVectorView<'_, Complex64>, nalgebra::DVectorView<'_, Complex64>) =
            (right, left);
        Mode { value, right: right.into_owned(), left: left.into_owned(), hidden: i > 0 }
    };
    columns.map(mode).collect()
}

/// An orthonormal basis of the columns on the right, the readout of all but the first of which is zero, and
/// the dual basis on the left.
fn first_read_out<T: ComplexField<RealField = f64>>(
    right: &DMatrix<T>,
    left: &DMatrix<T>,
    readout: &DVector<T>,
) -> (DMatrix<T>, DMatrix<T>) {
    let copies = right.ncols();
    let qr = right.clone().qr();
    let (orthonormal, triangle) = (qr.q(), qr.r());
    // A unitary matrix whose first column is conj(q) / |q| up to a phase, with q = Q^T w.
    let read = orthonormal.transpose() * readout;
    let unit = |i: usize, j: usize| if i + 1 == j { T::one() } else { T::zero() };
    let start = |i: usize, j: usize| if j == 0 { read[i].clone().conjugate() } else { unit(i, j) };
    let turn = DMatrix::from_fn(copies, copies, start).qr().q();
    // R L^T = (Q U) (U^H T L^T).
    (&orthonormal * &turn, left * triangle.transpose() * turn.conjugate())
}
