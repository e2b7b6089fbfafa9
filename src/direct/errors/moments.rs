//! Difference quotients of eigenvalues, and the moments of exponentials that first-order changes need.

use nalgebra::DMatrix;
use num_complex::Complex64;

use super::modes::Modes;
use crate::direct::packed::{Sides, pack};
use crate::direct::table::Table;

/// Largest relative error of squared difference quotients that is let pass.
const QUOTIENTS: f64 = 1e-8;

/// A mode that the loop drives or sees by less than this, relative to the most it could, is not moved by it.
const UNTOUCHED: f64 = 1e-10;

/// Below this, moments are series.
const NEAR: f64 = 0.5;
const TERMS: usize = 15;

/// $D_{ij} = 1 / (\mu_i - \mu_j)$, zero for $i = j$, and
/// $S^{(k)}_{ij} = \int_0^1 t^k e^{(\mu_i + \mu_j) t} dt$ of orders two and three; $S^{(0)}$ and D as real
/// matrices as well.
#[derive(Debug)]
pub(super) struct Moments {
    pub(super) quotients: Table,
    pub(super) second: Table,
    pub(super) third: Table,
    /// $T S T^T$ and the transpose of $T D T^{-1}$.
    pub(super) real_integral: DMatrix<f64>,
    pub(super) real_quotients: DMatrix<f64>,
    untouched: Vec<bool>,
}

impl Moments {
    pub(super) fn new(n: usize) -> Self {
        let table = || Table::new(n, n);
        Self {
            quotients: table(),
            second: table(),
            third: table(),
            real_integral: DMatrix::zeros(n, n),
            real_quotients: DMatrix::zeros(n, n),
            untouched: vec![false; n],
        }
    }

    /// Fills the tables; false where two eigenvalues that the loop moves are too close to each other.
    ///
    /// What rounding leaves of a squared quotient grows with the condition numbers of both eigenvalues.
    /// Several equal ones that the loop neither drives nor sees, of which a loop of low rank leaves many
    /// where A has equal eigenvalues, stay equal and need no quotient.
    pub(super) fn fill(&mut self, modes: &Modes<'_>, driven: &Table, felt: &Table, rank: usize) -> bool {
        let (n, layout, tables) = (modes.len(), modes.basis.layout, modes.tables);
        let (values, conditions) = (&modes.basis.values, &modes.basis.sensitivities);
        self.fill_untouched(conditions, driven, felt, rank);
        for i in modes.basis.heads() {
            for k in 0..n {
                let power = tables.end.at(0, i) * tables.end.at(0, k);
                let slope = tables.integral_slope.at(i, k);
                let (second, third) = higher(values[i] + values[k], power, slope);
                self.second.set(i, k, second);
                self.third.set(i, k, third);
                let gap = values[i] - values[k];
                let (error, least) = (f64::EPSILON * f64::EPSILON, QUOTIENTS * gap.norm_sqr());
                let quotient = if i == k {
                    Complex64::ZERO
                } else if conditions[i] * conditions[k] * error <= least * least {
                    gap.inv()
                } else if self.untouched[i] && self.untouched[k] {
                    Complex64::ZERO
                } else {
                    return false;
                };
                self.quotients.set(i, k, quotient);
            }
        }
        pack(&tables.integral, layout, layout, Sides::Up, &mut self.real_integral);
        pack(&self.quotients, layout, layout, Sides::Crossed, &mut self.real_quotients);
        true
    }

    /// Which eigenvalues, of these squared condition numbers, the loop leaves alone.
    fn fill_untouched(&mut self, conditions: &[f64], driven: &Table, felt: &Table, rank: usize) {
        let size = |lists: &Table, i: usize| -> f64 { (0..rank).map(|k| lists.at(k, i).norm_sqr()).sum() };
        let most = |scale: &dyn Fn(usize) -> f64| (0..self.untouched.len()).map(scale).fold(0.0, f64::max);
        let drives = most(&|i| size(driven, i) / conditions[i]);
        let feels = most(&|i| size(felt, i));
        for (i, untouched) in self.untouched.iter_mut().enumerate() {
            let driven = size(driven, i) <= UNTOUCHED * UNTOUCHED * drives * conditions[i];
            *untouched = driven && size(felt, i) <= UNTOUCHED * UNTOUCHED * feels;
        }
    }
}

/// $\int_0^1 t^2 e^{z t} dt$ and $\int_0^1 t^3 e^{z t} dt$, with $e^z$ and the first moment at hand.
fn higher(z: Complex64, power: Complex64, first: Complex64) -> (Complex64, Complex64) {
    if z.norm_sqr() > NEAR * NEAR {
        let inverse = z.inv();
        let second = (power - 2.0 * first) * inverse;
        return (second, (power - 3.0 * second) * inverse);
    }
    // sum_k z^k / (k! (k + 3)) and sum_k z^k / (k! (k + 4))
    let (mut second, mut third, mut term) = (Complex64::ZERO, Complex64::ZERO, Complex64::ONE);
    for k in 0..TERMS {
        let order = k as f64;
        second += term / (order + 3.0);
        third += term / (order + 4.0);
        term *= z / (order + 1.0);
    }
    (second, third)
}
