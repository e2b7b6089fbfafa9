//! How the objective changes with the closed loop: its derivative by M, without one of eigenvectors.

use faer::Accum;
use nalgebra::DMatrix;
use num_complex::Complex64;
use pulp::Arch;

use super::basis::{Basis, EQUAL};
use super::errors::Errors;
use super::modal::Modal;
use super::packed::{Sides, pack, unpack_mixed};
use super::passes::{Activity, Covered};
use super::problem::Problem;
use super::quotients::Quotients;
use super::table::Table;
use super::terms::DirectTerms;
use crate::linalg::product::{apply, mul_into, product, view};

/// Memory for Z and what it is made of.
#[derive(Debug)]
pub(super) struct Sensitivity {
    /// The transpose of $T^{-T} Z T^T$ with $dJ = \sum_{ij} Z_{ij} (X^{-1} dM X)_{ij}$.
    pub(super) transposed: DMatrix<f64>,
    table: Table,
    /// $(Q \odot S) \rho$ and $(Q \odot S') \rho$, a row for each output.
    covered: Table,
    covered_slope: Table,
    /// $\sum_o \rho_o \phi_o$.
    missed: Table,
    rows: Table,
    small: DMatrix<f64>,
    other: DMatrix<f64>,
}

impl Sensitivity {
    pub(super) fn new(n: usize, outputs: usize, rank: usize) -> Self {
        Self {
            transposed: DMatrix::zeros(n, n),
            table: Table::new(n, n),
            covered: Table::new(outputs, n),
            covered_slope: Table::new(outputs, n),
            missed: Table::new(1, n),
            rows: Table::new(2, n),
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
            errors.differentiate(&modal.modes(), &problem.readout, &modal.state_in_units);
        }
        let n = modal.basis.values.len();
        let isotropic = problem.weights.isotropic(terms.activity);
        let relative = problem.weights.relative * terms.gain / n as f64;
        // Q of the readout's errors, as a table in place of S's and as a real matrix.
        modal.carried.add(isotropic, &modal.left_gram, modal.basis.heads().end);
        let (carried, left) = (modal.real_carried.as_mut_slice(), modal.real_left.as_slice());
        carried.iter_mut().zip(left).for_each(|(q, g)| *q += g * isotropic);
        self.fill_lists(modal, problem.outputs());
        self.fill_products(modal, relative);
        self.fill_quotients(modal, problem, relative);
        if let Some(errors) = errors {
            errors.add_to(&modal.modes(), &mut self.table);
        }
        let layout = modal.basis.layout;
        pack(&self.table, layout, layout, Sides::Mixed, &mut self.transposed);
    }

    fn fill_lists(&mut self, modal: &Modal, outputs: usize) {
        Arch::new().dispatch(Covered {
            heads: modal.basis.heads().end,
            outputs,
            tables: &modal.tables,
            carried: &modal.carried,
            seen: &modal.seen,
            scratch: &mut self.rows,
            covered: &mut self.covered,
            covered_slope: &mut self.covered_slope,
        });
        self.missed.clear();
        for o in 0..outputs {
            for i in modal.basis.heads() {
                let sum = self.missed.at(0, i) + modal.seen.at(o, i) * modal.misfit.at(o, i);
                self.missed.set(0, i, sum);
            }
            self.covered.complete(o, modal.basis.layout);
            self.covered_slope.complete(o, modal.basis.layout);
        }
    }

    /// The table of $(\rho \rho^T \odot S) Q - \omega X^T X \mathrm{diag}(\xi) S \mathrm{diag}(\xi)$.
    fn fill_products(&mut self, modal: &mut Modal, relative: f64) {
        let layout = modal.basis.layout;
        pack(&modal.weighted, layout, layout, Sides::Down, &mut modal.real);
        // All factors are symmetric: products the other way round are transposed.
        mul_into(&mut modal.image, Accum::Replace, 1.0, view(&modal.real_carried), view(&modal.real));
        Arch::new().dispatch(Activity {
            heads: modal.basis.heads().end,
            state: &modal.state,
            integral: &modal.tables.integral,
            out: &mut modal.scratch,
        });
        pack(&modal.scratch, layout, layout, Sides::Up, &mut modal.real);
        mul_into(&mut modal.image, Accum::Add, -relative, view(&modal.real), view(&modal.real_right));
        unpack_mixed(&modal.image, layout, &mut self.table);
    }

    fn fill_quotients(&mut self, modal: &Modal, problem: &Problem, relative: f64) {
        let end = problem.weights.end / modal.basis.values.len() as f64;
        for i in modal.basis.heads() {
            let base = self.missed.at(0, i) + modal.moving.at(0, i) * relative;
            let arrived = modal.arrived.at(0, i) * end;
            let equal = Arch::new().dispatch(Quotients {
                head: i,
                outputs: problem.outputs(),
                base: (base.re, base.im),
                arrived: (arrived.re, arrived.im),
                modal,
                covered: &self.covered,
                scratch: &mut self.rows,
                table: &mut self.table,
            });
            self.limit(modal, problem, relative, arrived, (i, i));
            if equal > 1 {
                let values = &modal.basis.values;
                let near = |j: &usize| (values[i] - values[*j]).norm_sqr() <= EQUAL * EQUAL;
                for j in (0..values.len()).filter(near) {
                    self.limit(modal, problem, relative, arrived, (i, j));
                }
            }
        }
    }

    /// The entry of two eigenvalues that are equal.
    fn limit(
        &mut self,
        modal: &Modal,
        problem: &Problem,
        relative: f64,
        arrived: Complex64,
        (i, j): (usize, usize),
    ) {
        let activity = if i == j { modal.moving_slope.at(0, i) } else { activity_limit(modal, i, j) };
        let mut both = arrived * modal.tables.end.at(0, i) + activity * relative;
        let mut rest = Complex64::ZERO;
        for o in 0..problem.outputs() {
            let seen = modal.seen.at(o, i);
            both += seen * modal.misfit_slope.at(o, j);
            rest += seen * self.covered_slope.at(o, j);
        }
        let mut entry = 2.0 * (modal.state.at(0, j) * both + rest);
        if i == j {
            entry += 2.0 * problem.weights.barrier * modal.excesses[i];
        }
        self.table.set(i, j, entry);
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
        apply(view(&self.transposed).transpose(), small, other);
        apply(left.transpose(), other, by_u);
        apply(left, u, small);
        apply(view(&self.transposed), small, other);
        apply(right, other, by_v);
    }

    /// dJ/dM itself.
    pub(super) fn by_loop(&self, basis: &Basis) -> DMatrix<f64> {
        let image = product(view(&self.transposed).transpose(), view(&basis.right).transpose());
        product(view(&basis.left).transpose(), view(&image))
    }
}

/// $[X^T X \mathrm{diag}(\xi) S']_{ij}$.
fn activity_limit(modal: &Modal, i: usize, j: usize) -> Complex64 {
    let (basis, slopes) = (&modal.basis, &modal.tables.integral_slope);
    let slope = |k: usize| match basis.heads().contains(&j) {
        true => slopes.at(j, k),
        false => slopes.at(basis.conjugate(j), basis.conjugate(k)).conj(),
    };
    (0..modal.basis.values.len()).map(|k| modal.right_gram.at(i, k) * modal.state.at(0, k) * slope(k)).sum()
}
