//! L-BFGS: known minima, infinite regions, refusals, and reports that tell the truth.

use std::ops::ControlFlow;

use crate::support::*;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use thalamo::Error;
use thalamo::optim::{LbfgsOptions, Minimum, Objective, Progress, Termination, minimise, minimise_observed};

/// An objective from a closure, which also remembers every point asked for.
struct Recorded<F> {
    dimension: usize,
    function: F,
    points: Vec<Vec<f64>>,
}

impl<F: FnMut(&[f64], &mut [f64]) -> f64> Objective for Recorded<F> {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        self.points.push(x.to_vec());
        (self.function)(x, gradient)
    }
}

fn recorded<F: FnMut(&[f64], &mut [f64]) -> f64>(dimension: usize, function: F) -> Recorded<F> {
    Recorded { dimension, function, points: Vec::new() }
}

/// Minimises, and checks what holds for every report.
fn run<F: FnMut(&[f64], &mut [f64]) -> f64>(
    dimension: usize,
    function: F,
    start: &[f64],
    options: &LbfgsOptions,
) -> Minimum {
    let mut objective = recorded(dimension, function);
    let minimum = minimise(&mut objective, start, options).unwrap();
    assert_eq!(minimum.evaluations, objective.points.len(), "evaluations are counted exactly");
    for (i, point) in objective.points.iter().enumerate() {
        // Where steps end in rounding they may fall on the same numbers again.
        let rounding = point.iter().zip(&minimum.point).all(|(x, y)| (x - y).abs() <= 1e-6 * (1.0 + y.abs()));
        assert!(rounding || !objective.points[..i].contains(point), "{point:?} was evaluated twice");
    }
    assert_eq!(objective.points[0], start);
    let mut gradient = vec![0.0; dimension];
    assert_eq!((objective.function)(start, &mut gradient), minimum.initial_value);
    assert_eq!((objective.function)(&minimum.point, &mut gradient), minimum.value);
    assert!((norm(&gradient) - minimum.gradient_norm).abs() <= 1e-14 * minimum.gradient_norm);
    for point in &objective.points {
        let value = (objective.function)(point, &mut gradient);
        assert!(
            value.is_nan() || gradient.iter().any(|g| g.is_nan()) || value >= minimum.value,
            "the best point"
        );
    }
    assert!(minimum.iterations <= options.max_iterations && minimum.iterations <= minimum.evaluations);
    minimum
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn rosenbrock(x: &[f64], g: &mut [f64]) -> f64 {
    g.fill(0.0);
    let mut value = 0.0;
    for i in 0..x.len() - 1 {
        let (a, b) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
        value += 100.0 * a * a + b * b;
        g[i] += -400.0 * a * x[i] - 2.0 * b;
        g[i + 1] += 200.0 * a;
    }
    value
}

fn exact() -> LbfgsOptions {
    LbfgsOptions::default().with(|o| (o.value_tolerance, o.max_iterations) = (0.0, 2000))
}

#[test]
fn rosenbrock_of_two_and_ten() {
    for (start, most) in [(vec![-1.2, 1.0], 60), ([-1.2, 1.0].repeat(5), 200)] {
        let minimum = run(start.len(), rosenbrock, &start, &exact());
        assert!(minimum.point.iter().all(|x| (x - 1.0).abs() < 1e-7), "{minimum:?}");
        assert!(minimum.value < 1e-15 && minimum.evaluations <= most, "{minimum:?}");
        assert_eq!(minimum.status, Termination::GradientSmall);
    }
}

proptest! {
    #![proptest_config(cases(30))]

    /// A convex quadratic of condition 1e6, against the solution of its linear system.
    #[test]
    fn quadratics(seed in 0u64..10_000, n in 2usize..=30, memory in 1usize..20) {
        let mut rng = rng(seed);
        let q = normal_matrix(n, n, &mut rng).qr().q();
        let scales = DVector::from_fn(n, |i, _| 10f64.powf(-6.0 * i as f64 / (n - 1) as f64));
        let h = &q * DMatrix::from_diagonal(&scales) * q.transpose();
        let solution = normal_vector(n, &mut rng);
        let b = &h * &solution;
        let function = |x: &[f64], g: &mut [f64]| {
            let x = DVector::from_column_slice(x);
            let hx = &h * &x;
            g.copy_from_slice((&hx - &b).as_slice());
            0.5 * x.dot(&hx) - b.dot(&x)
        };
        let options = exact().with(|o| (o.memory, o.max_iterations) = (memory, 20_000));
        let minimum = run(n, function, &vec![0.0; n], &options);
        let excess = minimum.value + 0.5 * b.dot(&solution);
        // |g|^2 / 2 over the smallest curvature, and rounding.
        let bound = minimum.gradient_norm.powi(2) / 2e-6 + 1e-14 * (1.0 + b.dot(&solution));
        prop_assert!(minimum.gradient_norm < 1e-7 && excess < bound, "{excess:e} {bound:e} {minimum:?}");
    }

    /// `c x - ln(1 - |x|^2)` lives inside the unit ball; starts come close to its edge.
    #[test]
    fn barriers(seed in 0u64..10_000, n in 1usize..8, edge in 1e-12f64..1.0, pull in 0.1f64..100.0) {
        let mut rng = rng(seed);
        let start = normal_vector(n, &mut rng).normalize() * (1.0 - edge);
        let function = |x: &[f64], g: &mut [f64]| {
            let inside = 1.0 - x.iter().map(|x| x * x).sum::<f64>();
            if inside <= 0.0 {
                g.fill(f64::NAN);
                return f64::INFINITY;
            }
            for (g, x) in g.iter_mut().zip(x) {
                *g = 2.0 * x / inside;
            }
            g[0] += pull;
            pull * x[0] - inside.ln()
        };
        let minimum = run(n, function, start.as_slice(), &exact());
        let expected = (1.0 - (1.0 + pull * pull).sqrt()) / pull;
        prop_assert!((minimum.point[0] - expected).abs() < 1e-6, "{minimum:?} {expected}");
        prop_assert!(norm(&minimum.point[1..]) < 1e-5);
    }
}

/// NaN beyond x = 1: a region to step back from, like an infinite one.
#[test]
fn nan_regions() {
    let value_nan = |x: &[f64], g: &mut [f64]| {
        g[0] = 1.0 - 1.0 / (1.0 - x[0]);
        if x[0] < 1.0 { x[0] + (1.0 - x[0]).ln() * 1.0 } else { f64::NAN }
    };
    let _ = run(1, value_nan, &[0.9], &exact());
    let square_root = |x: &[f64], g: &mut [f64]| {
        // sqrt(x) + 1/x: minimum at x = 2^(2/3), NaN for negative x.
        g[0] = 0.5 / x[0].sqrt() - 1.0 / (x[0] * x[0]);
        x[0].sqrt() + 1.0 / x[0]
    };
    for start in [1e-3, 0.5, 40.0] {
        let minimum = run(1, square_root, &[start], &exact().with(|o| o.first_step = 100.0));
        assert!((minimum.point[0] - 2f64.powf(2.0 / 3.0)).abs() < 1e-6, "{minimum:?}");
    }
    // A gradient that is NaN where the value is not counts as no value either.
    let gradient_nan = |x: &[f64], g: &mut [f64]| {
        g[0] = if x[0] < -0.5 { f64::NAN } else { 2.0 * (x[0] + 1.0) };
        (x[0] + 1.0).powi(2)
    };
    let minimum = minimise(&mut recorded(1, gradient_nan), &[1.0], &exact()).unwrap();
    assert!(minimum.point[0] >= -0.5 && minimum.gradient_norm.is_finite(), "{minimum:?}");
}

fn square(x: &[f64], g: &mut [f64]) -> f64 {
    g.iter_mut().zip(x).for_each(|(g, x)| *g = 2.0 * x);
    x.iter().map(|x| x * x).sum()
}

#[test]
fn every_status_is_produced() {
    let plain = LbfgsOptions::default;
    // At the start already.
    let minimum = run(2, square, &[0.0, 0.0], &plain());
    assert_eq!((minimum.status, minimum.iterations, minimum.evaluations), (Termination::GradientSmall, 0, 1));
    // On the way.
    assert_eq!(run(2, square, &[3.0, -1.0], &plain()).status, Termination::GradientSmall);
    // Steps that gain little, long before the gradient is small.
    let options = plain().with(|o| (o.value_tolerance, o.gradient_tolerance) = (1e-2, 0.0));
    let minimum = run(2, rosenbrock, &[-1.2, 1.0], &options);
    assert_eq!(minimum.status, Termination::ValueStalled);
    assert!(minimum.gradient_norm > 1e-8);
    // Too few iterations, none among them.
    for max_iterations in [0, 1, 5] {
        let minimum = run(2, rosenbrock, &[-1.2, 1.0], &plain().with(|o| o.max_iterations = max_iterations));
        assert_eq!((minimum.status, minimum.iterations), (Termination::IterationLimit, max_iterations));
    }
    // A gradient of the wrong sign: no step along it helps.
    let lying = |x: &[f64], g: &mut [f64]| {
        let value = square(x, g);
        g.iter_mut().for_each(|g| *g = -*g);
        value
    };
    let minimum = run(2, lying, &[1.0, 1.0], &plain());
    assert_eq!((minimum.status, minimum.point), (Termination::NoBetterPoint, vec![1.0, 1.0]));
    // Tolerances of zero: rounding ends the search.
    let tiny = plain().with(|o| (o.gradient_tolerance, o.value_tolerance) = (0.0, 0.0));
    let minimum = run(2, rosenbrock, &[-1.2, 1.0], &tiny);
    assert_eq!(minimum.status, Termination::NoBetterPoint);
    assert!(minimum.value < 1e-20 && minimum.iterations > 10, "{minimum:?}");
    // A point in a domain of its own.
    let alone = |x: &[f64], g: &mut [f64]| {
        g[0] = 1.0;
        if x[0] == 0.25 { 0.0 } else { f64::INFINITY }
    };
    let minimum = run(1, alone, &[0.25], &plain());
    assert_eq!((minimum.status, minimum.value), (Termination::NoBetterPoint, 0.0));
}

#[test]
fn without_lower_bound() {
    let falling = |x: &[f64], g: &mut [f64]| {
        g[0] = -1.0;
        -x[0]
    };
    let minimum = run(1, falling, &[0.0], &LbfgsOptions::default().with(|o| o.max_iterations = 20));
    assert!(minimum.value < -1e3, "{minimum:?}");
    let abyss = |x: &[f64], g: &mut [f64]| {
        g[0] = -1.0;
        if x[0] > 10.0 { f64::NEG_INFINITY } else { -x[0] }
    };
    let _ = minimise(&mut recorded(1, abyss), &[0.0], &LbfgsOptions::default()).unwrap();
}

#[test]
fn refusals() {
    let plain = LbfgsOptions::default;
    let refuse = |start: &[f64], options: LbfgsOptions, message: &str| {
        let mut objective = recorded(2, square);
        let error = refused(minimise(&mut objective, start, &options), message);
        assert!(objective.points.is_empty());
        error
    };
    let message = "start: expected shape 2 x 1, given 3 x 1; give one entry per variable of the objective";
    assert!(matches!(refuse(&[1.0; 3], plain(), message), Error::Shape { what: "start", .. }));
    let message = "start: expected finite numbers, given NaN at index 1; remove or replace it";
    assert!(matches!(refuse(&[1.0, f64::NAN], plain(), message), Error::NotFinite { index: 1, .. }));
    for memory in [0, 10_001, 1 << 53] {
        let message = format!("L-BFGS memory: expected 1 to 10000, given {memory}");
        let error = refuse(&[1.0; 2], plain().with(|o| o.memory = memory), &message);
        assert!(matches!(error, Error::OutOfRange { what: "L-BFGS memory", .. }));
    }
    for (value, shown) in [(-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let message =
            |what: &str, range: &str| format!("{what}: expected a finite number {range}, given {shown}");
        refuse(&[1.0; 2], plain().with(|o| o.first_step = value), &message("first step", "> 0"));
        let options = plain().with(|o| o.gradient_tolerance = value);
        refuse(&[1.0; 2], options, &message("gradient tolerance", ">= 0"));
        let options = plain().with(|o| o.value_tolerance = value);
        let error = refuse(&[1.0; 2], options, &message("value tolerance", ">= 0"));
        assert!(matches!(error, Error::OutOfRange { what: "value tolerance", .. }));
    }
    for (outside, shown) in [(f64::INFINITY, "inf"), (f64::NAN, "NaN"), (f64::NEG_INFINITY, "-inf")] {
        let mut objective = recorded(1, |_: &[f64], _: &mut [f64]| outside);
        let message = format!(
            "objective at the start: expected a finite value: start inside the objective's domain, given {shown}"
        );
        let error = refused(minimise(&mut objective, &[1.0], &plain()), &message);
        assert!(matches!(error, Error::OutOfRange { what: "objective at the start", .. }));
    }
    // On the very edge of the domain.
    let barrier = |x: &[f64], g: &mut [f64]| {
        g[0] = -1.0 / x[0];
        if x[0] > 0.0 { -x[0].ln() } else { f64::INFINITY }
    };
    let message =
        "objective at the start: expected a finite value: start inside the objective's domain, given inf";
    refused(minimise(&mut recorded(1, barrier), &[0.0], &plain()), message);
}

/// An observer sees every evaluation, and the best point it saw is kept when it ends the minimisation.
#[test]
fn observers_watch_and_cancel() {
    let mut seen: Vec<Progress> = vec![];
    let whole = minimise(&mut recorded(3, rosenbrock), &[-1.2, 1.0, 0.3], &exact()).unwrap();
    let mut observer = |progress: &Progress| {
        seen.push(*progress);
        if seen.len() == 17 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let mut objective = recorded(3, rosenbrock);
    let cut = minimise_observed(&mut objective, &[-1.2, 1.0, 0.3], &exact(), &mut observer).unwrap();
    assert!((cut.status, cut.evaluations) == (Termination::Cancelled, 18) && whole.evaluations > 18);
    assert!(seen.windows(2).all(|s| s[1].value <= s[0].value && s[1].evaluations == s[0].evaluations + 1));
    let last = seen.last().unwrap();
    assert_eq!((last.value, last.gradient_norm), (cut.value, cut.gradient_norm));
    assert_eq!(rosenbrock(&cut.point, &mut [0.0; 3]), cut.value);
    // Watching changes nothing.
    let watched = minimise_observed(&mut recorded(3, rosenbrock), &[-1.2, 1.0, 0.3], &exact(), &mut |_| {
        ControlFlow::Continue(())
    });
    assert_eq!(watched.unwrap(), whole);
}

/// Nothing to vary, enormous steps, extreme scales: an answer, and no panic.
#[test]
fn extremes() {
    let minimum =
        minimise(&mut recorded(0, |_: &[f64], _: &mut [f64]| 3.0), &[], &LbfgsOptions::default()).unwrap();
    assert_eq!((minimum.value, minimum.status), (3.0, Termination::GradientSmall));
    for scale in [1e-300, 1e-150, 1e150, 1e300] {
        for first_step in [1e-300, 1.0, 1e300] {
            let scaled = |x: &[f64], g: &mut [f64]| {
                g[0] = 2.0 * scale * x[0];
                scale * x[0] * x[0]
            };
            let options = exact().with(|o| {
                o.first_step = first_step;
                o.gradient_tolerance = 0.0;
                o.value_tolerance = 0.0;
            });
            let minimum = minimise(&mut recorded(1, scaled), &[1.0], &options).unwrap();
            assert!(minimum.value <= scale);
        }
    }
    // A gradient that is NaN at the start leaves the start.
    let lost = |_: &[f64], g: &mut [f64]| {
        g[0] = f64::NAN;
        1.0
    };
    let minimum = minimise(&mut recorded(1, lost), &[1.0], &LbfgsOptions::default()).unwrap();
    assert_eq!((minimum.status, minimum.point), (Termination::NoBetterPoint, vec![1.0]));
}

#[test]
fn gradient_check_finds_wrong_gradients() {
    let mut good = recorded(3, rosenbrock);
    assert!(gradient_error(&mut good, &[0.3, -0.2, 0.8], &[1.0, 2.0, -1.0], 1e-3) < 1e-9);
    let mut bad = recorded(3, |x: &[f64], g: &mut [f64]| {
        let value = rosenbrock(x, g);
        g[1] += 0.5;
        value
    });
    assert!(gradient_error(&mut bad, &[0.3, -0.2, 0.8], &[0.0, 1.0, 0.0], 1e-3) > 1e-3);
    let nowhere = |direction: &[f64], x: &[f64], step: f64| {
        gradient_error(&mut recorded(3, rosenbrock), x, direction, step)
    };
    assert_eq!(nowhere(&[0.0; 3], &[0.5; 3], 1e-3), f64::INFINITY);
    assert_eq!(nowhere(&[1.0; 3], &[0.5; 3], 0.0), f64::INFINITY);
    assert_eq!(nowhere(&[1.0; 3], &[f64::NAN; 3], 1e-3), f64::INFINITY);
}
