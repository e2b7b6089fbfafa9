//! The expected squared error of the readout from relative errors of the loop's weights.

use faer::Accum;
use num_complex::Complex64;

use super::entries::{scale_columns, scale_rows};
use super::form::form;
use super::modes::Modes;
use super::moments::Moments;
use super::response::Response;
use super::reverse::Reverse;
use super::work::Work;
use crate::direct::packed::{Sides, pack, unpack_down, unpack_up};
use crate::direct::table::Table;
use crate::linalg::product::{mirror_lower, mul_into, mul_lower_into, view};

/// $\Phi = \int_0^1 \mathrm E |dy|^2 dt$ per squared relative error of every weight of U and V, to first
/// order.
///
/// With $a = X^{-1} u$, $b = X^T v$ for every column of U and V,
/// $\Phi = \sum_k \sum (\rho \rho^T \odot A_k) \odot \Psi(b_k \odot \xi) + (\xi \xi^T \odot B_k) \odot
/// \sum_o \Psi(\rho_o \odot a_k)$ where $A_k = X^{-1} \mathrm{diag}(u_k^2) X^{-T}$,
/// $B_k = X^T \mathrm{diag}(v_k^2) X$ and $\Psi$ is that of [`Response`].
#[derive(Debug)]
pub(super) struct LoopErrors {
    moments: Moments,
    columns: Vec<Column>,
    work: Work,
    weights: Table,
    /// Derivatives for heads, lists as rows.
    by_seen: Table,
    by_state: Table,
    by_driven: Table,
    by_felt: Table,
    by_values: Vec<Complex64>,
}

/// What belongs to one column of U and V.
#[derive(Debug)]
struct Column {
    input: Response,
    feedback: Vec<Response>,
    /// A and B, and the sum over outputs of the products of responses.
    input_gram: Table,
    feedback_gram: Table,
    products: Table,
}

impl LoopErrors {
    pub(super) fn new(n: usize, outputs: usize, rank: usize) -> Self {
        let table = || Table::new(n, n);
        let column = || Column {
            input: Response::new(n),
            feedback: (0..outputs).map(|_| Response::new(n)).collect(),
            input_gram: table(),
            feedback_gram: table(),
            products: table(),
        };
        Self {
            moments: Moments::new(n),
            columns: (0..rank).map(|_| column()).collect(),
            work: Work::new(n),
            weights: table(),
            by_seen: Table::new(outputs, n),
            by_state: Table::new(1, n),
            by_driven: Table::new(rank, n),
            by_felt: Table::new(rank, n),
            by_values: vec![Complex64::ZERO; n],
        }
    }

    /// What does not depend on the start; false where eigenvalues are too close to each other.
    pub(super) fn begin(&mut self, modes: &Modes<'_>, uv: [&[f64]; 2], driven: &Table, felt: &Table) -> bool {
        let (n, basis) = (modes.len(), modes.basis);
        let Self { moments, columns, work, .. } = self;
        if !moments.fill(modes, driven, felt, columns.len()) {
            return false;
        }
        for (k, column) in columns.iter_mut().enumerate() {
            let [u, v] = uv.map(|x| &x[k * n..(k + 1) * n]);
            let (left, right) = (view(&basis.left), view(&basis.right));
            scale_columns(&basis.left, u, &mut work.image);
            mul_lower_into(&mut work.real, Accum::Replace, 1.0, view(&work.image), left.transpose());
            mirror_lower(&mut work.real);
            unpack_up(&work.real, basis.layout, &mut column.input_gram);
            scale_rows(&basis.right, v, &mut work.image);
            mul_lower_into(&mut work.real, Accum::Replace, 1.0, right.transpose(), view(&work.image));
            mirror_lower(&mut work.real);
            unpack_down(&work.real, basis.layout, &mut column.feedback_gram);
            column.products.clear();
            for (o, response) in column.feedback.iter_mut().enumerate() {
                response.fill(modes, moments, [(modes.seen, o), (driven, k)], work);
                column.products.add(1.0, &response.products, basis.heads().end);
            }
        }
        true
    }

    /// Adds $\Phi$ as a quadratic form in $\xi$, times a factor.
    pub(super) fn add_form(&mut self, modes: &Modes<'_>, felt: &Table, factor: f64, out: &mut Table) {
        for (k, column) in self.columns.iter_mut().enumerate() {
            modes.multiply(&mut self.weights, modes.pairs, &column.input_gram);
            // Not known yet, memory until then.
            let products = &mut column.input.products;
            form(modes, &self.moments, &self.weights, products, &mut self.work);
            modes.update(out, |i, j, x| {
                let of_feedback = column.feedback_gram.at(i, j) * column.products.at(i, j);
                x + (felt.at(k, i) * felt.at(k, j) * products.at(i, j) + of_feedback) * factor
            });
        }
    }

    /// $\Phi$ at the start.
    pub(super) fn value(&mut self, modes: &Modes<'_>, felt: &Table) -> f64 {
        let mut total = 0.0;
        for (k, column) in self.columns.iter_mut().enumerate() {
            column.input.fill(modes, &self.moments, [(felt, k), (modes.state, 0)], &mut self.work);
            modes.multiply(&mut self.weights, modes.pairs, &column.input_gram);
            total += modes.sum(&self.weights, &column.input.products);
            modes.weigh_states(&column.feedback_gram, &mut self.weights);
            total += modes.sum(&self.weights, &column.products);
        }
        total
    }

    /// Adds the derivatives of $\Phi$ at the point of the last value, times a factor.
    pub(super) fn differentiate(
        &mut self,
        modes: &Modes<'_>,
        uv: [&[f64]; 2],
        driven: &Table,
        felt: &Table,
        factor: f64,
        out: &mut Reverse,
    ) {
        let (n, layout) = (modes.len(), modes.basis.layout);
        let Self { moments, columns, work, weights, .. } = self;
        let lists = [&mut self.by_seen, &mut self.by_state, &mut self.by_driven, &mut self.by_felt];
        lists.into_iter().for_each(Table::clear);
        self.by_values.fill(Complex64::ZERO);
        for (k, column) in columns.iter_mut().enumerate() {
            let of = k * n..(k + 1) * n;
            // Errors of U.
            modes.multiply(weights, modes.pairs, &column.input_gram);
            column.input.differentiate(modes, moments, weights, &mut self.by_values, work);
            let by_list = &column.input.by_list;
            add_multiple(modes, (&mut self.by_felt, k), by_list, (modes.state, 0));
            add_multiple(modes, (&mut self.by_state, 0), by_list, (felt, k));
            modes.multiply(&mut work.table, &column.input_gram, &column.input.products);
            for o in 0..column.feedback.len() {
                modes.add_image(&mut self.by_seen, &work.table, modes.seen, o);
            }
            modes.multiply(weights, modes.pairs, &column.input.products);
            pack(weights, layout, layout, Sides::Down, &mut work.real);
            mul_into(&mut work.image, Accum::Replace, 1.0, view(&work.real), view(&modes.basis.left));
            let u = &uv[0][of.clone()];
            for (j, by_u) in out.by_input[of.clone()].iter_mut().enumerate() {
                let (image, left) = (work.image.column(j), modes.basis.left.column(j));
                *by_u += 2.0 * factor * u[j] * image.dot(&left);
                out.left.column_mut(j).axpy(2.0 * factor * u[j] * u[j], &image, 1.0);
            }
            // Errors of V.
            modes.weigh_states(&column.feedback_gram, weights);
            for (o, response) in column.feedback.iter_mut().enumerate() {
                response.differentiate(modes, moments, weights, &mut self.by_values, work);
                add_multiple(modes, (&mut self.by_seen, o), &response.by_list, (driven, k));
                add_multiple(modes, (&mut self.by_driven, k), &response.by_list, (modes.seen, o));
            }
            modes.multiply(&mut work.table, &column.feedback_gram, &column.products);
            modes.add_image(&mut self.by_state, &work.table, modes.state, 0);
            modes.weigh_states(&column.products, weights);
            pack(weights, layout, layout, Sides::Up, &mut work.real);
            mul_into(&mut work.image, Accum::Replace, 1.0, view(&modes.basis.right), view(&work.real));
            let (v, by_v) = (&uv[1][of.clone()], &mut out.by_feedback[of]);
            for j in 0..n {
                let images = work.image.column(j);
                let right = modes.basis.right.column(j);
                let mut to = out.right.column_mut(j);
                for i in 0..n {
                    by_v[i] += 2.0 * factor * v[i] * images[i] * right[i];
                    to[i] += 2.0 * factor * v[i] * v[i] * images[i];
                }
            }
        }
        self.hand_over(modes, factor, out);
    }

    fn hand_over(&self, modes: &Modes<'_>, factor: f64, out: &mut Reverse) {
        let (n, layout) = (modes.len(), modes.basis.layout);
        for (from, to) in [(&self.by_seen, &mut out.seen), (&self.by_felt, &mut out.felt)] {
            to.chunks_exact_mut(n).enumerate().for_each(|(row, to)| from.pack_up(row, layout, to));
        }
        for (from, to) in [(&self.by_state, &mut out.state), (&self.by_driven, &mut out.driven)] {
            to.chunks_exact_mut(n).enumerate().for_each(|(row, to)| from.pack_down(row, layout, to));
        }
        let lists = [&mut out.seen, &mut out.felt, &mut out.state, &mut out.driven];
        lists.into_iter().flatten().for_each(|x| *x *= factor);
        out.values.iter_mut().zip(&self.by_values).for_each(|(to, x)| *to += x * factor);
    }
}

/// Adds a list, entry by entry times a row of lists, to a row of others.
fn add_multiple(
    modes: &Modes<'_>,
    (out, to): (&mut Table, usize),
    list: &[Complex64],
    (lists, row): (&Table, usize),
) {
    for i in modes.basis.heads() {
        out.set(to, i, out.at(to, i) + list[i] * lists.at(row, i));
    }
}
