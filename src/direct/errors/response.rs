//! The response of every mode to an erroneous weight, and its products over the motif.

use faer::Accum;
use nalgebra::DMatrix;
use num_complex::Complex64;

use super::modes::Modes;
use super::moments::Moments;
use super::work::Work;
use crate::direct::packed::{Sides, pack, unpack_down, unpack_mixed, unpack_up};
use crate::direct::table::Table;
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
    /// The derivative by p, for heads.
    pub(super) by_list: Vec<Complex64>,
    /// The transposes of $T B T^{-1}$, and of $T C T^T$ with $C = B S + \mathrm{diag}(p) S^{(1)}$.
    real: DMatrix<f64>,
    weighed: DMatrix<f64>,
}

impl Response {
    pub(super) fn new(n: usize) -> Self {
        Self {
            list: vec![Complex64::ZERO; n],
            products: Table::new(n, n),
            by_list: vec![Complex64::ZERO; n],
            real: DMatrix::zeros(n, n),
            weighed: DMatrix::zeros(n, n),
        }
    }

    /// $\Psi$ of the product of two lists, rows of tables.
    pub(super) fn fill(
        &mut self,
        modes: &Modes<'_>,
        moments: &Moments,
        [(a, row), (b, other)]: [(&Table, usize); 2],
        work: &mut Work,
    ) {
        let layout = modes.basis.layout;
        self.list.iter_mut().enumerate().for_each(|(k, p)| *p = a.at(row, k) * b.at(other, k));
        let p = &self.list;
        for i in modes.basis.heads() {
            let mut own = Complex64::ZERO;
            for (k, p) in p.iter().enumerate() {
                let part = moments.quotients.at(i, k) * p;
                own += part;
                work.table.set(i, k, -part);
            }
            work.table.set(i, i, work.table.at(i, i) + own);
        }
        modes.update(&mut work.other, |i, k, _| p[i] * modes.tables.integral_slope.at(i, k));
        pack(&work.table, layout, layout, Sides::Crossed, &mut self.real);
        pack(&work.other, layout, layout, Sides::Up, &mut self.weighed);
        let product = &mut work.image;
        mul_into(product, Accum::Replace, 1.0, view(&moments.real_integral), view(&self.real));
        self.weighed.zip_apply(product, |to, x| *to += 0.5 * x);
        let half = view(&self.weighed).transpose();
        mul_into(&mut work.real, Accum::Replace, 1.0, half, view(&self.real));
        self.weighed.zip_apply(product, |to, x| *to += 0.5 * x);
        work.add_transposed();
        unpack_up(&work.real, layout, &mut self.products);
        modes.update(&mut self.products, |i, k, x| x + p[i] * p[k] * moments.second.at(i, k));
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
        let layout = modes.basis.layout;
        pack(weights, layout, layout, Sides::Down, &mut work.real);
        // The tables of A B, 2 A C and B^T A B.
        let (b, weighed) = (view(&self.real), view(&self.weighed));
        mul_into(&mut work.image, Accum::Replace, 1.0, b, view(&work.real));
        unpack_down(&work.image, layout, &mut work.table);
        mul_into(&mut work.second, Accum::Replace, 2.0, weighed, view(&work.real));
        unpack_mixed(&work.second, layout, &mut work.other);
        mul_lower_into(&mut work.second, Accum::Replace, 1.0, b, view(&work.image).transpose());
        mirror_lower(&mut work.second);
        unpack_down(&work.second, layout, &mut work.third);
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
        let p = &self.list;
        // Columns of the rows kept; those of the lower members are conjugates.
        work.columns.fill(Complex64::ZERO);
        work.columns_of_values.fill(Complex64::ZERO);
        for i in modes.basis.heads() {
            let (own, share) = (p[i], 0.5 * modes.basis.count(i));
            let diagonal = work.other.at(i, i);
            let (mut of_list, mut of_value) = (Complex64::ZERO, Complex64::ZERO);
            for (j, other) in p.iter().enumerate() {
                let (first, second) = (modes.tables.integral_slope.at(i, j), moments.second.at(i, j));
                let (image, d) = (work.table.at(i, j), moments.quotients.at(i, j));
                let weight = weights.at(i, j) * other;
                of_list += image * first + weight * second;
                let moved = 2.0 * own * image * second;
                let turned = (work.other.at(i, j) - diagonal) * d;
                let swung = turned * d * other;
                let third = work.third.at(i, j) * first + own * weight * moments.third.at(i, j);
                of_value += 2.0 * third + moved + swung;
                work.columns[j] -= turned * share;
                work.columns_of_values[j] += (moved - swung) * share;
            }
            self.by_list[i] = 2.0 * of_list;
            work.rows[i] = of_value;
        }
        for i in modes.basis.heads() {
            let both = |columns: &[Complex64]| columns[i] + columns[modes.basis.conjugate(i)].conj();
            self.by_list[i] += both(&work.columns);
            by_values[i] += work.rows[i] + both(&work.columns_of_values);
        }
    }
}
