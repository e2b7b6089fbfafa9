//! The preparatory cost as a function of free weights, whatever bounds U and V.

use nalgebra::DMatrix;

use super::cost::{PreparationCost, PreparationTerms};
use super::null::Null;
use super::options::WeightBound;
use crate::Result;
use crate::optim::Objective;

/// C/N as a function of the free weights.
pub(super) struct Weights {
    pub(super) cost: PreparationCost,
    pub(super) bound: WeightBound,
    /// What takes from U what the readout sees, where the module is output-null.
    pub(super) null: Option<Null>,
    pub(super) u: DMatrix<f64>,
    pub(super) v: DMatrix<f64>,
    /// Norms of the columns of U and V before they were bounded.
    lengths: Vec<f64>,
}

impl Weights {
    pub(super) fn new(
        cost: PreparationCost,
        bound: WeightBound,
        null: Option<Null>,
        [u, v]: [DMatrix<f64>; 2],
    ) -> Self {
        let lengths = vec![0.0; 2 * u.ncols()];
        Self { cost, bound, null, u, v, lengths }
    }

    pub(super) fn point(&self) -> Vec<f64> {
        self.u.iter().chain(self.v.iter()).copied().collect()
    }

    /// Sets U and V from the free weights.
    pub(super) fn set(&mut self, point: &[f64]) {
        let (u, v) = point.split_at(self.u.len());
        self.u.as_mut_slice().copy_from_slice(u);
        self.v.as_mut_slice().copy_from_slice(v);
        if let Some(null) = &self.null {
            null.project(self.u.as_mut_slice());
        }
        for (length, column) in self.lengths.iter_mut().zip(self.u.column_iter().chain(self.v.column_iter()))
        {
            *length = column.iter().map(|x| x * x).sum::<f64>().sqrt();
        }
        if self.bound == WeightBound::UnitColumns {
            normalise_columns(&mut self.u);
            normalise_columns(&mut self.v);
        }
    }

    pub(super) fn terms_at(&mut self, point: &[f64]) -> Result<Option<PreparationTerms>> {
        self.set(point);
        self.cost.evaluate(&self.u, &self.v)
    }

    /// The gradient by the free weights that were set last.
    fn pull_back(&self, gradient: &mut [f64]) {
        let (n, split) = (self.u.nrows(), self.u.len());
        let scale = 1.0 / n as f64;
        let (gu, gv) = gradient.split_at_mut(split);
        let (lu, lv) = self.lengths.split_at(self.u.ncols());
        for (weights, source, lengths, out) in [
            (&self.u, self.cost.gradient_input(), lu, &mut *gu),
            (&self.v, self.cost.gradient_feedback(), lv, gv),
        ] {
            for (j, (unit, source)) in weights.column_iter().zip(source.column_iter()).enumerate() {
                let out = &mut out[j * n..][..n];
                let (along, length) = match self.bound {
                    WeightBound::UnitColumns => (source.dot(&unit), lengths[j]),
                    WeightBound::FrobeniusPenalty { weight } => {
                        (-weight * n as f64 / self.u.ncols() as f64, 1.0)
                    }
                };
                for ((o, s), x) in out.iter_mut().zip(source.iter()).zip(unit.iter()) {
                    *o = scale * (s - along * x) / length;
                }
            }
        }
        if let Some(null) = &self.null {
            null.project(gu);
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
        self.pull_back(gradient);
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

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use rand_distr::{Distribution, StandardNormal};

    use super::*;
    use crate::{Cortex, System};

    /// Gradients by every free weight are central differences, whatever bounds the weights, and at points
    /// where the readout sees part of U.
    #[test]
    fn gradients_are_central_differences() {
        let (n, rank) = (12, 5);
        let cortex = System::from(Cortex::random(n, 0.5, 5).unwrap());
        let outputs = DMatrix::from_fn(n, 2, |i, o| ((3 * i + 5 * o) as f64).cos());
        let several = System::new(cortex.matrix().clone(), outputs).unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let u: DMatrix<f64> = DMatrix::from_fn(n, rank, |_, _| StandardNormal.sample(&mut rng));
        let v = DMatrix::from_fn(n, rank, |i, j| -u[(i, j)] + 0.3 * ((2 * i + j) as f64).cos());
        for bound in [WeightBound::UnitColumns, WeightBound::FrobeniusPenalty { weight: 0.3 }] {
            for (system, gamma) in [(&cortex, None), (&cortex, Some(0.7)), (&several, Some(1.3))] {
                let null = gamma.map(|gamma| Null::new(system, gamma).unwrap());
                let held = null.as_ref().map_or_else(|| system.clone(), |null| null.closed(system).unwrap());
                let beta = if null.is_some() { 0.0 } else { 0.05 };
                let cost = PreparationCost::new(&held, beta).unwrap();
                let mut weights = Weights::new(cost, bound, null, [u.clone(), v.clone()]);
                let (point, mut gradient) = (weights.point(), vec![0.0; 2 * n * rank]);
                assert!(weights.evaluate(&point, &mut gradient).is_finite());
                let (size, mut unused) =
                    (gradient.iter().fold(0.0_f64, |m, g| m.max(g.abs())), gradient.clone());
                assert!(size > 1e-4, "{size:e}");
                for (place, slope) in gradient.iter().enumerate() {
                    let mut at = |h: f64| {
                        let mut moved = point.clone();
                        moved[place] += h;
                        weights.evaluate(&moved, &mut unused)
                    };
                    let h = 1e-3;
                    let difference = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
                    let off = (slope - difference).abs() / size;
                    assert!(off < 1e-7, "{bound:?} {gamma:?} {place}: {slope} {difference}");
                }
            }
        }
    }
}
