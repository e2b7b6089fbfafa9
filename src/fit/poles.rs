//! The nonlinear parameters of a fit, and the set they may move in.
//!
//! Rates are in units of 1/T here (T the duration of the motif), so that a step of one is about a sixth
//! of a Fourier bin whatever the units of the data.

use num_complex::Complex64;

/// `theta = [sigma_1, omega_1, ..., sigma_p, omega_p, l_1, ..., l_r]`: p conjugate pairs, then r real eigenvalues.
///
/// A *unit* is a pair or a real eigenvalue; a unit's *pole* is its member with imaginary part >= 0.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Poles {
    pub(crate) pairs: usize,
    pub(crate) theta: Vec<f64>,
}

impl Poles {
    pub(crate) fn modes(&self) -> usize {
        self.theta.len()
    }

    pub(crate) fn units(&self) -> usize {
        self.theta.len() - self.pairs
    }

    /// Position of the unit's first parameter, and of its first amplitude.
    pub(crate) fn offset(&self, unit: usize) -> usize {
        if unit < self.pairs { 2 * unit } else { self.pairs + unit }
    }

    pub(crate) fn pole(&self, unit: usize) -> Complex64 {
        let at = self.offset(unit);
        if unit < self.pairs {
            Complex64::new(self.theta[at], self.theta[at + 1])
        } else {
            Complex64::new(self.theta[at], 0.0)
        }
    }

    /// Appends a pair (imaginary part > 0) or a real eigenvalue (imaginary part 0).
    pub(crate) fn push(&mut self, pole: Complex64) {
        if pole.im > 0.0 {
            let at = 2 * self.pairs;
            self.theta.insert(at, pole.im);
            self.theta.insert(at, pole.re);
            self.pairs += 1;
        } else {
            self.theta.push(pole.re);
        }
    }

    pub(crate) fn remove(&mut self, unit: usize) {
        let at = self.offset(unit);
        self.theta.remove(at);
        if unit < self.pairs {
            self.theta.remove(at);
            self.pairs -= 1;
        }
    }

    /// Same eigenvalues in other units of time.
    pub(crate) fn scaled(&self, factor: f64) -> Self {
        Self { pairs: self.pairs, theta: self.theta.iter().map(|x| x * factor).collect() }
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

/// What a row of the linearised constraints stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowKind {
    Margin(usize),
    DecayLimit(usize),
    Conjugate(usize),
    FrequencyLimit(usize),
    Separation(usize, usize),
}

/// Rows of `a_i . step >= rhs_i`, dense and row-major; every `rhs_i <= 0`, so the zero step is feasible.
#[derive(Debug, Clone, Default)]
pub(crate) struct Linearised {
    pub(crate) rows: Vec<f64>,
    pub(crate) rhs: Vec<f64>,
    pub(crate) kinds: Vec<RowKind>,
}

impl Linearised {
    fn push(&mut self, modes: usize, kind: RowKind, entries: &[(usize, f64)], rhs: f64) {
        let start = self.rows.len();
        self.rows.resize(start + modes, 0.0);
        for &(index, value) in entries {
            self.rows[start + index] += value;
        }
        self.rhs.push(rhs.min(0.0));
        self.kinds.push(kind);
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

    /// Whether a pole of the box keeps its distance from every unit of the spectrum.
    ///
    /// Upper-half poles suffice: with `omega >= separation/2` a conjugate is never nearer than that.
    pub(crate) fn has_room(&self, spectrum: &Poles, pole: Complex64) -> bool {
        let least = self.separation * (1.0 + GUARD);
        self.separation == 0.0
            || (0..spectrum.units()).all(|unit| (spectrum.pole(unit) - pole).norm() >= least)
    }

    #[cfg(test)]
    pub(crate) fn contains(&self, spectrum: &Poles) -> bool {
        let slack = 1.0 + 1e-10;
        let inside = (0..spectrum.units()).all(|unit| {
            let pole = spectrum.pole(unit);
            let near = self.clip(pole);
            (near - pole).norm() <= 1e-10 * (1.0 + pole.norm())
        });
        inside
            && (0..spectrum.units()).all(|i| {
                (0..i).all(|j| (spectrum.pole(i) - spectrum.pole(j)).norm() * slack >= self.separation)
            })
    }

    /// Puts parameters that left the feasible set by a rounding error back; false if it was more than that.
    pub(crate) fn repair(&self, spectrum: &mut Poles) -> bool {
        for _ in 0..60 {
            self.clip_spectrum(spectrum);
            if self.separation == 0.0 || !self.push_apart(spectrum) {
                return true;
            }
        }
        false
    }

    fn clip_spectrum(&self, spectrum: &mut Poles) {
        for unit in 0..spectrum.units() {
            // A pair stays one, even where rounding carried it below the real axis.
            let mut pole = spectrum.pole(unit);
            if unit < spectrum.pairs {
                pole.im = pole.im.max(self.omega_min);
            }
            self.store(spectrum, unit, self.clip(pole));
        }
    }

    /// Moves poles that are too close away from each other, half each; false if there are none.
    fn push_apart(&self, spectrum: &mut Poles) -> bool {
        let (least, aim) = (self.separation * (1.0 + 0.1 * GUARD), self.separation * (1.0 + GUARD));
        let mut pushed = false;
        for i in 0..spectrum.units() {
            for j in 0..i {
                let (a, b) = (spectrum.pole(i), spectrum.pole(j));
                let gap = a - b;
                let distance = gap.norm();
                if distance < least {
                    // Poles that coincide have no direction of their own.
                    let direction = if distance > 0.0 { gap / distance } else { Complex64::ONE };
                    let shift = direction * (0.5 * (aim - distance));
                    self.store(spectrum, i, a + shift);
                    self.store(spectrum, j, b - shift);
                    pushed = true;
                }
            }
        }
        pushed
    }

    fn store(&self, spectrum: &mut Poles, unit: usize, pole: Complex64) {
        let at = spectrum.offset(unit);
        spectrum.theta[at] = pole.re;
        if unit < spectrum.pairs {
            spectrum.theta[at + 1] = pole.im;
        }
    }

    /// The constraints at a feasible spectrum, distances replaced by their linearisation.
    ///
    /// A distance is a convex function of the poles, so it is never smaller than its linearisation: a step
    /// that satisfies these rows satisfies the true constraints.
    pub(crate) fn linearise(&self, spectrum: &Poles, out: &mut Linearised) {
        let modes = spectrum.modes();
        out.rows.clear();
        out.rhs.clear();
        out.kinds.clear();
        for i in 0..spectrum.units() {
            let (at, pole) = (spectrum.offset(i), spectrum.pole(i));
            out.push(modes, RowKind::Margin(i), &[(at, -1.0)], pole.re - self.sigma_max);
            out.push(modes, RowKind::DecayLimit(i), &[(at, 1.0)], self.sigma_min - pole.re);
            if i < spectrum.pairs {
                out.push(modes, RowKind::Conjugate(i), &[(at + 1, 1.0)], self.omega_min - pole.im);
                out.push(modes, RowKind::FrequencyLimit(i), &[(at + 1, -1.0)], pole.im - self.omega_max);
            }
            if self.separation == 0.0 {
                continue;
            }
            for j in 0..i {
                let gap = pole - spectrum.pole(j);
                let distance = gap.norm();
                let (re, im) = (gap.re / distance, gap.im / distance);
                let to = spectrum.offset(j);
                let mut entries = [(at, re), (to, -re), (at, 0.0), (to, 0.0)];
                if i < spectrum.pairs {
                    entries[2] = (at + 1, im);
                }
                if j < spectrum.pairs {
                    entries[3] = (to + 1, -im);
                }
                let rhs = self.separation * (1.0 + GUARD) - distance;
                out.push(modes, RowKind::Separation(j, i), &entries, rhs);
            }
        }
    }
}
