//! The nonlinear parameters of a fit, and the set they may move in.
//!
//! Rates are in units of 1/T here (T the duration of the motif), so that a step of one is about a sixth
//! of a Fourier bin whatever the units of the data.

use nalgebra::DMatrix;
use num_complex::Complex64;

use super::result::ActiveConstraint;

/// `theta = [sigma_1, omega_1, ..., sigma_p, omega_p, l_1, ..., l_r]`: p conjugate pairs, then r real
/// eigenvalues.
///
/// The amplitudes have the same layout: real and imaginary part for a pair, one number for a real eigenvalue.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Poles {
    pub(crate) pairs: usize,
    pub(crate) theta: Vec<f64>,
}

/// A pair or a real eigenvalue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unit {
    /// Position of its first parameter, and of its first amplitude.
    pub(crate) at: usize,
    pub(crate) pair: bool,
    /// The member with imaginary part >= 0.
    pub(crate) pole: Complex64,
}

impl Poles {
    pub(crate) fn modes(&self) -> usize {
        self.theta.len()
    }

    /// Number of units.
    pub(crate) fn units(&self) -> usize {
        self.theta.len() - self.pairs
    }

    pub(crate) fn unit(&self, index: usize) -> Unit {
        let pair = index < self.pairs;
        let at = if pair { 2 * index } else { self.pairs + index };
        Unit { at, pair, pole: Complex64::new(self.theta[at], if pair { self.theta[at + 1] } else { 0.0 }) }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Unit> {
        (0..self.units()).map(|index| self.unit(index))
    }

    fn set(&mut self, unit: Unit, pole: Complex64) {
        self.theta[unit.at] = pole.re;
        if unit.pair {
            self.theta[unit.at + 1] = pole.im;
        }
    }

    /// Appends a pair (imaginary part > 0) or a real eigenvalue (imaginary part 0).
    pub(crate) fn push(&mut self, pole: Complex64) {
        if pole.im > 0.0 {
            let at = 2 * self.pairs;
            self.theta.splice(at..at, [pole.re, pole.im]);
            self.pairs += 1;
        } else {
            self.theta.push(pole.re);
        }
    }

    pub(crate) fn remove(&mut self, index: usize) {
        let Unit { at, pair, .. } = self.unit(index);
        self.theta.drain(at..=at + usize::from(pair));
        self.pairs -= usize::from(pair);
    }
}

/// The feasible set: a box for every pole, and a distance between any two eigenvalues.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bounds {
    pub(crate) sigma_min: f64,
    pub(crate) sigma_max: f64,
    pub(crate) omega_min: f64,
    pub(crate) omega_max: f64,
    pub(crate) separation: f64,
}

/// Constraints `a_i . step >= rhs_i`; every `rhs_i <= 0`, so the zero step is feasible.
#[derive(Debug, Clone, Default)]
pub(crate) struct Linearised {
    rows: Vec<f64>,
    pub(crate) rhs: Vec<f64>,
    /// What each stands for, with the positions of eigenvalues in `theta`.
    pub(crate) kinds: Vec<ActiveConstraint>,
}

impl Linearised {
    fn push(&mut self, modes: usize, kind: ActiveConstraint, entries: &[(usize, f64)], rhs: f64) {
        let start = self.rows.len();
        self.rows.resize(start + modes, 0.0);
        for &(index, value) in entries {
            self.rows[start + index] += value;
        }
        self.rhs.push(rhs.min(0.0));
        self.kinds.push(kind);
    }

    /// The `a_i` as columns.
    pub(crate) fn matrix(&self) -> DMatrix<f64> {
        let modes = self.rows.len() / self.rhs.len().max(1);
        DMatrix::from_column_slice(modes, self.rhs.len(), &self.rows)
    }
}

/// Relative excess demanded of distances, so that rounding never leaves a pair too close.
const GUARD: f64 = 1e-11;

impl Bounds {
    /// Nearest point of the box; a pole on the real axis stays there.
    pub(crate) fn clip(&self, pole: Complex64) -> Complex64 {
        let re = pole.re.clamp(self.sigma_min, self.sigma_max);
        if pole.im > 0.0 {
            Complex64::new(re, pole.im.min(self.omega_max).max(self.omega_min))
        } else {
            Complex64::new(re, 0.0)
        }
    }

    pub(crate) fn allows_pairs(&self) -> bool {
        self.omega_min <= self.omega_max
    }

    /// Whether a pole of the box keeps its distance from every unit.
    ///
    /// Upper-half poles suffice: with `omega >= separation/2` a conjugate is never nearer than that.
    pub(crate) fn has_room(&self, poles: &Poles, pole: Complex64) -> bool {
        let least = self.separation * (1.0 + GUARD);
        self.separation == 0.0 || poles.iter().all(|unit| (unit.pole - pole).norm() >= least)
    }

    #[cfg(test)]
    pub(crate) fn contains(&self, poles: &Poles) -> bool {
        let poles: Vec<Complex64> = poles.iter().map(|unit| unit.pole).collect();
        let inside = |pole: Complex64| (self.clip(pole) - pole).norm() <= 1e-10 * (1.0 + pole.norm());
        let apart = |a: Complex64, b: Complex64| (a - b).norm() * (1.0 + 1e-10) >= self.separation;
        (0..poles.len()).all(|i| inside(poles[i]) && (0..i).all(|j| apart(poles[i], poles[j])))
    }

    /// Puts parameters that left the feasible set by a rounding error back; false if it was more than that.
    pub(crate) fn repair(&self, poles: &mut Poles) -> bool {
        for _ in 0..60 {
            for index in 0..poles.units() {
                let unit = poles.unit(index);
                // A pair stays one, even where rounding carried it below the real axis.
                let im = if unit.pair { unit.pole.im.max(self.omega_min) } else { 0.0 };
                poles.set(unit, self.clip(Complex64::new(unit.pole.re, im)));
            }
            if self.separation == 0.0 || !self.push_apart(poles) {
                return true;
            }
        }
        false
    }

    /// Moves poles that are too close away from each other, half each; false if there are none.
    fn push_apart(&self, poles: &mut Poles) -> bool {
        let (least, aim) = (self.separation * (1.0 + 0.1 * GUARD), self.separation * (1.0 + GUARD));
        let mut pushed = false;
        for i in 0..poles.units() {
            for j in 0..i {
                let (a, b) = (poles.unit(i), poles.unit(j));
                let gap = a.pole - b.pole;
                let distance = gap.norm();
                if distance < least {
                    // Poles that coincide have no direction of their own.
                    let direction = if distance > 0.0 { gap / distance } else { Complex64::ONE };
                    let shift = direction * (0.5 * (aim - distance));
                    poles.set(a, a.pole + shift);
                    poles.set(b, b.pole - shift);
                    pushed = true;
                }
            }
        }
        pushed
    }

    /// The constraints at feasible poles, distances replaced by their linearisation.
    ///
    /// A distance is a convex function of the poles, so it is never smaller than its linearisation: a step
    /// that satisfies these rows satisfies the true constraints.
    pub(crate) fn linearise(&self, poles: &Poles) -> Linearised {
        use ActiveConstraint::{DecayLimit, FrequencyLimit, Margin, Separation};
        let mut out = Linearised::default();
        let modes = poles.modes();
        for (i, Unit { at, pair, pole }) in poles.iter().enumerate() {
            out.push(modes, Margin { index: at }, &[(at, -1.0)], pole.re - self.sigma_max);
            out.push(modes, DecayLimit { index: at }, &[(at, 1.0)], self.sigma_min - pole.re);
            if pair {
                let conjugate = Separation { first: at, second: at + 1 };
                out.push(modes, conjugate, &[(at + 1, 1.0)], self.omega_min - pole.im);
                out.push(modes, FrequencyLimit { index: at }, &[(at + 1, -1.0)], pole.im - self.omega_max);
            }
            if self.separation == 0.0 {
                continue;
            }
            for other in poles.iter().take(i) {
                let (gap, to) = (pole - other.pole, other.at);
                let distance = gap.norm();
                let (re, im) = (gap.re / distance, gap.im / distance);
                let mut entries = vec![(at, re), (to, -re)];
                entries.extend(pair.then_some((at + 1, im)));
                entries.extend(other.pair.then_some((to + 1, -im)));
                let rhs = self.separation * (1.0 + GUARD) - distance;
                out.push(modes, Separation { first: to, second: at }, &entries, rhs);
            }
        }
        out
    }
}
