//! The expected squared error of the readout from errors of the preparatory module's weights and of its
//! input.

use std::sync::Arc;

use faer::Accum;
use nalgebra::DMatrix;

use super::module::DirectModule;
use crate::direct::basis::Basis;
use crate::direct::packed::{Sides, pack};
use crate::direct::table::Table;
use crate::linalg::product::{apply, mirror_lower, mul_into, mul_lower_into, view};
use crate::{Error, Result, check};

/// A module with the variances of the relative errors of its weights and of its input.
#[derive(Debug, Clone)]
pub(in crate::direct) struct ModuleErrors {
    module: Arc<DirectModule>,
    weights: f64,
    input: f64,
}

impl ModuleErrors {
    /// `None` where there are no errors.
    pub(in crate::direct) fn new(
        module: Option<&DirectModule>,
        units: usize,
        [weights, input]: [f64; 2],
    ) -> Result<Option<Self>> {
        if weights == 0.0 && input == 0.0 {
            return Ok(None);
        }
        let missing = Error::Empty {
            what: "module of a direct design with errors of it",
            remedy: "give S together with the module",
        };
        let module = module.ok_or(missing)?;
        let expected = (units, module.input.ncols());
        check::shape("module U", module.input.shape(), expected, "use a module over the same system")?;
        Ok(Some(Self { module: Arc::new(module.clone()), weights: weights.powi(2), input: input.powi(2) }))
    }

    /// Variances of the errors that B and B U carry to the start.
    fn fill_variances(&self, start: &[f64], memory: &mut ModuleMemory) {
        let module = &*self.module;
        let n = start.len();
        apply(view(&module.fixed), start, &mut memory.fixed);
        let (fixed, others) = memory.fixed.split_at(n);
        let (bias, felt) = others.split_at(n);
        let (own, columns) = memory.variances.split_at_mut(n);
        for (i, to) in own.iter_mut().enumerate() {
            let entries = felt.iter().enumerate();
            let sum: f64 = entries.map(|(j, x)| (module.input[(i, j)] * x).powi(2)).sum();
            *to = self.weights * sum + self.input * bias[i].powi(2);
        }
        for (to, feedback) in columns.iter_mut().zip(module.feedback.column_iter()) {
            let entries = feedback.iter().zip(fixed);
            *to = self.weights * entries.map(|(v, x)| (v * x).powi(2)).sum::<f64>();
        }
    }

    /// A factor F of the form of the start, $|F s|^2$, from what an error along B and B U does to the
    /// readout; its rows are those at hand, scaled.
    fn fill_form(&self, memory: &mut ModuleMemory) {
        let module = &*self.module;
        let n = module.fixed.ncols();
        let (own, columns) = memory.gains.split_at(n);
        let root = |x: f64| x.max(0.0).sqrt();
        for (i, own) in own.iter().enumerate() {
            let sum: f64 = columns.iter().enumerate().map(|(j, k)| module.feedback[(i, j)].powi(2) * k).sum();
            memory.roots[i] = root(self.weights * sum);
            memory.roots[n + i] = root(self.input * own);
        }
        for (to, input) in memory.roots[2 * n..].iter_mut().zip(module.input.column_iter()) {
            *to = root(self.weights * input.iter().zip(own).map(|(u, g)| u * u * g).sum::<f64>());
        }
        for mut column in memory.form.column_iter_mut() {
            column.iter_mut().zip(&memory.roots).for_each(|(to, root)| *to *= root);
        }
    }
}

/// Memory for one evaluation.
#[derive(Debug)]
pub(in crate::direct) struct ModuleMemory {
    errors: ModuleErrors,
    fixed: Vec<f64>,
    /// One for each column of B and B U.
    variances: Vec<f64>,
    gains: Vec<f64>,
    roots: Vec<f64>,
    form: DMatrix<f64>,
    /// Images of B and B U in the basis of the modes, what the readout sees of them, and scaled.
    images: DMatrix<f64>,
    others: DMatrix<f64>,
    real: DMatrix<f64>,
}

impl ModuleMemory {
    pub(in crate::direct) fn new(errors: ModuleErrors) -> Self {
        let (n, rank) = errors.module.input.shape();
        Self {
            errors,
            fixed: vec![0.0; 2 * n + rank],
            variances: vec![0.0; n + rank],
            gains: vec![0.0; n + rank],
            roots: vec![0.0; 2 * n + rank],
            form: DMatrix::zeros(2 * n + rank, n),
            images: DMatrix::zeros(n, n + rank),
            others: DMatrix::zeros(n, n + rank),
            real: DMatrix::zeros(n, n),
        }
    }

    /// What does not depend on the start, in the basis of the modes, with $\rho \rho^T \odot S$.
    pub(super) fn begin(&mut self, basis: &Basis, weighted: &Table) {
        let module = &*self.errors.module;
        mul_into(&mut self.images, Accum::Replace, 1.0, view(&basis.left), view(&module.shift));
        mul_into(&mut self.form, Accum::Replace, 1.0, view(&module.fixed), view(&basis.right));
        pack(weighted, basis.layout, basis.layout, Sides::Down, &mut self.real);
        mul_into(&mut self.others, Accum::Replace, 1.0, view(&self.real), view(&self.images));
        self.fill_gains();
    }

    /// The same from $O$ itself, for propagation.
    pub(in crate::direct) fn begin_with(&mut self, observed: &DMatrix<f64>) {
        self.images.copy_from(&self.errors.module.shift);
        self.form.copy_from(&self.errors.module.fixed);
        mul_into(&mut self.others, Accum::Replace, 1.0, view(observed), view(&self.images));
        self.fill_gains();
    }

    fn fill_gains(&mut self) {
        let columns = self.images.column_iter().zip(self.others.column_iter());
        self.gains.iter_mut().zip(columns).for_each(|(to, (a, b))| *to = a.dot(&b));
        let errors = self.errors.clone();
        errors.fill_form(self);
    }

    /// Adds the form of the start, there, to the lower triangle of K.
    pub(in crate::direct) fn add_form(&self, out: &mut DMatrix<f64>) {
        mul_lower_into(out, Accum::Add, 1.0, view(&self.form).transpose(), view(&self.form));
    }

    /// $\mathrm{tr}(O \Sigma) / T$ for the covariance $\Sigma$ of the start s.
    pub(in crate::direct) fn value(&mut self, start: &[f64]) -> f64 {
        let errors = self.errors.clone();
        errors.fill_variances(start, self);
        self.variances.iter().zip(&self.gains).map(|(v, g)| v * g).sum()
    }

    /// $\Sigma$ of the last value, where `begin` put it.
    pub(in crate::direct) fn covariance(&mut self) -> &DMatrix<f64> {
        let columns = self.others.column_iter_mut().zip(self.images.column_iter()).zip(&self.variances);
        for ((mut to, from), variance) in columns {
            to.iter_mut().zip(from.iter()).for_each(|(to, x)| *to = x * variance);
        }
        mul_lower_into(
            &mut self.real,
            Accum::Replace,
            1.0,
            view(&self.others),
            view(&self.images).transpose(),
        );
        mirror_lower(&mut self.real);
        &self.real
    }
}
