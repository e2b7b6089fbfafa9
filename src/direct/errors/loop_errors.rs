//! The expected squared error of the readout from relative errors of the loop's weights.

use faer::Accum;
use num_complex::Complex64;

use super::entries::{add_image, add_multiple, multiply, scale_columns, scale_rows, sum, weigh_states};
use super::form::form;
use super::modes::Modes;
use super::moments::Moments;
use super::response::Response;
use super::reverse::Reverse;
use super::work::Work;
use crate::direct::packed::{Sides, Table, complete, pack, pack_down, pack_up, unpack_down, unpack_up};
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
    by_seen: Vec<Complex64>,
    by_state: Vec<Complex64>,
    by_values: Vec<Complex64>,
    by_driven: Vec<Complex64>,
    by_felt: Vec<Complex64>,
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
        let (list, table) =
            (|width: usize| vec![Complex64::ZERO; n * width], || vec![Complex64::ZERO; n * n]);
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
            by_seen: list(outputs),
            by_state: list(1),
            by_values: list(1),
            by_driven: list(rank),
            by_felt: list(rank),
        }
    }

    /// What does not depend on the start; false where eigenvalues are too close to each other.
    pub(super) fn begin(
        &mut self,
        modes: &Modes<'_>,
        uv: [&[f64]; 2],
        driven: &[Complex64],
        felt: &[Complex64],
    ) -> bool {
        let n = modes.len();
        let Self { moments, columns, work, .. } = self;
        if !moments.fill(modes, driven, felt) {
            return false;
        }
        let basis = modes.basis;
        for (k, column) in columns.iter_mut().enumerate() {
            let [u, v] = uv.map(|x| &x[k * n..(k + 1) * n]);
            scale_columns(&basis.left, u, &mut work.image);
            mul_lower_into(
                &mut work.real,
                Accum::Replace,
                1.0,
                view(&work.image),
                view(&basis.left).transpose(),
            );
            mirror_lower(&mut work.real);
            unpack_up(&work.real, &basis.heads, &mut column.input_gram);
            scale_rows(&basis.right, v, &mut work.image);
            mul_lower_into(
                &mut work.real,
                Accum::Replace,
                1.0,
                view(&basis.right).transpose(),
                view(&work.image),
            );
            mirror_lower(&mut work.real);
            unpack_down(&work.real, &basis.heads, &mut column.feedback_gram);
            column.products.fill(Complex64::ZERO);
            for (response, seen) in column.feedback.iter_mut().zip(modes.seen.chunks_exact(n)) {
                multiply(&mut response.list, seen, &driven[k * n..(k + 1) * n]);
                response.fill(modes, moments, work);
                column.products.iter_mut().zip(&response.products).for_each(|(to, x)| *to += x);
            }
        }
        true
    }

    /// Adds $\Phi$ as a quadratic form in $\xi$, times a factor.
    pub(super) fn add_form(&mut self, modes: &Modes<'_>, felt: &[Complex64], factor: f64, out: &mut Table) {
        let n = modes.len();
        let mut products = std::mem::take(&mut self.columns[0].input.products);
        for (k, column) in self.columns.iter().enumerate() {
            multiply(&mut self.weights, modes.pairs, &column.input_gram);
            form(modes, &self.moments, &self.weights, &mut products, &mut self.work);
            let felt = &felt[k * n..(k + 1) * n];
            for (row, head) in modes.basis.heads.iter().enumerate() {
                let own = felt[head.at] * factor;
                for (j, other) in felt.iter().enumerate() {
                    let at = row * n + j;
                    out[at] +=
                        own * other * products[at] + column.feedback_gram[at] * column.products[at] * factor;
                }
            }
        }
        self.columns[0].input.products = products;
    }

    /// $\Phi$ at the start.
    pub(super) fn value(&mut self, modes: &Modes<'_>, felt: &[Complex64]) -> f64 {
        let n = modes.len();
        let mut total = 0.0;
        for (k, column) in self.columns.iter_mut().enumerate() {
            multiply(&mut column.input.list, &felt[k * n..(k + 1) * n], modes.state);
            column.input.fill(modes, &self.moments, &mut self.work);
            multiply(&mut self.weights, modes.pairs, &column.input_gram);
            total += sum(modes, &self.weights, &column.input.products);
            weigh_states(modes, &column.feedback_gram, &mut self.weights);
            total += sum(modes, &self.weights, &column.products);
        }
        total
    }

    /// Adds the derivatives of $\Phi$ at the point of the last value, times a factor.
    pub(super) fn differentiate(
        &mut self,
        modes: &Modes<'_>,
        uv: [&[f64]; 2],
        driven: &[Complex64],
        felt: &[Complex64],
        factor: f64,
        out: &mut Reverse,
    ) {
        let n = modes.len();
        let heads = &modes.basis.heads;
        let Self { moments, columns, work, weights, .. } = self;
        self.by_seen.fill(Complex64::ZERO);
        self.by_state.fill(Complex64::ZERO);
        self.by_values.fill(Complex64::ZERO);
        self.by_driven.fill(Complex64::ZERO);
        for (k, column) in columns.iter_mut().enumerate() {
            let of = k * n..(k + 1) * n;
            let (felt, driven) = (&felt[of.clone()], &driven[of.clone()]);
            // Errors of U.
            multiply(weights, modes.pairs, &column.input_gram);
            column.input.differentiate(modes, moments, weights, &mut self.by_values, work);
            multiply(&mut self.by_felt[of.clone()], &column.input.by_list, modes.state);
            add_multiple(&mut self.by_state, &column.input.by_list, felt);
            multiply(&mut work.table, &column.input_gram, &column.input.products);
            for (to, seen) in self.by_seen.chunks_exact_mut(n).zip(modes.seen.chunks_exact(n)) {
                add_image(to, &work.table, seen, heads.iter().map(|h| h.at));
            }
            multiply(weights, modes.pairs, &column.input.products);
            pack(weights, heads, heads, Sides::Down, &mut work.real);
            mul_into(&mut work.image, Accum::Replace, 1.0, view(&work.real), view(&modes.basis.left));
            let u = &uv[0][of.clone()];
            for (j, by_u) in out.by_input[of.clone()].iter_mut().enumerate() {
                let (image, left) = (work.image.column(j), modes.basis.left.column(j));
                *by_u += 2.0 * factor * u[j] * image.dot(&left);
                out.left.column_mut(j).axpy(2.0 * factor * u[j] * u[j], &image, 1.0);
            }
            // Errors of V.
            weigh_states(modes, &column.feedback_gram, weights);
            let outputs = column.feedback.iter_mut().zip(modes.seen.chunks_exact(n));
            for ((response, seen), by_seen) in outputs.zip(self.by_seen.chunks_exact_mut(n)) {
                response.differentiate(modes, moments, weights, &mut self.by_values, work);
                add_multiple(by_seen, &response.by_list, driven);
                add_multiple(&mut self.by_driven[of.clone()], &response.by_list, seen);
            }
            multiply(&mut work.table, &column.feedback_gram, &column.products);
            add_image(&mut self.by_state, &work.table, modes.state, heads.iter().map(|h| h.at));
            weigh_states(modes, &column.products, weights);
            pack(weights, heads, heads, Sides::Up, &mut work.real);
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

    fn hand_over(&mut self, modes: &Modes<'_>, factor: f64, out: &mut Reverse) {
        let n = modes.len();
        let heads = &modes.basis.heads;
        let lists = [&mut self.by_seen, &mut self.by_state, &mut self.by_driven, &mut self.by_felt];
        for list in lists {
            for part in list.chunks_exact_mut(n) {
                complete(part, heads);
                part.iter_mut().for_each(|x| *x *= factor);
            }
        }
        let up = |from: &[Complex64], to: &mut [f64]| {
            from.chunks_exact(n).zip(to.chunks_exact_mut(n)).for_each(|(from, to)| pack_up(from, heads, to));
        };
        let down = |from: &[Complex64], to: &mut [f64]| {
            from.chunks_exact(n)
                .zip(to.chunks_exact_mut(n))
                .for_each(|(from, to)| pack_down(from, heads, to));
        };
        up(&self.by_seen, &mut out.seen);
        up(&self.by_felt, &mut out.felt);
        down(&self.by_state, &mut out.state);
        down(&self.by_driven, &mut out.driven);
        out.values.iter_mut().zip(&self.by_values).for_each(|(to, x)| *to += x * factor);
    }
}
