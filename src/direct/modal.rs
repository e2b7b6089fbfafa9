//! The objective as sums over the modes of the closed loop, for any rank and any number of outputs.

use faer::Accum;
use nalgebra::DMatrix;
use num_complex::Complex64;

use super::basis::Basis;
use super::errors::{Errors, Modes};
use super::packed::{
    Sides, Table, complete, list_down, list_up, pack, pack_down, pack_up, unpack_down, unpack_up,
};
use super::problem::Problem;
use super::start_state::StartState;
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
    pub(super) start: StartState,
    /// $\rho = X^T W$, and tables over all pairs: $\rho \rho^T$, $X^T X$, $X^{-1} X^{-T}$, $X^{-1} S X^{-T}$.
    pub(super) seen: Vec<Complex64>,
    pub(super) pairs: Table,
    pub(super) right_gram: Table,
    pub(super) left_gram: Table,
    pub(super) carried: Table,
    /// $X^{-1} s$, the amplitudes' excess over the samples and its derivative (N x D), and
    /// $(X^T X \odot S) \xi$, $X^T x(1)$.
    pub(super) state: Vec<Complex64>,
    pub(super) misfit: Vec<Complex64>,
    pub(super) misfit_slope: Vec<Complex64>,
    pub(super) moving: Vec<Complex64>,
    pub(super) arrived: Vec<Complex64>,
    /// The real matrices of the Grams above.
    pub(super) real_right: DMatrix<f64>,
    pub(super) real_left: DMatrix<f64>,
    pub(super) real_carried: DMatrix<f64>,
    pub(super) scratch: Table,
    pub(super) list: Vec<Complex64>,
    pub(super) real: DMatrix<f64>,
    pub(super) image: DMatrix<f64>,
    /// How far eigenvalues are right of the barrier.
    pub(super) excesses: Vec<f64>,
    pub(super) numbers: Vec<f64>,
    pub(super) end: Vec<f64>,
}

impl Modal {
    pub(super) fn new(n: usize, outputs: usize) -> Self {
        let (list, table) = (|| vec![Complex64::ZERO; n], || vec![Complex64::ZERO; n * n]);
        let (wide, matrix) = (|| vec![Complex64::ZERO; n * outputs], || DMatrix::zeros(n, n));
        Self {
            basis: Basis::new(n),
            tables: Tables::new(n, outputs),
            start: StartState::new(n, outputs),
            seen: wide(),
            pairs: table(),
            right_gram: table(),
            left_gram: table(),
            carried: table(),
            state: list(),
            misfit: wide(),
            misfit_slope: wide(),
            moving: list(),
            arrived: list(),
            real_right: matrix(),
            real_left: matrix(),
            real_carried: matrix(),
            scratch: table(),
            list: list(),
            real: matrix(),
            image: matrix(),
            excesses: vec![0.0; n],
            numbers: vec![0.0; n * outputs],
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
        self.tables.fill(&self.basis.values, &self.basis.heads, &problem.samples, problem.spacing());
        self.fill_grams(problem);
        let (noise, gain) = (self.readout_of(&self.carried), self.readout_of(&self.left_gram));
        if errors.as_deref_mut().is_some_and(|errors| !errors.begin(&self.modes())) {
            return Outcome::Untrusted;
        }
        match start {
            Some(start) => self.start.state.as_mut_slice().copy_from_slice(start),
            None => {
                self.fill_start(problem, gain, errors.as_deref_mut());
                if !self.start.solve(problem) {
                    return Outcome::Untrusted;
                }
            }
        }
        let fit = self.fill_misfit(problem);
        let (activity, end) = self.fill_states();
        self.excesses.iter_mut().zip(&self.basis.values).for_each(|(to, z)| *to = excess(z.re));
        let (mut weight_errors, mut module_errors) = (0.0, 0.0);
        if let Some(errors) = errors {
            weight_errors = errors.value(&self.modes());
            module_errors = errors.module_value(self.start.state.as_slice());
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
        let Self { basis, tables, seen, pairs, state, .. } = self;
        Modes { basis, tables, seen, pairs, state }
    }

    fn fill_grams(&mut self, problem: &Problem) {
        let Basis { heads, right, left, .. } = &self.basis;
        let n = right.nrows();
        apply(view(right).transpose(), problem.readout.as_slice(), &mut self.numbers);
        for (numbers, seen) in self.numbers.chunks_exact(n).zip(self.seen.chunks_exact_mut(n)) {
            list_down(numbers, heads, seen);
        }
        self.pairs.fill(Complex64::ZERO);
        for seen in self.seen.chunks_exact(n) {
            for (row, head) in self.pairs.chunks_exact_mut(n).zip(heads) {
                let own = seen[head.at];
                row.iter_mut().zip(seen).for_each(|(to, other)| *to += own * other);
            }
        }
        let replace = Accum::Replace;
        mul_lower_into(&mut self.real_right, replace, 1.0, view(right).transpose(), view(right));
        mul_lower_into(&mut self.real_left, replace, 1.0, view(left), view(left).transpose());
        mul_into(&mut self.image, replace, 1.0, view(left), view(&problem.covariance));
        mul_lower_into(&mut self.real_carried, replace, 1.0, view(&self.image), view(left).transpose());
        for matrix in [&mut self.real_right, &mut self.real_left, &mut self.real_carried] {
            mirror_lower(matrix);
        }
        unpack_down(&self.real_right, heads, &mut self.right_gram);
        unpack_up(&self.real_left, heads, &mut self.left_gram);
        unpack_up(&self.real_carried, heads, &mut self.carried);
    }

    /// $\mathrm{tr}(O Q) / T$ of a covariance in the basis of the modes.
    fn readout_of(&self, covariance: &Table) -> f64 {
        let n = self.basis.values.len();
        let rows = self.pairs.chunks_exact(n).zip(self.tables.integral.chunks_exact(n));
        let rows = rows.zip(covariance.chunks_exact(n)).zip(&self.basis.heads);
        rows.map(|(((pairs, integral), q), head)| {
            let entries = pairs.iter().zip(integral).zip(q);
            let sum: f64 = entries.map(|((r, s), q)| (r * s * q).re).sum();
            if head.pair { 2.0 * sum } else { sum }
        })
        .sum()
    }

    /// K and its right-hand side.
    fn fill_start(&mut self, problem: &Problem, gain: f64, mut errors: Option<&mut Errors>) {
        let Basis { heads, left, .. } = &self.basis;
        let n = left.nrows();
        let (relative, end) = (problem.weights.relative * gain / n as f64, problem.weights.end / n as f64);
        for (row, head) in heads.iter().enumerate() {
            let own = self.tables.end[head.at];
            for k in 0..n {
                let at = row * n + k;
                let weight = self.tables.integral[at] * relative + own * self.tables.end[k] * end;
                self.scratch[at] = self.pairs[at] * self.tables.sum[at] + self.right_gram[at] * weight;
            }
        }
        if let Some(errors) = errors.as_deref_mut() {
            let (basis, tables, seen) = (&self.basis, &self.tables, &self.seen);
            let (pairs, state) = (&self.pairs, &self.state);
            errors.add_form(&Modes { basis, tables, seen, pairs, state }, &mut self.scratch);
        }
        pack(&self.scratch, heads, heads, Sides::Down, &mut self.real);
        mul_into(&mut self.image, Accum::Replace, 1.0, view(&self.real), view(left));
        mul_lower_into(
            &mut self.start.matrix,
            Accum::Replace,
            1.0,
            view(left).transpose(),
            view(&self.image),
        );
        if let Some(errors) = errors {
            errors.add_module_form(&mut self.start.matrix);
        }
        self.list.fill(Complex64::ZERO);
        for (seen, moments) in self.seen.chunks_exact(n).zip(self.tables.moments.chunks_exact(n)) {
            self.list.iter_mut().zip(seen).zip(moments).for_each(|((to, r), m)| *to += r * m);
        }
        pack_down(&self.list, heads, &mut self.numbers[..n]);
        apply(view(left).transpose(), &self.numbers[..n], self.start.state.as_mut_slice());
    }

    /// Amplitudes and what they leave of the samples; the fit.
    fn fill_misfit(&mut self, problem: &Problem) -> f64 {
        let Basis { heads, left, .. } = &self.basis;
        let n = left.nrows();
        apply(view(left), self.start.state.as_slice(), &mut self.numbers[..n]);
        list_up(&self.numbers[..n], heads, &mut self.state);
        let mut fit = problem.power;
        for o in 0..problem.outputs() {
            let of = o * n..(o + 1) * n;
            let (seen, moments) = (&self.seen[of.clone()], &self.tables.moments[of.clone()]);
            let slopes = &self.tables.moment_slopes[of.clone()];
            self.list.iter_mut().zip(&self.state).zip(seen).for_each(|((to, x), r)| *to = x * r);
            let (misfit, misfit_slope) = (&mut self.misfit[of.clone()], &mut self.misfit_slope[of]);
            for (row, head) in heads.iter().enumerate() {
                let (i, columns) = (head.at, row * n..(row + 1) * n);
                misfit[i] = dot(&self.tables.sum[columns.clone()], &self.list) - moments[i];
                misfit_slope[i] = dot(&self.tables.sum_slope[columns], &self.list) - slopes[i];
                let part = (self.list[i] * (misfit[i] - moments[i])).re;
                fit += if head.pair { 2.0 * part } else { part };
            }
            complete(misfit, heads);
            complete(misfit_slope, heads);
        }
        fit
    }

    /// Mean squares of the states over the motif and at its end.
    fn fill_states(&mut self) -> (f64, f64) {
        let Basis { heads, right, .. } = &self.basis;
        let n = right.nrows();
        let mut activity = 0.0;
        for (row, head) in heads.iter().enumerate() {
            let (i, columns) = (head.at, row * n..(row + 1) * n);
            let entries = self.right_gram[columns.clone()].iter().zip(&self.tables.integral[columns]);
            self.moving[i] = entries.zip(&self.state).map(|((g, s), x)| g * s * x).sum();
            let part = (self.state[i] * self.moving[i]).re;
            activity += if head.pair { 2.0 * part } else { part };
        }
        complete(&mut self.moving, heads);
        self.list.iter_mut().zip(&self.state).zip(&self.tables.end).for_each(|((to, x), e)| *to = x * e);
        pack_up(&self.list, heads, &mut self.numbers[..n]);
        apply(view(right), &self.numbers[..n], &mut self.end);
        apply(view(right).transpose(), &self.end, &mut self.numbers[..n]);
        list_down(&self.numbers[..n], heads, &mut self.arrived);
        let end: f64 = self.end.iter().map(|x| x * x).sum();
        (activity / n as f64, end / n as f64)
    }
}

pub(super) fn dot(a: &[Complex64], b: &[Complex64]) -> Complex64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
