//! How the objective changes with the closed loop: its derivative by M, without one of eigenvectors.

use faer::Accum;
use nalgebra::DMatrix;
use num_complex::Complex64;

use super::basis::{Basis, EQUAL};
use super::errors::Errors;
use super::modal::Modal;
use super::packed::{Sides, Table, complete, pack, unpack_mixed};
use super::problem::Problem;
use super::terms::DirectTerms;
use crate::linalg::product::{apply, mul_into, product, view};

/// $T^{-T} Z T^T$ with $dJ = \sum_{ij} Z_{ij} (X^{-1} dM X)_{ij}$, and memory for it.
#[derive(Debug)]
pub(super) struct Sensitivity {
    pub(super) matrix: DMatrix<f64>,
    table: Table,
    /// $(Q \odot S) \rho$ and $(Q \odot S') \rho$, N x D.
    covered: Vec<Complex64>,
    covered_slope: Vec<Complex64>,
    /// $\sum_o \rho_o \phi_o$.
    missed: Vec<Complex64>,
    small: DMatrix<f64>,
    other: DMatrix<f64>,
}

impl Sensitivity {
    pub(super) fn new(n: usize, outputs: usize, rank: usize) -> Self {
        let list = |len| vec![Complex64::ZERO; len];
        Self {
            matrix: DMatrix::zeros(n, n),
            table: list(n * n),
            covered: list(n * outputs),
            covered_slope: list(n * outputs),
            missed: list(n),
            small: DMatrix::zeros(n, rank),
            other: DMatrix::zeros(n, rank),
        }
    }

    /// Z at the point of the last value.
    pub(super) fn fill(
        &mut self,
        modal: &mut Modal,
        problem: &Problem,
        terms: &DirectTerms,
        mut errors: Option<&mut Errors>,
    ) {
        if let Some(errors) = errors.as_deref_mut() {
            errors.add_covariance(&modal.basis, &mut modal.real_carried, &mut modal.carried);
            errors.differentiate(&modal.modes(), &problem.readout, modal.start.state.as_slice());
        }
        let n = modal.basis.values.len();
        let isotropic = problem.weights.isotropic(terms.activity);
        let relative = problem.weights.relative * terms.gain / n as f64;
        // Q of the readout's errors, as a table in place of S's and as a real matrix.
        modal.carried.iter_mut().zip(&modal.left_gram).for_each(|(q, g)| *q += g * isotropic);
        modal.real_carried.zip_apply(&modal.real_left, |q, g| *q += g * isotropic);
        self.fill_lists(modal, problem.outputs());
        self.fill_products(modal, relative);
        self.fill_quotients(modal, problem, relative);
        if let Some(errors) = errors {
            errors.add_to(&modal.basis, &mut self.table);
        }
        pack(&self.table, &modal.basis.heads, &modal.basis.heads, Sides::Mixed, &mut self.matrix);
    }

    fn fill_lists(&mut self, modal: &Modal, outputs: usize) {
        let heads = &modal.basis.heads;
        let n = modal.basis.values.len();
        self.missed.fill(Complex64::ZERO);
        for o in 0..outputs {
            let of = o * n..(o + 1) * n;
            let (seen, misfit) = (&modal.seen[of.clone()], &modal.misfit[of.clone()]);
            self.missed.iter_mut().zip(seen).zip(misfit).for_each(|((to, r), f)| *to += r * f);
            let (covered, slope) = (&mut self.covered[of.clone()], &mut self.covered_slope[of]);
            for (row, head) in heads.iter().enumerate() {
                let columns = row * n..(row + 1) * n;
                let entries = modal.carried[columns.clone()].iter().zip(seen);
                let entries = entries.zip(&modal.tables.integral[columns.clone()]);
                let entries = entries.zip(&modal.tables.integral_slope[columns]);
                let (mut value, mut change) = (Complex64::ZERO, Complex64::ZERO);
                for (((q, r), s), s1) in entries {
                    let qr = q * r;
                    value += qr * s;
                    change += qr * s1;
                }
                (covered[head.at], slope[head.at]) = (value, change);
            }
            complete(covered, heads);
            complete(slope, heads);
        }
    }

    /// The table of $(\rho \rho^T \odot S) Q - \omega X^T X \mathrm{diag}(\xi) S \mathrm{diag}(\xi)$.
    fn fill_products(&mut self, modal: &mut Modal, relative: f64) {
        let n = modal.basis.values.len();
        let heads = &modal.basis.heads;
        let entries = modal.scratch.iter_mut().zip(&modal.pairs).zip(&modal.tables.integral);
        entries.for_each(|((to, r), s)| *to = r * s);
        pack(&modal.scratch, heads, heads, Sides::Down, &mut modal.real);
        mul_into(&mut modal.image, Accum::Replace, 1.0, view(&modal.real), view(&modal.real_carried));
        for (row, head) in heads.iter().enumerate() {
            let own = modal.state[head.at];
            for k in 0..n {
                let at = row * n + k;
                modal.scratch[at] = own * modal.state[k] * modal.tables.integral[at];
            }
        }
        pack(&modal.scratch, heads, heads, Sides::Up, &mut modal.real);
        let right = view(&modal.real_right);
        mul_into(&mut modal.image, Accum::Add, -relative, right, view(&modal.real));
        unpack_mixed(&modal.image, heads, &mut self.table);
    }

    fn fill_quotients(&mut self, modal: &Modal, problem: &Problem, relative: f64) {
        let (n, outputs) = (modal.basis.values.len(), problem.outputs());
        let (values, tables) = (&modal.basis.values, &modal.tables);
        let end = problem.weights.end / n as f64;
        for (row, head) in modal.basis.heads.iter().enumerate() {
            let i = head.at;
            let (missed, arrived) = (self.missed[i], modal.arrived[i] * end);
            let base = missed + modal.moving[i] * relative;
            for j in 0..n {
                let (at, gap, own) = (row * n + j, values[i] - values[j], modal.state[j]);
                if gap.norm_sqr() > EQUAL * EQUAL {
                    let mut both = base + arrived * (tables.end[i] - tables.end[j]);
                    let mut rest = self.table[at];
                    for o in 0..outputs {
                        let seen = modal.seen[o * n + i];
                        both -= seen * modal.misfit[o * n + j];
                        rest -= seen * self.covered[o * n + j];
                    }
                    self.table[at] = 2.0 * (own * both + rest) / gap;
                    continue;
                }
                let mut both = arrived * tables.end[i] + self.activity_limit(modal, row, j) * relative;
                let mut rest = Complex64::ZERO;
                for o in 0..outputs {
                    let seen = modal.seen[o * n + i];
                    both += seen * modal.misfit_slope[o * n + j];
                    rest += seen * self.covered_slope[o * n + j];
                }
                self.table[at] = 2.0 * (own * both + rest);
                if i == j {
                    self.table[at] += 2.0 * problem.weights.barrier * modal.excesses[i];
                }
            }
        }
    }

    /// $[X^T X \mathrm{diag}(\xi) S']_{ij}$.
    fn activity_limit(&self, modal: &Modal, row: usize, j: usize) -> Complex64 {
        let n = modal.basis.values.len();
        let gram = &modal.right_gram[row * n..(row + 1) * n];
        let upper = if modal.basis.values[j].im < 0.0 { j - 1 } else { j };
        // Rows are kept of upper members only, in the order of the heads.
        let known = modal.basis.heads.partition_point(|head| head.at < upper);
        let slopes = &modal.tables.integral_slope[known * n..(known + 1) * n];
        let entries = gram.iter().zip(&modal.state).enumerate();
        if upper == j {
            return entries.map(|(k, (g, x))| g * x * slopes[k]).sum();
        }
        entries.map(|(k, (g, x))| g * x * slopes[modal.basis.conjugate(k)].conj()).sum()
    }

    /// Gradients by U and V (N x r, column after column), but for the loop's size.
    pub(super) fn gradients(
        &mut self,
        basis: &Basis,
        u: &[f64],
        v: &[f64],
        by_u: &mut [f64],
        by_v: &mut [f64],
    ) {
        let (right, left) = (view(&basis.right), view(&basis.left));
        let (small, other) = (self.small.as_mut_slice(), self.other.as_mut_slice());
        apply(right.transpose(), v, small);
        apply(view(&self.matrix), small, other);
        apply(left.transpose(), other, by_u);
        apply(left, u, small);
        apply(view(&self.matrix).transpose(), small, other);
        apply(right, other, by_v);
    }

    /// dJ/dM itself.
    pub(super) fn by_loop(&self, basis: &Basis) -> DMatrix<f64> {
        let image = product(view(&self.matrix), view(&basis.right).transpose());
        product(view(&basis.left).transpose(), view(&image))
    }
}
