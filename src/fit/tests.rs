//! Oracles for the internals: direct sums, central differences, enumeration of active sets.

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;
use proptest::prelude::*;

use super::cholesky::cholesky;
use super::objective::amplitudes::InnerSolution;
use super::objective::gram::{self, Solved};
use super::objective::{accurate, sums};
use super::options::{FitOptions, FitStart};
use super::poles::Poles;
use super::problem::Problem;
use super::quadratic_program;
use super::search::insertion::{Insertion, Scan};
use super::search::starts;
use crate::motif::Motif;

fn motif(samples: usize) -> Motif {
    let step = |n: usize| match 5 * n / samples {
        0 => 0.4,
        1 => -0.7,
        2 => 0.1,
        3 => 0.9,
        _ => 0.0,
    };
    let wiggle = |n: usize| 0.05 * (0.37 * n as f64).sin();
    Motif::new(0.1, (0..samples).map(|n| step(n) + wiggle(n)).collect()).unwrap()
}

/// A problem with the amplitude bound switched off, tight, or loose.
fn problem(samples: usize, modes: usize, bound: Option<f64>, zero_start: bool) -> Problem {
    let options = FitOptions {
        modes,
        amplitude_bound: bound,
        start: if zero_start { FitStart::Zero } else { FitStart::Free },
        ..FitOptions::published()
    };
    Problem::new(&motif(samples), &options).unwrap()
}

prop_compose! {
    fn poles(pairs: usize, reals: usize)(
        pairs in prop::collection::vec((-30.0_f64..-1.0, 3.0_f64..60.0), pairs),
        reals in prop::collection::vec(-60.0_f64..-1.0, reals),
    ) -> Vec<Complex64> {
        let upper = pairs.into_iter().map(|(re, im)| Complex64::new(re, im));
        upper.chain(reals.into_iter().map(|re| Complex64::new(re, 0.0))).collect()
    }
}

fn any_poles() -> impl Strategy<Value = Vec<Complex64>> {
    (0_usize..5, 0_usize..4)
        .prop_filter("two modes at least", |(p, r)| 2 * p + r >= 2)
        .prop_flat_map(|(p, r)| poles(p, r))
}

/// A problem for these poles, and the poles with room between them.
fn setting(samples: usize, poles: &[Complex64], bound: Option<f64>, zero_start: bool) -> (Problem, Poles) {
    let modes = poles.iter().map(|p| if p.im > 0.0 { 2 } else { 1 }).sum();
    let problem = problem(samples, modes, bound, zero_start);
    let poles = starts::assemble(&problem.bounds, poles).unwrap();
    (problem, poles)
}

fn condition(problem: &Problem, poles: &Poles) -> f64 {
    let singular = accurate::basis(poles, problem.samples()).svd(false, false).singular_values;
    singular.max() / singular.min()
}

fn bounds_for(case: usize) -> Option<f64> {
    [None, Some(0.3), Some(0.05), Some(50.0)][case]
}

#[test]
fn geometric_sums_match_direct_summation() {
    for samples in [1, 2, 3, 7, 8, 63, 1000, 1049] {
        let z = [
            Complex64::new(1.0, 0.0),
            Complex64::new(0.999, 0.02),
            Complex64::new(-0.3, 0.4),
            Complex64::from_polar(1.0, 1e-7),
        ];
        let found = sums::geometric_sums(&z.map(|z| z.re), &z.map(|z| z.im), samples);
        for (l, &z) in z.iter().enumerate() {
            for (p, found) in found.iter().enumerate() {
                let term = |n: usize| z.powu(n as u32) * (n as f64).powi(p as i32);
                let direct: Complex64 = (0..samples).map(term).sum();
                let size: f64 = (0..samples).map(|n| term(n).norm()).sum::<f64>().max(1.0);
                let got = Complex64::new(found[0][l], found[1][l]);
                assert!((got - direct).norm() < 1e-12 * size, "{samples} {z} {p}: {got} {direct}");
            }
            let quick = sums::quick_sum(z, z.powu(samples as u32), samples);
            let direct: Complex64 = (0..samples).map(|n| z.powu(n as u32)).sum();
            assert!((quick - direct).norm() < 1e-7 * samples as f64);
        }
    }
}

#[test]
fn moments_match_direct_summation() {
    for samples in [1, 3, 4, 5, 100, 1003] {
        let p = problem(samples.max(6), 4, None, true);
        let samples = p.samples();
        for rate in [Complex64::new(-1.0, 20.0), Complex64::new(0.0, 0.0), Complex64::new(-5000.0, 3.0)] {
            let [y0, y1, y2] = &p.weighted;
            let found = sums::moments([y0.as_slice(), y1.as_slice(), y2.as_slice()], rate);
            for (found, y) in found.iter().zip(&p.weighted) {
                let term = |n: usize| (rate * (n as f64 / samples as f64)).exp() * y[n];
                let direct: Complex64 = (0..samples).map(term).sum();
                assert!((found - direct).norm() < 1e-12 * samples as f64);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn both_paths_agree(poles in any_poles(), case in 0_usize..4, zero_start: bool) {
        let (p, poles) = setting(300, &poles, bounds_for(case), zero_start);
        let (fast, slow) = (gram::evaluate(&p, &poles), accurate::evaluate(&p, &poles));
        // The Gram path sees the square of the condition number, relative to the amplitudes it multiplies.
        let size = 1.0 + slow.amplitudes.amax();
        let loss = 2e-14 * condition(&p, &poles).powi(2) * size;
        prop_assume!(loss < 1e-4);
        let tolerance = 1e-9 + 1e2 * loss;
        prop_assert!((fast.value - slow.value).abs() < tolerance);
        prop_assert!((fast.multiplier - slow.multiplier).abs() <= tolerance * (1.0 + slow.multiplier));
        for (a, b) in [(&fast.amplitudes, &slow.amplitudes), (&fast.gradient, &slow.gradient)] {
            prop_assert!((a - b).amax() < tolerance * size, "{a} {b}");
        }
        for (a, b) in [(&fast.hessian, &slow.hessian), (&fast.gauss_newton, &slow.gauss_newton)] {
            prop_assert!((a - b).amax() < tolerance * size, "{a} {b}");
        }
    }

    #[test]
    fn derivatives_match_central_differences(poles in any_poles(), case in 0_usize..4, zero_start: bool) {
        let (p, poles) = setting(200, &poles, bounds_for(case), zero_start);
        let at = accurate::evaluate(&p, &poles);
        let scale = 1.0 + at.amplitudes.amax().powi(2);
        let h = 1e-4;
        for k in 0..poles.modes() {
            let shifted = |step: f64| {
                let mut s = poles.clone();
                s.theta[k] += step;
                accurate::evaluate(&p, &s)
            };
            let (plus, minus) = (shifted(h), shifted(-h));
            // Central differences say nothing across a switch of the active set.
            prop_assume!((plus.multiplier > 0.0) == (minus.multiplier > 0.0));
            let slope = (plus.value - minus.value) / (2.0 * h);
            prop_assert!((slope - at.gradient[k]).abs() < 1e-6 * scale, "{slope} {}", at.gradient[k]);
            let bend = (plus.gradient - minus.gradient) / (2.0 * h);
            prop_assert!((&bend - at.hessian.column(k)).amax() < 1e-4 * scale, "{k}: {bend} {}", at.hessian);
        }
    }

    #[test]
    fn the_inner_problem_meets_its_optimality_conditions(
        entries in prop::collection::vec(-1.0_f64..1.0, 36),
        moments in prop::collection::vec(-1.0_f64..1.0, 6),
        bound in prop_oneof![Just(None), (1e-3_f64..10.0).prop_map(Some)],
        rank in 1_usize..7,
    ) {
        // G = B^T B with B rank x n, moments in its range where there is no bound.
        let b = DMatrix::from_row_slice(rank, 6, &entries[..6 * rank]);
        let gram = b.tr_mul(&b);
        let right = &gram * DVector::from_vec(moments);
        let inner = InnerSolution::new(&gram, &right, bound);
        let d = &inner.reduced;
        prop_assert!((&gram * d + d * inner.multiplier - right).amax() < 1e-7);
        prop_assert!(inner.multiplier >= 0.0);
        if let Some(bound) = bound {
            prop_assert!(d.norm() <= bound * (1.0 + 1e-12));
            prop_assert!(inner.multiplier * (bound - d.norm()) < 1e-9);
        } else {
            prop_assert!(inner.multiplier == 0.0);
        }
    }

    #[test]
    fn the_quadratic_program_matches_enumeration(
        entries in prop::collection::vec(-1.0_f64..1.0, 9),
        gradient in prop::collection::vec(-3.0_f64..3.0, 3),
        rows in prop::collection::vec(-1.0_f64..1.0, 18),
        mut rhs in prop::collection::vec(-0.5_f64..0.0, 6),
        touching in 0_usize..4,
    ) {
        let (n, count) = (3, 6);
        rhs[..touching].fill(0.0); // several constraints active at the start
        let b = DMatrix::from_vec(n, n, entries);
        let h = &b * b.transpose() + DMatrix::identity(n, n) * 0.1;
        let gradient = DVector::from_vec(gradient);
        let rows = DMatrix::from_vec(n, count, rows);
        let objective = |p: &DVector<f64>| 0.5 * p.dot(&(&h * p)) + gradient.dot(p);
        let feasible = |p: &DVector<f64>, slack| (0..count).all(|i| rows.column(i).dot(p) >= rhs[i] - slack);
        let found = quadratic_program::solve(&cholesky(h.clone()).unwrap(), &gradient, &rows, &rhs);
        let p = &found.step;
        prop_assert!(feasible(p, 1e-10));
        // Oracle: every subset of at most n rows taken as equalities, by the KKT system.
        let mut best = f64::INFINITY;
        for subset in 0_u32..(1 << count) {
            let set: Vec<usize> = (0..count).filter(|i| subset >> i & 1 == 1).collect();
            if set.len() > n {
                continue;
            }
            let size = n + set.len();
            let kkt = DMatrix::from_fn(size, size, |i, j| match (i < n, j < n) {
                (true, true) => h[(i, j)],
                (true, false) => -rows[(i, set[j - n])],
                (false, true) => rows[(j, set[i - n])],
                (false, false) => 0.0,
            });
            let b = DVector::from_fn(size, |i, _| if i < n { -gradient[i] } else { rhs[set[i - n]] });
            if let Some(x) = kkt.lu().solve(&b).map(|x| x.rows(0, n).into_owned())
                && feasible(&x, 1e-11)
            {
                best = best.min(objective(&x));
            }
        }
        prop_assert!((objective(p) - best).abs() < 1e-8 * (1.0 + best.abs()), "{} {best}", objective(p));
        // Multipliers: stationarity of the Lagrangian.
        let mut lagrangian = &h * p + &gradient;
        found.active.iter().for_each(|&(row, nu)| lagrangian -= rows.column(row) * nu);
        prop_assert!(lagrangian.amax() < 1e-8 && found.active.iter().all(|&(_, nu)| nu >= 0.0));
    }

    #[test]
    fn linearised_steps_stay_feasible(poles in any_poles(), step in prop::collection::vec(-3.0_f64..3.0, 12)) {
        let (p, mut poles) = setting(300, &poles, None, false);
        prop_assert!(p.bounds.contains(&poles));
        let n = poles.modes();
        let linearised = p.bounds.linearise(&poles);
        // The nearest step to the wanted one that satisfies the rows.
        let wanted = DVector::from_column_slice(&step[..n]) * -10.0;
        let identity = cholesky(DMatrix::identity(n, n)).unwrap();
        let found = quadratic_program::solve(&identity, &wanted, &linearised.matrix(), &linearised.rhs);
        poles.theta.iter_mut().zip(&found.step).for_each(|(x, d)| *x += d);
        prop_assert!(p.bounds.contains(&poles));
    }

    #[test]
    fn screening_foresees_the_decrease(poles in any_poles(), zero_start: bool, pair: bool) {
        let (p, poles) = setting(300, &poles, None, zero_start);
        let solved = Solved::new(&p, &poles);
        let before = accurate::evaluate(&p, &poles).value;
        let small = condition(&p, &poles) < 1e3;
        let scored = Insertion::new(&p).scored(&mut Scan::new(&p, &poles, &solved), pair);
        for (pole, score) in scored.into_iter().step_by(7) {
            // The ridge and the floor under the Schur complement blur poles that hardly differ from the
            // basis.
            let distant = poles.iter().all(|unit| (unit.pole - pole).norm() > 5.0);
            if small && distant && pole.re > -10.0 && (!pair || pole.im > 5.0) {
                let mut grown = poles.clone();
                grown.push(pole);
                let decrease = before - accurate::evaluate(&p, &grown).value;
                prop_assert!((0.5 * score - decrease).abs() <= 0.02 * decrease + 1e-4, "{pole} {score} {decrease}");
            }
        }
    }
}
