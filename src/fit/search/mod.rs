//! The search over local minima: constructed starts, then kicks that move one unit at a time.

pub(super) mod insertion;
pub(super) mod starts;

use num_complex::Complex64;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::fit::objective::accurate;
use crate::fit::objective::derivatives::Evaluation;
use crate::fit::objective::gram::{self, Solved};
use crate::fit::options::FitOptions;
use crate::fit::poles::Poles;
use crate::fit::problem::Problem;
use crate::fit::refine::{Budget, refine};
use crate::fit::result::FitOrigin;
use crate::{Error, Result};
use insertion::{Insertion, Scan};

/// Refinement of a start or kick: enough to rank it.
const COARSE: Budget = Budget { evaluations: 25, relative: 1e-4, absolute: 1e-12 };
/// Refinement of a new best.
const FINE: Budget = Budget { evaluations: 60, relative: 1e-8, absolute: 1e-15 };
/// Final refinement on the accurate path.
pub(super) const POLISH: Budget = Budget { evaluations: 60, relative: 1e-13, absolute: 1e-31 };

/// Kicks of two units at once without success, before a chain ends.
const DOUBLE_KICKS: usize = 4;
/// A value that leaves nothing to search for (the Gram path resolves no less).
const NEGLIGIBLE: f64 = 5e-13;

/// A local minimum and where it came from.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) poles: Poles,
    pub(crate) value: f64,
    pub(crate) origin: FitOrigin,
}

/// The search's state.
pub(crate) struct Search<'a> {
    problem: &'a Problem,
    insertion: Insertion,
    rng: ChaCha8Rng,
    pub(crate) evaluations: usize,
}

impl<'a> Search<'a> {
    pub(crate) fn new(problem: &'a Problem, options: &FitOptions) -> Self {
        Self {
            problem,
            insertion: Insertion::new(problem),
            rng: ChaCha8Rng::seed_from_u64(options.seed),
            evaluations: 0,
        }
    }

    fn refine(&mut self, poles: &mut Poles, budget: Budget) -> f64 {
        let refined = refine(self.problem, poles, budget, gram::evaluate);
        self.evaluations += refined.evaluations;
        let Evaluation { value, amplitudes, .. } = refined.best;
        if value > gram::resolution(&amplitudes) {
            return value;
        }
        // Huge amplitudes that cancel, or a perfect fit: only the accurate path can tell.
        self.evaluations += 1;
        accurate::evaluate(self.problem, poles).value
    }

    /// The best poles found within the effort.
    pub(crate) fn run(&mut self, options: &FitOptions, warm: &[Poles]) -> Result<Found> {
        let mut found: Vec<Found> = Vec::new();
        let modes = self.problem.modes;
        let mut reals: Vec<usize> = (modes % 2..=modes).step_by(2).take(2).collect();
        if !self.problem.bounds.allows_pairs() {
            reals = vec![modes];
        }
        for poles in warm {
            // Whether each unit to add is a pair.
            let plans: &[&[bool]] = match modes - poles.modes() {
                0 => &[&[]],
                1 => &[&[false]],
                2 => &[&[true], &[false, false]],
                _ => &[],
            };
            for plan in plans {
                let grown = self.complete(poles.clone(), plan);
                self.admit(&mut found, grown, FitOrigin::FewerModes);
            }
        }
        for &r in &reals {
            let greedy = self.greedy(r);
            self.admit(&mut found, greedy, FitOrigin::Greedy);
        }
        let stride = (self.problem.samples() / 144).max(1);
        self.admit(&mut found, starts::pencil(self.problem, stride), FitOrigin::MatrixPencil);
        if stride > 1 {
            self.admit(&mut found, starts::pencil(self.problem, 1), FitOrigin::MatrixPencil);
        }
        for &r in &reals {
            self.admit(&mut found, starts::evenly_spaced(self.problem, r), FitOrigin::EvenlySpaced);
        }
        for index in 0..options.random_starts {
            let poles = starts::random(self.problem, reals[index % reals.len()], &mut self.rng);
            self.admit(&mut found, poles, FitOrigin::Random);
        }
        if found.is_empty() {
            for r in (modes % 2..=modes).step_by(2) {
                self.admit(&mut found, starts::packed(self.problem, r), FitOrigin::Packed);
            }
        }
        found.sort_by(|a, b| a.value.total_cmp(&b.value));
        if found.is_empty() {
            return Err(Error::Infeasible {
                modes,
                constraint: "the separation inside the frequency and decay limits",
                remedy: "lower the separation, raise the limits, or use fewer modes",
            });
        }
        // Distinct local minima in turn, random ones when those run out; the best of all chains.
        let mut best = found[0].clone();
        let mut queue = found.into_iter();
        let mut last = f64::NEG_INFINITY;
        while self.evaluations < options.effort && best.value > NEGLIGIBLE {
            let chain = match queue.next() {
                Some(next) if next.value - last <= 1e-3 * last.abs() => continue,
                Some(next) => Some(next),
                None => self.random_start(&reals),
            };
            let Some(mut chain) = chain else { break };
            last = chain.value;
            self.iterate(&mut chain, options.effort);
            if chain.value < best.value * (1.0 - 1e-9) {
                best = chain;
            }
        }
        Ok(best)
    }

    fn random_start(&mut self, reals: &[usize]) -> Option<Found> {
        let r = reals[self.rng.random_range(0..reals.len())];
        let mut poles = starts::random(self.problem, r, &mut self.rng)?;
        let value = self.refine(&mut poles, COARSE);
        Some(Found { poles, value, origin: FitOrigin::Random })
    }

    fn admit(&mut self, found: &mut Vec<Found>, poles: Option<Poles>, origin: FitOrigin) {
        if let Some(mut poles) = poles {
            let value = self.refine(&mut poles, COARSE);
            if value.is_finite() {
                found.push(Found { poles, value, origin });
            }
        }
    }

    /// Units added one by one where they promise most, everything refined in between.
    fn greedy(&mut self, reals: usize) -> Option<Poles> {
        let mut poles = Poles::default();
        for _ in 0..reals {
            poles = self.insert(poles, false, &[], 1).pop()?;
        }
        while poles.modes() < self.problem.modes {
            if poles.modes() > 1 {
                self.refine(&mut poles, Budget { evaluations: 8, ..COARSE });
            }
            poles = self.insert(poles, true, &[], 1).pop()?;
        }
        Some(poles)
    }

    /// Copies of the poles with the most promising units added, best first.
    fn insert(&mut self, poles: Poles, pair: bool, avoid: &[Complex64], count: usize) -> Vec<Poles> {
        let solved = Solved::new(self.problem, &poles);
        self.evaluations += 4; // The scan over the grid costs about as much as four evaluations.
        let bounds = &self.problem.bounds;
        let scan = &mut Scan::new(self.problem, &poles, &solved);
        let mut added = self.insertion.best(scan, pair, avoid, count);
        if added.is_empty() {
            let near = Complex64::new(bounds.sigma_max, if pair { bounds.omega_min } else { 0.0 });
            added.extend(starts::place(bounds, &poles, near));
        }
        let grown = |pole| {
            let mut grown = poles.clone();
            grown.push(pole);
            grown
        };
        added.into_iter().map(grown).collect()
    }

    /// Iterated local search: take units out, put them back elsewhere, keep what improves.
    fn iterate(&mut self, best: &mut Found, effort: usize) {
        self.refine_best(best);
        let mut since = 0;
        let mut unit = 0;
        while self.evaluations < effort && best.value > NEGLIGIBLE {
            let units = best.poles.units();
            if since >= units + DOUBLE_KICKS {
                break;
            }
            let kicked = if since < units {
                unit = (unit + 1) % units;
                self.kick(&best.poles, &[unit])
            } else {
                let first = self.rng.random_range(0..units);
                let second = self.rng.random_range(0..units);
                self.kick(&best.poles, &[first, second])
            };
            since += 1;
            for mut poles in kicked {
                let value = self.refine(&mut poles, COARSE);
                if value < best.value * (1.0 - 1e-6) {
                    (best.poles, best.value) = (poles, value);
                    self.refine_best(best);
                    (since, unit) = (0, 0);
                    break;
                }
            }
        }
    }

    fn refine_best(&mut self, best: &mut Found) {
        let mut poles = best.poles.clone();
        let value = self.refine(&mut poles, FINE);
        if value <= best.value {
            (best.poles, best.value) = (poles, value);
        }
    }

    /// Spectra with the given units replaced.
    fn kick(&mut self, from: &Poles, units: &[usize]) -> Vec<Poles> {
        let mut order = units.to_vec();
        order.sort_unstable();
        order.dedup();
        let mut rest = from.clone();
        let mut removed = Vec::new();
        for &unit in order.iter().rev() {
            removed.push(from.unit(unit).pole);
            rest.remove(unit);
        }
        let missing = from.modes() - rest.modes();
        if order.len() == 1 {
            let mut kicked = self.insert(rest.clone(), missing == 2, &removed, missing);
            if missing == 2 {
                kicked.extend(self.complete(rest, &[false, false]));
            }
            return kicked;
        }
        let pairs_allowed = self.problem.bounds.allows_pairs();
        let (mut plan, mut left) = (Vec::new(), missing);
        while left > 0 {
            let pair = left >= 2 && pairs_allowed && (left.is_multiple_of(2) || self.rng.random_bool(0.5));
            plan.push(pair);
            left -= 1 + usize::from(pair);
        }
        self.complete(rest, &plan).into_iter().collect()
    }

    fn complete(&mut self, mut poles: Poles, plan: &[bool]) -> Option<Poles> {
        for &pair in plan {
            poles = self.insert(poles, pair, &[], 1).pop()?;
        }
        Some(poles)
    }
}
