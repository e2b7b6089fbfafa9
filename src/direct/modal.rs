//! The objective as sums over the modes of the closed loop, for any rank and any number of outputs.

use faer::Accum;
use nalgebra::DMatrix;
use pulp::Arch;

use super::basis::Basis;
use super::errors::{Errors, Modes};
use super::packed::{Sides, pack, unpack_down, unpack_up};
use super::passes::{Misfit, Moving, Normal, Readouts};
use super::problem::Problem;
use super::start_state::{StartState, ridge};
use super::table::Table;
use super::tables::Tables;
use super::terms::{DirectTerms, excess};
use crate::linalg::product::{apply, mirror_lower, mul_into, mul_lower_into, view};

/// What came of an evaluation.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    Value(DirectTerms),
    /// An eigenvalue is too far right.
    TooFar,
    /// The eigenvectors are too close to dependent.
    Untrusted,
}

/// Everything an evaluation needs, made once.
#[derive(Debug)]
pub(super) struct Modal {
    pub(super) basis: Basis,
    pub(super) tables: Tables,
    /// For $P^{-1} s$, with $P^T W$; and s itself.
    pub(super) start: StartState,
    readout: DMatrix<f64>,
    pub(super) state_in_units: Vec<f64>,
    /// $\rho = X^T W$, a row for each output, and tables over all pairs: $\rho \rho^T$,
    /// $\rho \rho^T \odot S$, $X^T X$, $X^{-1} X^{-T}$, $X^{-1} S X^{-T}$.
    pub(super) seen: Table,
    pub(super) pairs: Table,
    pub(super) weighted: Table,
    pub(super) right_gram: Table,
    pub(super) left_gram: Table,
    pub(super) carried: Table,
    /// $X^{-1} s$, the amplitudes' excess over the samples and its derivative (a row for each output), and
    /// $(X^T X \odot S) \xi$, the same with S', $X^T x(1)$.
    pub(super) state: Table,
    pub(super) misfit: Table,
    pub(super) misfit_slope: Table,
    pub(super) moving: Table,
    pub(super) moving_slope: Table,
    pub(super) arrived: Table,
    /// The real matrices of the Grams above.
    pub(super) real_right: DMatrix<f64>,
    pub(super) real_left: DMatrix<f64>,
    pub(super) real_carried: DMatrix<f64>,
    pub(super) scratch: Table,
    pub(super) list: Table,
    pub(super) real: DMatrix<f64>,
    pub(super) image: DMatrix<f64>,
    /// How far eigenvalues are right of the barrier.
    pub(super) excesses: Vec<f64>,
    pub(super) numbers: Vec<f64>,
    pub(super) end: Vec<f64>,
}

impl Modal {
    pub(super) fn new(n: usize, outputs: usize) -> Self {
        let (list, table) = (|| Table::new(1, n), || Table::new(n, n));
        let (wide, matrix) = (|| Table::new(outputs, n), || DMatrix::zeros(n, n));
        Self {
            basis: Basis::new(n),
            tables: Tables::new(n, outputs),
            start: StartState::new(n, outputs),
            readout: DMatrix::zeros(n, outputs),
            state_in_units: vec![0.0; n],
            seen: wide(),
            pairs: table(),
            weighted: table(),
            right_gram: table(),
            left_gram: table(),
            carried: table(),
            state: list(),
            misfit: wide(),
            misfit_slope: wide(),
            moving: list(),
            moving_slope: list(),
            arrived: list(),
            real_right: matrix(),
            real_left: matrix(),
            real_carried: matrix(),
            scratch: table(),
            list: list(),
            real: matrix(),
            image: matrix(),
            excesses: vec![0.0; n],
            numbers: vec![0.0; n],
            end: vec![0.0; n],
        }
    }

    /// The parts of the objective of the loop whose basis is at hand, but for its size, from a given start or
    /// from the best.
    pub(super) fn value(
        &mut self,
        problem: &Problem,
        start: Option<&[f64]>,
        mut errors: Option<&mut Errors>,
    ) -> Outcome {
        let abscissa = self.basis.values.iter().map(|z| z.re).fold(f64::NEG_INFINITY, f64::max);
        if abscissa > problem.weights.rightmost {
            return Outcome::TooFar;
        }
        self.tables.fill(&self.basis.values, self.basis.layout, problem);
        self.fill_grams(problem);
        let (noise, gain) = self.fill_readouts();
        if errors.as_deref_mut().is_some_and(|errors| !errors.begin(&self.modes())) {
            return Outcome::Untrusted;
        }
        match start {
            Some(start) => {
                apply(view(&self.basis.left), start, self.start.state.as_mut_slice());
                self.state_in_units.copy_from_slice(start);
            }
            None => {
                self.fill_start(problem, gain, errors.as_deref_mut());
                if !self.start.solve(&self.readout, problem.first.as_ref()) {
                    return Outcome::Untrusted;
                }
                apply(view(&self.basis.right), self.start.state.as_slice(), &mut self.state_in_units);
            }
        }
        let fit = self.fill_misfit(problem);
        let (activity, end) = self.fill_states();
        self.excesses.iter_mut().zip(&self.basis.values).for_each(|(to, z)| *to = excess(z.re));
        let (mut weight_errors, mut module_errors) = (0.0, 0.0);
        if let Some(errors) = errors {
            weight_errors = errors.value(&self.modes());
            module_errors = errors.module_value(&self.state_in_units);
            errors.fill_excesses(&self.basis, &mut self.excesses);
        }
        let barrier = self.excesses.iter().map(|x| x * x).sum();
        let terms = DirectTerms {
            fit,
            noise,
            gain,
            activity,
            end,
            barrier,
            abscissa,
            weight_errors,
            module_errors,
            ..DirectTerms::default()
        };
        let positive = |x: f64| x.is_finite() && x >= 0.0;
        if [fit, noise, gain, activity, end, weight_errors, module_errors].into_iter().all(positive) {
            Outcome::Value(terms)
        } else {
            Outcome::Untrusted
        }
    }

    /// The modes as they are known now.
    pub(super) fn modes(&self) -> Modes<'_> {
        let Self { basis, tables, seen, pairs, weighted, state, .. } = self;
        Modes { basis, tables, seen, pairs, weighted, state }
    }

    fn fill_grams(&mut self, problem: &Problem) {
        let Basis { layout, right, left, .. } = &self.basis;
        let n = right.nrows();
        apply(view(right).transpose(), problem.readout.as_slice(), self.readout.as_mut_slice());
        for (o, numbers) in self.readout.as_slice().chunks_exact(n).enumerate() {
            self.seen.list_down(o, numbers, *layout);
        }
        let replace = Accum::Replace;
        mul_lower_into(&mut self.real_right, replace, 1.0, view(right).transpose(), view(right));
        mul_lower_into(&mut self.real_left, replace, 1.0, view(left), view(left).transpose());
        mul_into(&mut self.image, replace, 1.0, view(left), view(&problem.covariance));
        mul_lower_into(&mut self.real_carried, replace, 1.0, view(&self.image), view(left).transpose());
        for matrix in [&mut self.real_right, &mut self.real_left, &mut self.real_carried] {
            mirror_lower(matrix);
        }
        unpack_down(&self.real_right, *layout, &mut self.right_gram);
        unpack_up(&self.real_left, *layout, &mut self.left_gram);
        unpack_up(&self.real_carried, *layout, &mut self.carried);
    }

    /// $\rho \rho^T$, the same with S, and $\mathrm{tr}(O Q) / T$ of the covariance carried and of the
    /// identity.
    fn fill_readouts(&mut self) -> (f64, f64) {
        Arch::new().dispatch(Readouts {
            layout: self.basis.layout,
            outputs: self.readout.ncols(),
            seen: &self.seen,
            integral: &self.tables.integral,
            carried: &self.carried,
            left_gram: &self.left_gram,
            pairs: &mut self.pairs,
            weighted: &mut self.weighted,
        })
    }

    /// K and its right-hand side.
    fn fill_start(&mut self, problem: &Problem, gain: f64, mut errors: Option<&mut Errors>) {
        let (layout, n) = (self.basis.layout, self.basis.values.len());
        Arch::new().dispatch(Normal {
            heads: self.basis.heads().end,
            tables: &self.tables,
            pairs: &self.pairs,
            right_gram: &self.right_gram,
            relative: problem.weights.relative * gain / n as f64,
            end: problem.weights.end / n as f64,
            out: &mut self.scratch,
        });
        if let Some(errors) = errors.as_deref_mut() {
            let Self { basis, tables, seen, pairs, weighted, state, .. } = self;
            errors.add_form(&Modes { basis, tables, seen, pairs, weighted, state }, &mut self.scratch);
        }
        let matrix = &mut self.start.matrix;
        pack(&self.scratch, layout, layout, Sides::Down, matrix);
        if let Some(errors) = errors {
            errors.add_module_form(matrix);
        }
        // The trace of K, of $P^T K P$ and $P^{-1} P^{-T}$.
        let ridge = ridge(matrix.dot(&self.real_left), n);
        matrix.zip_apply(&self.real_right, |to, x| *to += ridge * x);
        self.list.clear();
        for o in 0..problem.outputs() {
            for k in self.basis.heads() {
                let sum = self.list.at(0, k) + self.seen.at(o, k) * self.tables.moments.at(o, k);
                self.list.set(0, k, sum);
            }
        }
        self.list.pack_down(0, layout, self.start.state.as_mut_slice());
    }

    /// Amplitudes and what they leave of the samples; the fit.
    fn fill_misfit(&mut self, problem: &Problem) -> f64 {
        let (layout, n) = (self.basis.layout, self.basis.values.len());
        self.state.list_up(0, self.start.state.as_slice(), layout);
        let mut fit = problem.power;
        for output in 0..problem.outputs() {
            for k in 0..n {
                self.list.set(0, k, self.state.at(0, k) * self.seen.at(output, k));
            }
            Arch::new().dispatch(Misfit {
                heads: self.basis.heads().end,
                output,
                tables: &self.tables,
                amplitudes: &self.list,
                misfit: &mut self.misfit,
                misfit_slope: &mut self.misfit_slope,
            });
            for i in self.basis.heads() {
                let excess = self.misfit.at(output, i) - self.tables.moments.at(output, i);
                fit += self.basis.count(i) * (self.list.at(0, i) * excess).re;
            }
            self.misfit.complete(output, layout);
            self.misfit_slope.complete(output, layout);
        }
        fit
    }

    /// Mean squares of the states over the motif and at its end.
    fn fill_states(&mut self) -> (f64, f64) {
        let Basis { layout, right, .. } = &self.basis;
        let n = right.nrows();
        Arch::new().dispatch(Moving {
            heads: self.basis.heads().end,
            tables: &self.tables,
            right_gram: &self.right_gram,
            state: &self.state,
            moving: &mut self.moving,
            moving_slope: &mut self.moving_slope,
        });
        let parts =
            self.basis.heads().map(|i| self.basis.count(i) * (self.state.at(0, i) * self.moving.at(0, i)).re);
        let activity: f64 = parts.sum();
        for k in self.basis.heads() {
            self.list.set(0, k, self.state.at(0, k) * self.tables.end.at(0, k));
        }
        self.list.pack_up(0, *layout, &mut self.numbers);
        apply(view(right), &self.numbers, &mut self.end);
        apply(view(right).transpose(), &self.end, &mut self.numbers);
        self.arrived.list_down(0, &self.numbers, *layout);
        let end: f64 = self.end.iter().map(|x| x * x).sum();
        (activity / n as f64, end / n as f64)
    }
}
