//! The preparatory module: reference values, equation (5), gradients, and the published problem.

use crate::support::numpy::LegacyNumpy;
use crate::support::*;
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use rayon::prelude::*;
use thalamo::certificate::decay_time;
use thalamo::linalg::Eigen;
use thalamo::optim::LbfgsOptions;
use thalamo::preparation::{Preparation, PreparationCost, PreparationOptions, WeightBound};
use thalamo::{Complex64, Cortex, Error, LowRank, System};

#[test]
fn reference_values() {
    let data = reference("prep_cost");
    let cortex =
        System::from(Cortex::new(matrix(&data["J"]), vector(&data["w"]), number(&data["gain"])).unwrap());
    let mut cost = PreparationCost::new(&cortex, number(&data["beta"])).unwrap();
    let terms = cost.evaluate(&matrix(&data["U"]), &matrix(&data["V"])).unwrap().unwrap();
    assert!((terms.decay / number(&data["decay_term"]) - 1.0).abs() < 1e-11);
    assert!((terms.smoothness / number(&data["smooth_term"]) - 1.0).abs() < 1e-11);
    for (gradient, key) in [(cost.gradient_input(), "grad_U"), (cost.gradient_feedback(), "grad_V")] {
        let expected = matrix(&data[key]);
        assert!((gradient - &expected).norm() < 1e-11 * expected.norm(), "{key}");
    }
}

/// Equation (5) of the paper: the cost through the eigenvectors of M.
fn equation_5(cortex: &System, m: &DMatrix<f64>, beta: f64) -> f64 {
    let eigen = Eigen::new(m).unwrap();
    let (lambda, r, l) = (eigen.values(), eigen.right(), eigen.left());
    let n = m.nrows();
    let gram = l * l.transpose();
    let w = cortex.readout().map(|x| Complex64::new(x, 0.0));
    let decay = DMatrix::from_fn(n, n, |i, j| -gram[(i, j)] / (lambda[i] + lambda[j]));
    let smooth = DMatrix::from_fn(n, n, |i, j| decay[(i, j)] * lambda[i] * lambda[j]);
    let readout = r.transpose() * w;
    let total =
        (r * decay * r.transpose()).trace() + beta * n as f64 * (readout.transpose() * smooth * &readout)[0];
    assert!(total.im.abs() < 1e-9 * total.re.abs());
    total.re
}

/// Random U, V near V = -U, scaled so that the closed loop runs from comfortable to near-marginal.
fn weights(cortex: &System, rank: usize, strength: f64, seed: u64) -> (DMatrix<f64>, DMatrix<f64>) {
    let n = cortex.units();
    let mut rng = rng(seed);
    let u = normal_matrix(n, rank, &mut rng) * (strength / (n as f64).sqrt());
    let v = -&u + normal_matrix(n, rank, &mut rng) * (0.3 * strength / (n as f64).sqrt());
    (u, v)
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn cost_is_equation_5_and_gradients_are_differences(
        seed in 0u64..10_000, n in 2usize..60, gain in 0.1f64..1.0, strength in 0.3f64..1.5, beta in 0.0f64..0.5,
    ) {
        let cortex = System::from(Cortex::random(n, gain, seed).unwrap());
        let (u, v) = weights(&cortex, 1 + n / 2, strength, seed);
        let mut cost = PreparationCost::new(&cortex, beta).unwrap();
        let m = cortex.matrix() + &u * v.transpose();
        let abscissa = thalamo::linalg::spectral_abscissa(&m).unwrap();
        let Some(terms) = cost.evaluate(&u, &v).unwrap() else {
            prop_assert!(abscissa > -1e-6, "stable ({abscissa}) but refused");
            return Err(TestCaseError::reject("unstable"));
        };
        prop_assert!(abscissa < 0.0);
        let expected = equation_5(&cortex, &m, beta);
        prop_assert!((terms.total() / expected - 1.0).abs() < 1e-8, "{} {expected}", terms.total());

        let (gu, gv) = (cost.gradient_input().clone(), cost.gradient_feedback().clone());
        let (du, dv) = weights(&cortex, 1 + n / 2, 1.0, seed + 1);
        let slope = gu.dot(&du) + gv.dot(&dv);
        let size = (gu.norm_squared() + gv.norm_squared()).sqrt() * (du.norm_squared() + dv.norm_squared()).sqrt();
        let mut at = |h: f64| cost.evaluate(&(&u + &du * h), &(&v + &dv * h)).unwrap().map_or(f64::NAN, |t| t.total());
        let error = [1e-3, 1e-4, 1e-5, 1e-6].into_iter().map(|scale| {
            let h = scale * abscissa.abs().min(1.0);
            let difference = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
            (slope - difference).abs() / size
        }).fold(f64::INFINITY, f64::min);
        prop_assert!(error < 1e-6, "{error}");
    }

    #[test]
    fn unstable_modules_have_no_cost(seed in 0u64..1000, n in 2usize..40) {
        let cortex = System::from(Cortex::random(n, 0.5, seed).unwrap());
        let (u, _) = weights(&cortex, 1 + n / 3, 3.0, seed);
        prop_assume!(thalamo::linalg::spectral_abscissa(&(cortex.matrix() + &u * u.transpose())).unwrap() > 0.0);
        prop_assert_eq!(PreparationCost::new(&cortex, 0.05).unwrap().evaluate(&u, &u).unwrap(), None);
    }

    #[test]
    fn the_start_of_a_motif_is_the_fixed_point(seed in 0u64..1000, n in 4usize..30) {
        let cortex = System::from(Cortex::random(n, 0.5, seed).unwrap());
        let options =
            PreparationOptions::published().with(|o| (o.rank, o.optimiser.max_iterations) = (Some(n / 2), 20));
        let preparation = match Preparation::optimise(&cortex, &options, seed) {
            Ok(preparation) => preparation,
            Err(Error::Unstable { .. }) => return Err(TestCaseError::reject("the start is unstable")),
            Err(other) => panic!("{other}"),
        };
        let target = normal_vector(n, &mut rng(seed));
        let b = preparation.bias(&target).unwrap();
        let fixed = -preparation.system().clone().lu().solve(&b).unwrap();
        prop_assert!(distance(&fixed, &target) < 1e-9);
    }
}

#[test]
fn weights_keep_their_bound() {
    let cortex = System::from(Cortex::random(30, 0.5, 4).unwrap());
    let options = PreparationOptions::published().with(|o| o.rank = Some(10));
    let preparation = Preparation::optimise(&cortex, &options, 4).unwrap();
    for column in preparation.input().column_iter().chain(preparation.feedback().column_iter()) {
        assert!((column.norm() - 1.0).abs() < 1e-12);
    }
    let norm = |weight| {
        let bound = WeightBound::FrobeniusPenalty { weight };
        let options = PreparationOptions::published().with(|o| (o.rank, o.bound) = (Some(10), bound));
        let report = Preparation::optimise(&cortex, &options, 4).unwrap().report().clone();
        assert!(report.abscissa < 0.0);
        (report.norms.0.hypot(report.norms.1), report.cost_per_unit)
    };
    let (loose, tight) = (norm(0.01), norm(1.0));
    assert!(loose.0 > 1.5 * tight.0 && loose.1 < tight.1, "{loose:?} {tight:?}");
}

#[test]
fn legacy_numpy_draws() {
    let mut numpy = LegacyNumpy::new(2);
    // numpy.random.RandomState(2).randn(3)
    for expected in [-0.416757847405471, -0.056266827226329, -2.136196095668454] {
        assert!((numpy.normal() - expected).abs() < 1e-14);
    }
}

/// The authors' own problem (N = 500, P = 50, g = 1, seed 2) to losses below the published ones.
#[test]
fn published_losses() {
    let (units, rank) = (500, 50);
    let mut numpy = LegacyNumpy::new(2);
    let scale = 1.0 / (units as f64).sqrt();
    let j = numpy.matrix(units, units) * scale;
    let _v = numpy.matrix(units, rank);
    let mut u = numpy.matrix(units, rank);
    let w = numpy.matrix(units, 1).column(0) * scale;
    for mut column in u.column_iter_mut() {
        column.normalize_mut();
    }
    let cortex = System::from(Cortex::new(j, w, 1.0).unwrap());
    // Tolerances just fine enough to get below.
    let cases = [(0.1, 0.65156, 3e-6), (0.0, 0.63368, 1e-5), (0.01, 0.64046, 1e-5)];
    cases.into_par_iter().for_each(|(beta, published, value_tolerance)| {
        let optimiser =
            PreparationOptions::published().optimiser.with(|o| o.value_tolerance = value_tolerance);
        let options = PreparationOptions::published().with(|o| {
            o.rank = Some(rank);
            o.beta = beta;
            o.optimiser = optimiser;
        });
        let preparation =
            Preparation::optimise_from(&cortex, &options, LowRank::new(u.clone(), -&u).unwrap()).unwrap();
        let report = preparation.report();
        assert!(report.cost_per_unit <= published, "beta {beta}: {report:?}");
        if beta == 0.01 {
            // Published: 8.10 tau to 1 %, 5.03 tau to 5 %.
            for (fraction, published) in [(0.01, 8.10), (0.05, 5.03)] {
                let time = decay_time(preparation.system(), fraction).unwrap();
                assert!((time - published).abs() < 0.1, "{time} against {published}");
            }
        }
    });
}

#[test]
fn refusals() {
    let cortex = System::from(Cortex::random(6, 0.5, 1).unwrap());
    let plain = PreparationOptions::published().with(|o| o.rank = Some(3));
    let optimise = |options: PreparationOptions| Preparation::optimise(&cortex, &options, 1);
    for rank in [0, 7, 1 << 53] {
        let message = format!("preparatory rank P: expected 1 to the number of units N, given {rank}");
        let error = refused(optimise(plain.clone().with(|o| o.rank = Some(rank))), &message);
        assert!(matches!(error, Error::OutOfRange { what: "preparatory rank P", .. }));
    }
    for (beta, shown) in [(-0.1, "-0.1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let message = format!("beta: expected a finite number >= 0, given {shown}");
        let error = refused(optimise(plain.clone().with(|o| o.beta = beta)), &message);
        assert!(matches!(error, Error::OutOfRange { what: "beta", .. }));
        refused(PreparationCost::new(&cortex, beta).map(|_| ()), &message);
        let u = DMatrix::from_element(6, 1, 0.1);
        refused(Preparation::new(&cortex, LowRank::new(u.clone(), -u).unwrap(), beta), &message);
    }
    for (weight, shown) in [(0.0, "0"), (-1.0, "-1"), (f64::NAN, "NaN")] {
        let bound = WeightBound::FrobeniusPenalty { weight };
        let message = format!("Frobenius penalty: expected a finite number > 0, given {shown}");
        refused(optimise(plain.clone().with(|o| o.bound = bound)), &message);
    }
    let optimiser = LbfgsOptions::default().with(|o| o.memory = 0);
    let message = "L-BFGS memory: expected 1 to 10000, given 0";
    refused(optimise(plain.clone().with(|o| o.optimiser = optimiser)), message);

    let weights = |rows: usize, cols: usize| DMatrix::from_fn(rows, cols, |i, j| ((i + 2 * j) as f64).sin());
    let loop_of = |u: DMatrix<f64>, v: DMatrix<f64>| LowRank::new(u, v).unwrap();
    let from = |rows, cols| {
        Preparation::optimise_from(&cortex, &plain, loop_of(weights(rows, cols), weights(rows, cols)))
    };
    let message = "U and V: expected shape 6 x 3, given 5 x 3; give both as N x P";
    assert!(matches!(refused(from(5, 3), message), Error::Shape { .. }));
    refused(from(6, 2), "U and V: expected shape 6 x 3, given 6 x 2; give both as N x P");
    let new = |u: DMatrix<f64>, v: DMatrix<f64>| Preparation::new(&cortex, loop_of(u, v), 0.05);
    let message = "loop U V^T: expected shape 6 x 2, given 5 x 2; use a loop over the same system";
    refused(new(weights(5, 2), weights(5, 2)), message);
    let message = "preparatory rank P: expected 1 to the number of units N, given 0";
    refused(new(weights(6, 0), weights(6, 0)), message);

    let error = new(weights(6, 2) * 3.0, weights(6, 2)).unwrap_err();
    let Error::Unstable { what, abscissa, limit, .. } = error.clone() else { panic!("{error}") };
    assert_eq!((what, limit), ("preparation A + U V^T at the start", 0.0));
    assert!(abscissa > 1.0);
    assert_eq!(
        error.to_string(),
        format!(
            "preparation A + U V^T at the start: expected every eigenvalue left of 0.0e0, given spectral abscissa \
             {abscissa:.3e}; raise the rank P, make J smaller, or start from other weights"
        )
    );
    let preparation = optimise(plain).unwrap();
    let bias = |x: DVector<f64>| preparation.bias(&x);
    refused(bias(DVector::zeros(5)), "state: expected shape 6 x 1, given 5 x 1; give one entry per unit");
    let message = "state: expected finite numbers, given inf at index 0; remove or replace it";
    assert!(matches!(
        refused(bias(DVector::from_element(6, f64::INFINITY)), message),
        Error::NotFinite { .. }
    ));
}

/// One unit, full rank, no rank, extreme scales: a module or a typed error.
#[test]
fn extremes() {
    let options =
        |rank, beta| PreparationOptions::published().with(|o| (o.rank, o.beta) = (Some(rank), beta));
    for (units, rank) in [(1, 1), (2, 1), (5, 5)] {
        let cortex = System::from(Cortex::random(units, 0.5, 3).unwrap());
        let preparation = Preparation::optimise(&cortex, &options(rank, 0.05), 1).unwrap();
        assert!(preparation.report().abscissa < 0.0);
    }
    for gain in [1e-300, 1e-100, 1e100, 1e300] {
        for beta in [0.0, 1e-300, 1.0, 1e300] {
            let cortex = System::from(Cortex::random(5, gain, 3).unwrap());
            match Preparation::optimise(&cortex, &options(3, beta), 1) {
                Ok(preparation) => assert!(preparation.report().abscissa < 0.0),
                Err(Error::Unstable { .. } | Error::OutOfRange { .. } | Error::NotFinite { .. }) => (),
                Err(error) => panic!("{error}"),
            }
        }
    }
    let cortex = System::from(Cortex::random(5, 0.3, 3).unwrap());
    let mut cost = PreparationCost::new(&cortex, 0.05).unwrap();
    for scale in [1e-300, 1e-150, 1e150, 1e300] {
        let u = DMatrix::from_fn(5, 2, |i, j| scale * ((i + 2 * j) as f64).sin());
        if let Ok(Some(terms)) = cost.evaluate(&u, &-&u) {
            assert!(terms.total() > 0.0);
        }
    }
    // Rank zero leaves the cortex to itself.
    let none = DMatrix::zeros(5, 0);
    let stable = thalamo::linalg::spectral_abscissa(cortex.matrix()).unwrap() < 0.0;
    assert_eq!(cost.evaluate(&none, &none).unwrap().is_some(), stable);
    // A column of zeros has no direction.
    let mut u = DMatrix::from_element(5, 2, 0.3);
    u.column_mut(1).fill(0.0);
    let made = Preparation::optimise_from(&cortex, &options(2, 0.05), LowRank::new(u.clone(), -u).unwrap());
    assert!(matches!(made, Err(Error::NotFinite { what: "U", .. })));
}

/// Chaotic networks have many eigenvalues on the right, more than random weights can move.
#[test]
fn unstable_cortices_are_stabilised_from_their_rightmost_subspace() {
    for (units, gain, rank) in [(60, 1.4, 20), (100, 1.8, 50), (41, 1.4, 15)] {
        let drawn = System::from(Cortex::random(units, 1.0, 7).unwrap());
        let cortex = System::from(
            Cortex::new(drawn.cortex().unwrap().recurrent() * gain, drawn.readout().clone(), 1.0).unwrap(),
        );
        let unstable = cortex.spectrum().unwrap().iter().filter(|z| z.re >= 0.0).count();
        assert!((3..=rank).contains(&unstable), "{unstable} of {units}");
        let options = PreparationOptions::published().with(|o| o.rank = Some(rank));
        let report = Preparation::optimise(&cortex, &options, 1).unwrap();
        let report = report.report();
        assert!(
            report.abscissa < 0.0 && report.cost_per_unit < report.history.unwrap().initial_cost_per_unit,
            "{report:?}"
        );
        // Fewer columns than eigenvalues to move: a typed error, not a search.
        let options = options.with(|o| o.rank = Some(1));
        assert!(matches!(Preparation::optimise(&cortex, &options, 1), Err(Error::Unstable { .. })));
    }
}
