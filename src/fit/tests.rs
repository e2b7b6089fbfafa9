//! Oracles for the internals: direct sums, central differences, enumeration of active sets.

use num_complex::Complex64;
use proptest::prelude::*;

use super::cholesky;
use super::objective::amplitudes::InnerSolution;
use super::objective::derivatives::Evaluation;
use super::objective::gram::GramPath;
use super::objective::{accurate, sums, svd};
use super::options::{FitOptions, Margin};
use super::poles::{Linearised, Poles};
use super::problem::Problem;
use super::quadratic_program::QuadraticProgram;
use super::search::insertion::{Current, Insertion};
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
    let options = FitOptions { modes, amplitude_bound: bound, zero_start, ..FitOptions::default() };
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

fn modes(poles: &[Complex64]) -> usize {
    poles.iter().map(|p| if p.im > 0.0 { 2 } else { 1 }).sum()
}

fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |m, v| m.max(v.abs()))
}

fn apart(x: &[f64], y: &[f64]) -> f64 {
    assert_eq!(x.len(), y.len());
    x.iter().zip(y).fold(0.0, |m, (a, b)| m.max((a - b).abs()))
}

fn by_gram(problem: &Problem, spectrum: &Poles) -> Evaluation {
    let mut out = Evaluation::default();
    GramPath::default().evaluate(problem, spectrum, &mut out);
    out
}

fn by_factorisation(problem: &Problem, spectrum: &Poles) -> Evaluation {
    let mut out = Evaluation::default();
    accurate::evaluate(problem, spectrum, &mut out);
    out
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

#[test]
fn jacobi_factors_multiply_back() {
    let n = 7;
    let r = nalgebra::DMatrix::from_fn(n, n, |i, j| {
        if i <= j { ((3 * i + 5 * j + 1) as f64).sin() * 10_f64.powi(-(i as i32)) } else { 0.0 }
    });
    let (u, s, v) = svd::jacobi(&r);
    let product = &u * nalgebra::DMatrix::from_diagonal(&nalgebra::DVector::from_vec(s)) * v.transpose();
    assert!((product - &r).norm() < 1e-14 * r.norm());
    assert!((u.tr_mul(&u) - nalgebra::DMatrix::identity(n, n)).norm() < 1e-10);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn both_paths_agree(poles in any_poles(), case in 0_usize..4, zero_start: bool) {
        let p = problem(300, modes(&poles), bounds_for(case), zero_start);
        let Some(spectrum) = starts::assemble(&p.bounds, &poles) else { unreachable!() };
        let (fast, slow) = (by_gram(&p, &spectrum), by_factorisation(&p, &spectrum));
        let basis = accurate::basis(&spectrum, p.samples());
        let condition = basis.clone().svd(false, false).singular_values;
        let condition = condition.max() / condition.min();
        // The Gram path sees the square of the condition number, relative to the amplitudes it multiplies.
        let loss = 2e-14 * condition * condition * (1.0 + largest(&slow.amplitudes));
        prop_assume!(loss < 1e-4);
        let tolerance = 1e-9 + 1e2 * loss;
        prop_assert!((fast.value - slow.value).abs() < tolerance);
        prop_assert!(apart(&fast.amplitudes, &slow.amplitudes) < tolerance * (1.0 + largest(&slow.amplitudes)));
        prop_assert!((fast.multiplier - slow.multiplier).abs() <= tolerance * (1.0 + slow.multiplier));
        for (a, b) in [
            (&fast.gradient, &slow.gradient),
            (&fast.hessian, &slow.hessian),
            (&fast.gauss_newton, &slow.gauss_newton),
        ] {
            prop_assert!(apart(a, b) < tolerance * (1.0 + largest(&slow.amplitudes)), "{a:?} {b:?}");
        }
    }

    #[test]
    fn derivatives_match_central_differences(poles in any_poles(), case in 0_usize..4, zero_start: bool) {
        let p = problem(200, modes(&poles), bounds_for(case), zero_start);
        let Some(spectrum) = starts::assemble(&p.bounds, &poles) else { unreachable!() };
        let at = by_factorisation(&p, &spectrum);
        let n = spectrum.modes();
        let h = 1e-4;
        for k in 0..n {
            let shifted = |step: f64| {
                let mut s = spectrum.clone();
                s.theta[k] += step;
                by_factorisation(&p, &s)
            };
            let (plus, minus) = (shifted(h), shifted(-h));
            // Central differences say nothing across a switch of the active set.
            prop_assume!((plus.multiplier > 0.0) == (minus.multiplier > 0.0));
            let slope = (plus.value - minus.value) / (2.0 * h);
            let scale = 1.0 + largest(&at.amplitudes).powi(2);
            prop_assert!((slope - at.gradient[k]).abs() < 1e-6 * scale, "{slope} {}", at.gradient[k]);
            for j in 0..n {
                let bend = (plus.gradient[j] - minus.gradient[j]) / (2.0 * h);
                let given = at.hessian[k * n + j];
                prop_assert!((bend - given).abs() < 1e-4 * scale, "{k} {j}: {bend} {given}");
            }
        }
    }

    #[test]
    fn the_inner_problem_meets_its_optimality_conditions(
        entries in prop::collection::vec(-1.0_f64..1.0, 36),
        moments in prop::collection::vec(-1.0_f64..1.0, 6),
        bound in prop_oneof![Just(None), (1e-3_f64..10.0).prop_map(Some)],
        rank in 1_usize..7,
    ) {
        let n = 6;
        // G = B^T B with B rank x n, moments in its range where there is no bound.
        let mut gram = vec![0.0; n * n];
        for i in 0..n {
            for j in 0..n {
                gram[i * n + j] = (0..rank).map(|r| entries[r * n + i] * entries[r * n + j]).sum();
            }
        }
        let mut right = vec![0.0; n];
        cholesky::multiply(&gram, n, &moments, &mut right);
        let mut inner = InnerSolution::default();
        inner.solve(&gram, &right, bound);
        let d = &inner.reduced;
        let size = cholesky::norm(d);
        let mut image = vec![0.0; n];
        cholesky::multiply(&gram, n, d, &mut image);
        for i in 0..n {
            prop_assert!((image[i] + inner.multiplier * d[i] - right[i]).abs() < 1e-7);
        }
        prop_assert!(inner.multiplier >= 0.0);
        if let Some(bound) = bound {
            prop_assert!(size <= bound * (1.0 + 1e-12));
            prop_assert!(inner.multiplier * (bound - size) < 1e-9);
        } else {
            prop_assert!(inner.multiplier == 0.0);
        }
    }

    #[test]
    fn the_quadratic_program_matches_enumeration(
        entries in prop::collection::vec(-1.0_f64..1.0, 9),
        gradient in prop::collection::vec(-3.0_f64..3.0, 3),
        rows in prop::collection::vec(-1.0_f64..1.0, 18),
        rhs in prop::collection::vec(-0.5_f64..0.0, 6),
        touching in 0_usize..4,
    ) {
        let (n, count) = (3, 6);
        let mut rhs = rhs;
        rhs[..touching].fill(0.0); // several constraints active at the start
        let mut h = vec![0.0; 9];
        for i in 0..n {
            for j in 0..n {
                h[i * n + j] = (0..n).map(|k| entries[k * n + i] * entries[k * n + j]).sum::<f64>()
                    + if i == j { 0.1 } else { 0.0 };
            }
        }
        let objective = |p: &[f64]| {
            let mut image = vec![0.0; n];
            cholesky::multiply(&h, n, p, &mut image);
            0.5 * cholesky::dot(p, &image) + cholesky::dot(&gradient, p)
        };
        let feasible = |p: &[f64], slack: f64| (0..count).all(|i| cholesky::dot(&rows[i * n..(i + 1) * n], p) >= rhs[i] - slack);
        let mut factor = h.clone();
        prop_assert!(cholesky::factor(&mut factor, n));
        let mut program = QuadraticProgram::default();
        program.solve(&factor, &gradient, &rows, &rhs);
        let p = program.step.clone();
        prop_assert!(feasible(&p, 1e-10));
        // Oracle: every subset of at most n rows taken as equalities, by the KKT system.
        let mut best = f64::INFINITY;
        for subset in 0_u32..(1 << count) {
            let set: Vec<usize> = (0..count).filter(|i| subset >> i & 1 == 1).collect();
            if set.len() > n {
                continue;
            }
            let size = n + set.len();
            let kkt = nalgebra::DMatrix::from_fn(size, size, |i, j| match (i < n, j < n) {
                (true, true) => h[i * n + j],
                (true, false) => -rows[set[j - n] * n + i],
                (false, true) => rows[set[i - n] * n + j],
                (false, false) => 0.0,
            });
            let b = nalgebra::DVector::from_fn(size, |i, _| if i < n { -gradient[i] } else { rhs[set[i - n]] });
            if let Some(x) = kkt.lu().solve(&b) {
                let x: Vec<f64> = x.iter().take(n).copied().collect();
                if feasible(&x, 1e-11) {
                    best = best.min(objective(&x));
                }
            }
        }
        prop_assert!((objective(&p) - best).abs() < 1e-8 * (1.0 + best.abs()), "{} {best}", objective(&p));
        // Multipliers: stationarity of the Lagrangian.
        let mut image = vec![0.0; n];
        cholesky::multiply(&h, n, &p, &mut image);
        for i in 0..n {
            let pull: f64 = program.active.iter().map(|&(row, nu)| nu * rows[row * n + i]).sum();
            prop_assert!((image[i] + gradient[i] - pull).abs() < 1e-8);
        }
        prop_assert!(program.active.iter().all(|&(_, nu)| nu >= 0.0));
    }

    #[test]
    fn linearised_steps_stay_feasible(poles in any_poles(), step in prop::collection::vec(-3.0_f64..3.0, 12)) {
        let p = problem(300, modes(&poles), None, false);
        let Some(mut spectrum) = starts::assemble(&p.bounds, &poles) else { unreachable!() };
        prop_assert!(p.bounds.contains(&spectrum));
        let n = spectrum.modes();
        let mut rows = Linearised::default();
        p.bounds.linearise(&spectrum, &mut rows);
        // The nearest step to the wanted one that satisfies the rows.
        let wanted: Vec<f64> = step[..n].iter().map(|x| -10.0 * x).collect();
        let identity: Vec<f64> = (0..n * n).map(|i| if i % (n + 1) == 0 { 1.0 } else { 0.0 }).collect();
        let mut program = QuadraticProgram::default();
        program.solve(&identity, &wanted, &rows.rows, &rows.rhs);
        for (x, d) in spectrum.theta.iter_mut().zip(&program.step) {
            *x += d;
        }
        prop_assert!(p.bounds.contains(&spectrum));
    }

    #[test]
    fn screening_foresees_the_decrease(poles in any_poles(), zero_start: bool, pair: bool) {
        let p = problem(300, modes(&poles), None, zero_start);
        let Some(spectrum) = starts::assemble(&p.bounds, &poles) else { unreachable!() };
        let mut gram = GramPath::default();
        let mut fit = Evaluation::default();
        gram.solve(&p, &spectrum, &mut fit);
        let mut insertion = Insertion::new(&p);
        let current = Current { problem: &p, spectrum: &spectrum, gram: &gram, fit: &fit };
        let basis = accurate::basis(&spectrum, p.samples()).svd(false, false).singular_values;
        let condition = basis.max() / basis.min();
        for (pole, score) in insertion.scored(&current, pair).into_iter().step_by(7) {
            let mut grown = spectrum.clone();
            grown.push(pole);
            let decrease = by_factorisation(&p, &spectrum).value - by_factorisation(&p, &grown).value;
            // The ridge and the floor under the Schur complement blur poles that hardly differ from the basis.
            let distant = (0..spectrum.units()).all(|unit| (spectrum.pole(unit) - pole).norm() > 5.0);
            if condition < 1e3 && distant && pole.re > -10.0 && (!pair || pole.im > 5.0) {
                prop_assert!((0.5 * score - decrease).abs() <= 0.02 * decrease + 1e-4, "{pole} {score} {decrease}");
            }
        }
    }
}

#[test]
fn the_margin_is_resolved_once() {
    let options = FitOptions { margin: Margin::Rate(0.25), ..FitOptions::default() };
    assert_eq!(options.margin_rate(100.0), 0.25);
    assert_eq!(FitOptions::default().margin_rate(100.0), 0.01);
}
