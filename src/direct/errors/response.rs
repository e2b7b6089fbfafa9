//! The response of every mode to an erroneous weight, and its products over the motif.

use faer::Accum;
use nalgebra::DMatrix;
use num_complex::Complex64;

use super::modes::Modes;
use super::moments::Moments;
use super::work::Work;
use crate::direct::packed::{Sides, Table, complete, pack, unpack_down, unpack_mixed, unpack_up};
use crate::linalg::product::{mirror_lower, mul_into, mul_lower_into, view};

/// $\psi_i(t) = \sum_j \phi_{ij}(t) p_j$ for a list p, with
/// $\phi_{ij} = (e^{\mu_i t} - e^{\mu_j t}) / (\mu_i - \mu_j)$, as
/// $\sum_j B_{ij} e^{\mu_j t} + p_i t e^{\mu_i t}$; $\Psi = \int_0^1 \psi \psi^T dt$, and the derivatives of
/// $\sum \hat A \odot \Psi$.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) list: Vec<Complex64>,
    /// $\Psi$.
    pub(super) products: Table,
    /// The derivative by p.
    pub(super) by_list: Vec<Complex64>,
    /// $T B T^{-1}$, and $T C T^T$ with $C = B S + \mathrm{diag}(p) S^{(1)}$.
    real: DMatrix<f64>,
    weighed: DMatrix<f64>,
}

impl Response {
    pub(super) fn new(n: usize) -> Self {
        Self {
            list: vec![Complex64::ZERO; n],
            products: vec![Complex64::ZERO; n * n],
            by_list: vec![Complex64::ZERO; n],
            real: DMatrix::zeros(n, n),
            weighed: DMatrix::zeros(n, n),
        }
    }

    /// $\Psi$ of the list p.
    pub(super) fn fill(&mut self, modes: &Modes<'_>, moments: &Moments, work: &mut Work) {
        let n = modes.len();
        let heads = &modes.basis.heads;
        let p = &self.list;
        for (row, head) in heads.iter().enumerate() {
            let columns = row * n..(row + 1) * n;
            let quotients = &moments.quotients[columns.clone()];
            let out = &mut work.table[columns.clone()];
            let mut own = Complex64::ZERO;
            for ((to, d), p) in out.iter_mut().zip(quotients).zip(p) {
                let part = d * p;
                own += part;
                *to = -part;
            }
            out[head.at] += own;
            let slopes = &modes.tables.integral_slope[columns.clone()];
            let own = p[head.at];
            work.other[columns].iter_mut().zip(slopes).for_each(|(to, s)| *to = own * s);
        }
        pack(&work.table, heads, heads, Sides::Crossed, &mut self.real);
        pack(&work.other, heads, heads, Sides::Up, &mut self.weighed);
        let product = &mut work.image;
        mul_into(product, Accum::Replace, 1.0, view(&self.real), view(&moments.real_integral));
        self.weighed.zip_apply(product, |to, x| *to += 0.5 * x);
        let (half, transposed) = (view(&self.weighed), view(&self.real).transpose());
        mul_into(&mut work.real, Accum::Replace, 1.0, half, transposed);
        self.weighed.zip_apply(product, |to, x| *to += 0.5 * x);
        work.add_transposed();
        unpack_up(&work.real, heads, &mut self.products);
        for (row, head) in heads.iter().enumerate() {
            let (columns, own) = (row * n..(row + 1) * n, p[head.at]);
            let entries = self.products[columns.clone()].iter_mut().zip(&moments.second[columns]).zip(p);
            entries.for_each(|((to, s), p)| *to += own * p * s);
        }
    }

    /// Derivatives of $\sum \hat A \odot \Psi$ by p, and by the eigenvalues, which are added.
    pub(super) fn differentiate(
        &mut self,
        modes: &Modes<'_>,
        moments: &Moments,
        weights: &Table,
        by_values: &mut [Complex64],
        work: &mut Work,
    ) {
        let heads = &modes.basis.heads;
        pack(weights, heads, heads, Sides::Down, &mut work.real);
        // The tables of A B, 2 A C and B^T A B.
        mul_into(&mut work.image, Accum::Replace, 1.0, view(&work.real), view(&self.real));
        unpack_down(&work.image, heads, &mut work.table);
        mul_into(&mut work.second, Accum::Replace, 2.0, view(&work.real), view(&self.weighed));
        unpack_mixed(&work.second, heads, &mut work.other);
        let (b, product) = (view(&self.real), &mut work.second);
        mul_lower_into(product, Accum::Replace, 1.0, b.transpose(), view(&work.image));
        mirror_lower(product);
        unpack_down(&work.second, heads, &mut work.third);
        self.collect(modes, moments, weights, by_values, work);
    }

    /// Rows and columns of these tables, summed.
    fn collect(
        &mut self,
        modes: &Modes<'_>,
        moments: &Moments,
        weights: &Table,
        by_values: &mut [Complex64],
        work: &mut Work,
    ) {
        let n = modes.len();
        let heads = &modes.basis.heads;
        let p = &self.list;
        // Columns of the rows kept; those of the lower members are conjugates.
        work.columns.fill(Complex64::ZERO);
        work.columns_of_values.fill(Complex64::ZERO);
        for (row, head) in heads.iter().enumerate() {
            let i = head.at;
            let own = p[i];
            let share = if head.pair { 1.0 } else { 0.5 };
            let diagonal = work.other[row * n + i];
            let (mut of_list, mut of_value) = (Complex64::ZERO, Complex64::ZERO);
            for (j, other) in p.iter().enumerate() {
                let at = row * n + j;
                let (first, second) = (modes.tables.integral_slope[at], moments.second[at]);
                let (image, d, weight) = (work.table[at], moments.quotients[at], weights[at] * other);
                of_list += image * first + weight * second;
                let moved = 2.0 * own * image * second;
                let turned = (work.other[at] - diagonal) * d;
                let swung = turned * d * other;
                of_value += 2.0 * (work.third[at] * first + own * weight * moments.third[at]) + moved + swung;
                work.columns[j] -= turned * share;
                work.columns_of_values[j] += (moved - swung) * share;
            }
            self.by_list[i] = 2.0 * of_list;
            work.rows[i] = of_value;
        }
        complete(&mut self.by_list, heads);
        complete(&mut work.rows, heads);
        for (j, by_value) in by_values.iter_mut().enumerate() {
            let other = modes.basis.conjugate(j);
            self.by_list[j] += work.columns[j] + work.columns[other].conj();
            let columns = work.columns_of_values[j] + work.columns_of_values[other].conj();
            *by_value += work.rows[j] + columns;
        }
    }
}
