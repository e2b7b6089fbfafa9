//! From derivatives by eigenvalues and eigenvectors to those by the closed loop.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use nalgebra::DMatrix;
use num_complex::Complex64;

use super::modes::Modes;
use crate::direct::basis::EQUAL;
use crate::direct::packed::unpack_mixed;
use crate::direct::table::Table;
use crate::linalg::product::{mul_into, view};

/// Derivatives of a function of the modes, in real numbers: by $P$ and $P^{-1}$, by what is made of them
/// ($P^{-1} U$, $P^T V$, $P^T W$, $P^{-1} s$), by the eigenvalues of heads, and by U and V where they
/// enter themselves.
#[derive(Debug)]
pub(super) struct Reverse {
    pub(super) right: DMatrix<f64>,
    pub(super) left: DMatrix<f64>,
    pub(super) driven: Vec<f64>,
    pub(super) felt: Vec<f64>,
    pub(super) seen: Vec<f64>,
    pub(super) state: Vec<f64>,
    pub(super) values: Vec<Complex64>,
    pub(super) by_input: Vec<f64>,
    pub(super) by_feedback: Vec<f64>,
    image: DMatrix<f64>,
    table: Table,
}

impl Reverse {
    pub(super) fn new(n: usize, outputs: usize, rank: usize) -> Self {
        let (matrix, list) = (|| DMatrix::zeros(n, n), |width: usize| vec![0.0; n * width]);
        Self {
            right: matrix(),
            left: matrix(),
            driven: list(rank),
            felt: list(rank),
            seen: list(outputs),
            state: list(1),
            values: vec![Complex64::ZERO; n],
            by_input: list(rank),
            by_feedback: list(rank),
            image: matrix(),
            table: Table::new(n, n),
        }
    }

    pub(super) fn clear(&mut self) {
        self.right.fill(0.0);
        self.left.fill(0.0);
        let lists = [&mut self.driven, &mut self.felt, &mut self.seen, &mut self.state];
        let lists = lists.into_iter().chain([&mut self.by_input, &mut self.by_feedback]);
        lists.for_each(|list| list.fill(0.0));
        self.values.fill(Complex64::ZERO);
    }

    /// The difference quotients of the derivatives by eigenvectors.
    ///
    /// A change of M turns them by $dX = X G$, $dX^{-1} = -G X^{-1}$ with
    /// $G_{ij} = \hat m_{ij} / (\mu_j - \mu_i)$ and $\hat m = X^{-1} dM X$. How long they are, which G leaves
    /// open, does not matter for what is looked at here.
    pub(super) fn finish(
        &mut self,
        modes: &Modes<'_>,
        readout: &DMatrix<f64>,
        start: &[f64],
        uv: [&[f64]; 2],
    ) {
        let n = modes.len();
        let basis = modes.basis;
        let columns = |x| MatRef::from_column_major_slice(x, n, <[f64]>::len(x) / n);
        let [u, v] = uv.map(columns);
        let add = Accum::Add;
        mul_into(&mut self.right, add, 1.0, view(readout), columns(&self.seen).transpose());
        mul_into(&mut self.right, add, 1.0, v, columns(&self.felt).transpose());
        mul_into(&mut self.left, add, 1.0, columns(&self.driven), u.transpose());
        mul_into(&mut self.left, add, 1.0, columns(&self.state), columns(start).transpose());
        add_product(&mut self.by_input, view(&basis.left).transpose(), &self.driven);
        add_product(&mut self.by_feedback, view(&basis.right), &self.felt);
        // Transposed.
        let (right, left) = (view(&self.right).transpose(), view(&self.left).transpose());
        mul_into(&mut self.image, Accum::Replace, 1.0, right, view(&basis.right));
        mul_into(&mut self.image, add, -1.0, view(&basis.left), left);
        unpack_mixed(&self.image, basis.layout, &mut self.table);
    }

    /// Adds the derivatives by $X^{-1} dM X$.
    pub(super) fn add_to(&self, modes: &Modes<'_>, out: &mut Table) {
        let values = &modes.basis.values;
        modes.update(out, |i, j, x| {
            let gap = values[j] - values[i];
            let equal = if i == j { x + self.values[i] } else { x };
            if gap.norm_sqr() > EQUAL * EQUAL { x + self.table.at(i, j) / gap } else { equal }
        });
    }
}

/// `out += m x` for columns x packed one after the other.
fn add_product(out: &mut [f64], m: MatRef<'_, f64>, x: &[f64]) {
    let columns = x.len() / m.ncols();
    let out = MatMut::from_column_major_slice_mut(out, m.nrows(), columns);
    let x = MatRef::from_column_major_slice(x, m.ncols(), columns);
    matmul(out, Accum::Add, m, x, 1.0, Par::Seq);
}
