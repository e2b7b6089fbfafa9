//! Errors of weights: of the loop's, of the preparatory module's, and of the input.

mod deviations;
mod driven;
mod entries;
mod form;
mod loop_errors;
mod modes;
mod module;
mod module_errors;
mod moments;
mod response;
mod reverse;
mod work;

use nalgebra::DMatrix;

pub(super) use deviations::deviations;
pub(super) use driven::driven;
pub(super) use modes::Modes;
pub use module::{DirectModule, Prepared};
pub(super) use module_errors::{ModuleErrors, ModuleMemory};

use super::basis::Basis;
use super::packed::unpack_up;
use super::table::Table;
use super::terms::{ErrorWeights, excess};
use crate::linalg::product::{apply, mirror_lower, view};
use deviations::{differentiate as differentiate_variance, variance};
use loop_errors::LoopErrors;
use reverse::Reverse;

/// What errors of the loop's weights add to the objective.
#[derive(Debug)]
pub(super) struct Errors {
    weights: ErrorWeights,
    /// $a = X^{-1} U$ and $b = X^T V$, and as real numbers; U and V.
    driven: Table,
    felt: Table,
    real_driven: Vec<f64>,
    real_felt: Vec<f64>,
    input: Vec<f64>,
    feedback: Vec<f64>,
    /// By how much eigenvalues count as farther right.
    shifts: Vec<f64>,
    loop_errors: Option<LoopErrors>,
    module: Option<ModuleMemory>,
    reverse: Reverse,
}

impl Errors {
    /// Memory for what is weighed; `None` for nothing.
    pub(super) fn new(
        [n, outputs, rank]: [usize; 3],
        weights: ErrorWeights,
        module: Option<ModuleErrors>,
    ) -> Option<Self> {
        let (list, numbers) = (|| Table::new(rank, n), || vec![0.0; n * rank]);
        (weights.of_loop() || module.is_some()).then(|| Self {
            weights,
            driven: list(),
            felt: list(),
            real_driven: numbers(),
            real_felt: numbers(),
            input: numbers(),
            feedback: numbers(),
            shifts: vec![0.0; n],
            loop_errors: (weights.squared > 0.0).then(|| LoopErrors::new(n, outputs, rank)),
            module: module.map(ModuleMemory::new),
            reverse: Reverse::new(n, outputs, rank),
        })
    }

    /// The loop that is evaluated next, U and V in units of 1/T.
    pub(super) fn set_loop(&mut self, u: &[f64], v: &[f64]) {
        self.input.copy_from_slice(u);
        self.feedback.copy_from_slice(v);
    }

    /// What does not depend on the start; false where eigenvalues are too close to each other.
    pub(super) fn begin(&mut self, modes: &Modes<'_>) -> bool {
        let (n, basis) = (modes.basis.values.len(), modes.basis);
        apply(view(&basis.left), &self.input, &mut self.real_driven);
        apply(view(&basis.right).transpose(), &self.feedback, &mut self.real_felt);
        let lists = self.real_driven.chunks_exact(n).zip(self.real_felt.chunks_exact(n));
        for (k, (driven, felt)) in lists.enumerate() {
            self.driven.list_up(k, driven, basis.layout);
            self.felt.list_down(k, felt, basis.layout);
        }
        let uv = [&self.input[..], &self.feedback];
        if self.weights.shift > 0.0 {
            for i in basis.heads() {
                let variance = variance(basis, i, uv, &self.real_driven, &self.real_felt);
                let shift = self.weights.shift * variance.sqrt();
                (self.shifts[i], self.shifts[basis.conjugate(i)]) = (shift, shift);
            }
        }
        if let Some(it) = &mut self.module {
            it.begin(basis, modes.weighted);
        }
        let (driven, felt) = (&self.driven, &self.felt);
        self.loop_errors.as_mut().is_none_or(|it| it.begin(modes, uv, driven, felt))
    }

    /// Adds the quadratic form in $X^{-1} s$ to that of the start.
    pub(super) fn add_form(&mut self, modes: &Modes<'_>, out: &mut Table) {
        if let Some(it) = &mut self.loop_errors {
            it.add_form(modes, &self.felt, self.weights.squared, out);
        }
    }

    /// The expected squared error per squared relative error of the weights, at the start.
    pub(super) fn value(&mut self, modes: &Modes<'_>) -> f64 {
        self.loop_errors.as_mut().map_or(0.0, |it| it.value(modes, &self.felt))
    }

    /// Adds the form that the module's errors make of the start to the same as a real matrix.
    pub(super) fn add_module_form(&self, out: &mut DMatrix<f64>) {
        if let Some(it) = &self.module {
            it.add_form(out);
            mirror_lower(out);
        }
    }

    /// The expected squared error from the module's errors, at the start.
    pub(super) fn module_value(&mut self, start: &[f64]) -> f64 {
        self.module.as_mut().map_or(0.0, |it| it.value(start))
    }

    /// Adds the covariance of the start from the module's errors, in the basis of the modes.
    pub(super) fn add_covariance(&mut self, basis: &Basis, real: &mut DMatrix<f64>, table: &mut Table) {
        if let Some(it) = &mut self.module {
            *real += it.covariance();
            unpack_up(real, basis.layout, table);
        }
    }

    /// How far eigenvalues and their standard deviations are right of the barrier.
    pub(super) fn fill_excesses(&self, basis: &Basis, out: &mut [f64]) {
        let entries = out.iter_mut().zip(&basis.values).zip(&self.shifts);
        entries.for_each(|((to, z), shift)| *to = excess(z.re + shift));
    }

    /// Derivatives at the point of the last value.
    pub(super) fn differentiate(&mut self, modes: &Modes<'_>, readout: &DMatrix<f64>, start: &[f64]) {
        if !self.weights.of_loop() {
            return;
        }
        self.reverse.clear();
        let uv = [&self.input[..], &self.feedback];
        let ErrorWeights { squared, shift, barrier } = self.weights;
        if let Some(it) = &mut self.loop_errors {
            it.differentiate(modes, uv, &self.driven, &self.felt, squared, &mut self.reverse);
        }
        for i in modes.basis.heads() {
            let excess = excess(modes.basis.values[i].re + self.shifts[i]);
            if excess > 0.0 && self.shifts[i] > 0.0 {
                let factor = modes.basis.count(i) * barrier * excess * shift * shift / self.shifts[i];
                let (driven, felt) = (&self.real_driven, &self.real_felt);
                differentiate_variance(modes.basis, i, uv, driven, felt, factor, &mut self.reverse);
            }
        }
        self.reverse.finish(modes, readout, start, uv);
    }

    /// Adds the derivatives by $X^{-1} dM X$.
    pub(super) fn add_to(&self, modes: &Modes<'_>, out: &mut Table) {
        if self.weights.of_loop() {
            self.reverse.add_to(modes, out);
        }
    }

    /// Adds the derivatives by U and V where they enter themselves.
    pub(super) fn add_gradients(&self, by_u: &mut [f64], by_v: &mut [f64]) {
        by_u.iter_mut().zip(&self.reverse.by_input).for_each(|(to, x)| *to += x);
        by_v.iter_mut().zip(&self.reverse.by_feedback).for_each(|(to, x)| *to += x);
    }
}
