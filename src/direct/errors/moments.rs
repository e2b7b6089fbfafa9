//! Difference quotients of eigenvalues, and the moments of exponentials that first-order changes need.

use nalgebra::DMatrix;
use num_complex::Complex64;

use super::modes::Modes;
use crate::direct::packed::{Sides, Table, pack};

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
    /// $T S T^T$ and $T D T^{-1}$.
    pub(super) real_integral: DMatrix<f64>,
    pub(super) real_quotients: DMatrix<f64>,
    sensitivities: Vec<f64>,
    untouched: Vec<bool>,
}

impl Moments {
    pub(super) fn new(n: usize) -> Self {
        let table = || vec![Complex64::ZERO; n * n];
        Self {
            quotients: table(),
            second: table(),
            third: table(),
            real_integral: DMatrix::zeros(n, n),
            real_quotients: DMatrix::zeros(n, n),
            sensitivities: vec![0.0; n],
            untouched: vec![false; n],
        }
    }

    /// Fills the tables; false where two eigenvalues that the loop moves are too close to each other.
    ///
    /// What rounding leaves of a squared quotient grows with the condition numbers of both eigenvalues.
    /// Several equal ones that the loop neither drives nor sees, of which a loop of low rank leaves many
    /// where A has equal eigenvalues, stay equal and need no quotient.
    pub(super) fn fill(&mut self, modes: &Modes<'_>, driven: &[Complex64], felt: &[Complex64]) -> bool {
        let n = modes.len();
        let (values, heads) = (&modes.basis.values, &modes.basis.heads);
        self.fill_sensitivities(modes, driven, felt);
        for (row, head) in heads.iter().enumerate() {
            let i = head.at;
            for k in 0..n {
                let at = row * n + k;
                let z = values[i] + values[k];
                let power = modes.tables.end[i] * modes.tables.end[k];
                let slope = modes.tables.integral_slope[at];
                (self.second[at], self.third[at]) = higher(z, power, slope);
                let gap = values[i] - values[k];
                let condition = self.sensitivities[i] * self.sensitivities[k];
                self.quotients[at] = if i == k {
                    Complex64::ZERO
                } else if condition * f64::EPSILON <= QUOTIENTS * gap.norm_sqr() {
                    gap.inv()
                } else if self.untouched[i] && self.untouched[k] {
                    Complex64::ZERO
                } else {
                    return false;
                };
            }
        }
        pack(&modes.tables.integral, heads, heads, Sides::Up, &mut self.real_integral);
        pack(&self.quotients, heads, heads, Sides::Crossed, &mut self.real_quotients);
        true
    }

    /// Condition numbers of eigenvalues, and which of them the loop leaves alone.
    fn fill_sensitivities(&mut self, modes: &Modes<'_>, driven: &[Complex64], felt: &[Complex64]) {
        let n = modes.len();
        let left = &modes.basis.left;
        for head in &modes.basis.heads {
            let width = if head.pair { 2 } else { 1 };
            let rows: f64 = (head.at..head.at + width).map(|i| left.row(i).norm_squared()).sum();
            for i in head.at..head.at + width {
                self.sensitivities[i] = rows.sqrt() / width as f64;
            }
        }
        let size = |list: &[Complex64], i: usize| -> f64 {
            list.iter().skip(i).step_by(n).map(|x| x.norm_sqr()).sum::<f64>().sqrt()
        };
        let most = |scale: &dyn Fn(usize) -> f64| (0..n).map(scale).fold(0.0, f64::max);
        let drives = most(&|i| size(driven, i) / self.sensitivities[i]);
        let feels = most(&|i| size(felt, i));
        for (i, untouched) in self.untouched.iter_mut().enumerate() {
            let driven = size(driven, i) <= UNTOUCHED * drives * self.sensitivities[i];
            *untouched = driven && size(felt, i) <= UNTOUCHED * feels;
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
