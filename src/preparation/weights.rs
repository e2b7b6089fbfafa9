//! The preparatory cost as a function of free weights, whatever bounds U and V.

use nalgebra::DMatrix;

use super::cost::{PreparationCost, PreparationTerms};
use super::options::WeightBound;
use crate::Result;
use crate::optim::Objective;

/// C/N as a function of the free weights.
pub(super) struct Weights {
    pub(super) cost: PreparationCost,
    pub(super) bound: WeightBound,
    pub(super) u: DMatrix<f64>,
    pub(super) v: DMatrix<f64>,
}

impl Weights {
    pub(super) fn point(&self) -> Vec<f64> {
        self.u.iter().chain(self.v.iter()).copied().collect()
    }

    /// Sets U and V from the free weights.
    pub(super) fn set(&mut self, point: &[f64]) {
        let (u, v) = point.split_at(self.u.len());
        self.u.as_mut_slice().copy_from_slice(u);
        self.v.as_mut_slice().copy_from_slice(v);
        if self.bound == WeightBound::UnitColumns {
            normalise_columns(&mut self.u);
            normalise_columns(&mut self.v);
        }
    }

    pub(super) fn terms_at(&mut self, point: &[f64]) -> Result<Option<PreparationTerms>> {
        self.set(point);
        self.cost.evaluate(&self.u, &self.v)
    }

    fn pull_back(&self, point: &[f64], gradient: &mut [f64]) {
        let (n, split) = (self.u.nrows(), self.u.len());
        let scale = 1.0 / n as f64;
        let (gu, gv) = gradient.split_at_mut(split);
        let (pu, pv) = point.split_at(split);
        for (weights, source, free, out) in
            [(&self.u, self.cost.gradient_input(), pu, gu), (&self.v, self.cost.gradient_feedback(), pv, gv)]
        {
            for (j, (unit, source)) in weights.column_iter().zip(source.column_iter()).enumerate() {
                let (free, out) = (&free[j * n..][..n], &mut out[j * n..][..n]);
                let (along, length) = match self.bound {
                    WeightBound::UnitColumns => {
                        (source.dot(&unit), free.iter().map(|x| x * x).sum::<f64>().sqrt())
                    }
                    WeightBound::FrobeniusPenalty { weight } => {
                        (-weight * n as f64 / self.u.ncols() as f64, 1.0)
                    }
                };
                for ((o, s), x) in out.iter_mut().zip(source.iter()).zip(unit.iter()) {
                    *o = scale * (s - along * x) / length;
                }
            }
        }
    }
}

impl Objective for Weights {
    fn dimension(&self) -> usize {
        2 * self.u.len()
    }

    fn evaluate(&mut self, point: &[f64], gradient: &mut [f64]) -> f64 {
        let Ok(Some(terms)) = self.terms_at(point) else {
            return f64::INFINITY;
        };
        self.pull_back(point, gradient);
        let penalty = match self.bound {
            WeightBound::UnitColumns => 0.0,
            WeightBound::FrobeniusPenalty { weight } => {
                weight * (self.u.norm_squared() + self.v.norm_squared()) / (2.0 * self.u.ncols() as f64)
            }
        };
        terms.total() / self.u.nrows() as f64 + penalty
    }
}

pub(super) fn normalise_columns(m: &mut DMatrix<f64>) {
    for mut column in m.column_iter_mut() {
        column.normalize_mut();
    }
}
