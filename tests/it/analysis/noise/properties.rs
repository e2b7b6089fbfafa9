//! Against slow independent computations, over random systems.

use super::played::{Played, integral};
use super::{DT, Matrix, Vector, gathered, stationary_variance};
use crate::support::*;
use proptest::prelude::*;
use thalamo::analysis::noise::*;
use thalamo::linalg::{expm, noise_covariance};

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn variances_are_those_of_the_recursion(
        n in 1_usize..20, seed in 0_u64..10_000, samples in 1_usize..40, shift in -0.5..1.5_f64
    ) {
        let mut rng = rng(seed);
        let system = normal_matrix(n, n, &mut rng) / (n as f64).sqrt() - Matrix::identity(n, n) * shift;
        let readout = normal_vector(n, &mut rng);
        let factor = normal_matrix(n, 1 + n / 2, &mut rng);
        let start = &factor * factor.transpose();
        let motif = MotifReadout::new(&system, &readout, DT, samples).unwrap();
        let initial = motif.initial_variance(&InitialNoise::Covariance(start.clone())).unwrap();
        let process = motif.process_variance(0.3).unwrap();
        let (step, q) = (expm(&(&system * DT)).unwrap(), noise_covariance(&system, DT).unwrap() * 0.09);
        let (mut a, mut b) = (start.clone(), Matrix::zeros(n, n));
        for k in 0..samples {
            let (x, y) = (readout.dot(&(&a * &readout)), readout.dot(&(&b * &readout)));
            let tolerance = 1e-11 * (readout.norm_squared() * (a.norm() + b.norm()));
            prop_assert!((initial.values[k] - x).abs() <= tolerance);
            prop_assert!((process.values[k] - y).abs() <= tolerance);
            a = &step * a * step.transpose();
            b = &step * b * step.transpose() + &q;
        }
    }

    #[test]
    fn process_noise_becomes_stationary(n in 1_usize..20, seed in 0_u64..10_000) {
        let mut rng = rng(seed);
        let skew = normal_matrix(n, n, &mut rng);
        // Symmetric part -I / 2: every deviation decays at least as exp(-t / 2).
        let system = &skew - skew.transpose() - Matrix::identity(n, n) * 0.5;
        let readout = normal_vector(n, &mut rng);
        let motif = MotifReadout::new(&system, &readout, DT, 400).unwrap();
        let variance = motif.process_variance(2.0).unwrap();
        let stationary = stationary_variance(&system, &readout, 2.0);
        // X = I here.
        prop_assert!((stationary / (4.0 * readout.norm_squared()) - 1.0).abs() < 1e-12);
        prop_assert!((variance.values[399] / stationary - 1.0).abs() < 1e-12);
        prop_assert!(variance.values.windows(2).all(|v| v[0] <= v[1]));
        // So it does by waiting before the motif.
        let before = motif.initial_variance(&gathered(&system, 80.0, 2.0)).unwrap();
        for (a, b) in before.values.iter().zip(&variance.values) {
            prop_assert!(((a + b) / stationary - 1.0).abs() < 1e-11);
        }
    }

    #[test]
    fn sensitivities_are_differences_of_perturbed_systems(
        n in 1_usize..7, seed in 0_u64..10_000, samples in 1_usize..30, steps in 0_u32..3
    ) {
        let played = Played::random(n, seed, samples, 1.3 * f64::from(steps));
        let sensitivity = played.sensitivity();
        let (h, zero, none) = (1e-5, Vector::zeros(n), Matrix::zeros(n, n));
        let gradient = |plus: Vec<f64>, minus: Vec<f64>| -> Vec<f64> {
            plus.iter().zip(&minus).map(|(p, m)| ((p - m) / (2.0 * h)).powi(2)).collect()
        };
        let mut differences = [vec![0.0; samples], vec![0.0; samples], vec![0.0; samples]];
        let mut add = |kind: usize, squares: Vec<f64>| {
            differences[kind].iter_mut().zip(squares).for_each(|(d, s): (&mut f64, f64)| *d += s);
        };
        for i in 0..n {
            let mut d = zero.clone();
            d[i] = h;
            add(0, gradient(played.play(&d, &zero, &none), played.play(&-&d, &zero, &none)));
            add(1, gradient(played.play(&zero, &d, &none), played.play(&zero, &-&d, &none)));
            for j in 0..n {
                let mut d = none.clone();
                d[(i, j)] = h;
                add(2, gradient(played.play(&zero, &zero, &d), played.play(&zero, &zero, &-&d)));
            }
        }
        for (exact, difference) in
            [&sensitivity.input, &sensitivity.feedback, &sensitivity.recurrent].iter().zip(&differences)
        {
            let scale = exact.iter().copied().fold(1e-3, f64::max);
            for (e, d) in exact.iter().zip(difference) {
                prop_assert!((e - d).abs() < 1e-6 * scale, "{e} {d}");
            }
        }
    }

    #[test]
    fn sensitivities_are_their_integral(n in 1_usize..12, seed in 0_u64..10_000) {
        let played = Played::random(n, seed, 12, 0.0);
        let weights = played.weights();
        let motif = played.motif();
        let sensitivity = motif.weight_sensitivity(&weights, &Approach::State(&played.start)).unwrap();
        for k in [0, 1, 5, 11] {
            let z = integral(&played.system, &played.readout, &played.start, k as f64 * DT);
            let expected = [
                (&z * &played.feedback).norm_squared(),
                z.tr_mul(&played.input).norm_squared(),
                0.25 * z.norm_squared(),
            ];
            let given = [sensitivity.input[k], sensitivity.feedback[k], sensitivity.recurrent[k]];
            for (g, e) in given.iter().zip(expected) {
                prop_assert!((g - e).abs() <= 1e-12 * e + 1e-14 * z.norm_squared(), "{g} {e}");
            }
        }
        // A preparation of no duration is none; one around its fixed point leaves u and v their
        // sensitivities.
        let none = Approach::Preparation {
            system: &played.preparation,
            fixed_point: &played.bias,
            start: &played.start,
            duration: 0.0,
        };
        prop_assert_eq!(&motif.weight_sensitivity(&weights, &none).unwrap(), &sensitivity);
        let still = Approach::Preparation {
            system: &played.preparation,
            fixed_point: &played.start,
            start: &played.start,
            duration: 3.0,
        };
        let after = motif.weight_sensitivity(&weights, &still).unwrap();
        for (a, b) in after.input.iter().zip(&sensitivity.input) {
            prop_assert!((a - b).abs() <= 1e-10 * b, "{a} {b}");
        }
        prop_assert!(after.recurrent[0] > sensitivity.recurrent[0]);
    }
}
