//! Bad input: the variant and the message.

use num_complex::Complex64;
use thalamo::Error;
use thalamo::Rate;
use thalamo::fit::{Fit, FitOptions, fit, sweep};
use thalamo::motif::Motif;

fn refuse(options: FitOptions) -> String {
    let motif = Motif::new(0.1, vec![0.0, 1.0, 0.5, -0.5]).unwrap();
    let error = fit(&motif, &options).unwrap_err();
    let swept = sweep(&motif, &[options.modes], &options).unwrap_err();
    assert_eq!(error.to_string(), swept.to_string());
    error.to_string()
}

#[test]
fn options_outside_their_ranges() {
    let plain = FitOptions::published;
    let cases = [
        (plain().with(|o| o.modes = 0), "fit modes: expected a count in 1..=64, given 0"),
        (plain().with(|o| o.modes = 65), "fit modes: expected a count in 1..=64, given 65"),
        (
            plain().with(|o| o.margin = Rate::PerTau(-1.0)),
            "fit margin: expected a finite number >= 0, given -1",
        ),
        (
            plain().with(|o| o.separation = Rate::PerTau(f64::NAN)),
            "fit separation: expected a finite number >= 0, given NaN",
        ),
        (
            plain().with(|o| o.amplitude_bound = Some(0.0)),
            "fit amplitude bound: expected a finite number > 0, given 0",
        ),
        (
            plain().with(|o| o.frequency_limit = Some(Rate::PerTau(-2.0))),
            "fit frequency limit: expected a finite number > 0, given -2",
        ),
        (
            plain().with(|o| o.decay_limit = Some(Rate::PerTau(f64::INFINITY))),
            "fit decay limit: expected a finite number > 0, given inf",
        ),
        (
            plain().with(|o| (o.margin, o.decay_limit) = (Rate::PerTau(2.0), Some(Rate::PerTau(1.0)))),
            "fit decay limit: expected at least the margin, given 1",
        ),
        (
            plain().with(|o| o.modes = 1),
            "constraints: expected a non-empty feasible set, given 1 modes with a fit that starts at zero; \
             use two modes or more, or a free start",
        ),
    ];
    for (options, message) in cases {
        assert_eq!(refuse(options), message);
    }
}

#[test]
fn the_variants_carry_the_numbers() {
    let motif = Motif::new(0.1, vec![0.0, 1.0]).unwrap();
    let given = |options: FitOptions| fit(&motif, &options).unwrap_err();
    assert!(matches!(
        given(FitOptions::published().with(|o| o.modes = 70)),
        Error::OutOfRange { given: 70.0, .. }
    ));
    assert!(matches!(
        given(FitOptions::published().with(|o| o.separation = Rate::PerTau(-0.5))),
        Error::OutOfRange { given: -0.5, .. }
    ));
    assert!(matches!(
        given(FitOptions::published().with(|o| o.modes = 1)),
        Error::Infeasible { modes: 1, .. }
    ));
}

#[test]
fn given_exponentials_are_checked() {
    let c = Complex64::new;
    let (pole, half) = (c(-0.1, 1.0), c(0.5, 0.25));
    let message = |eigenvalues: &[Complex64], amplitudes: &[Complex64], dt: f64| {
        Fit::new(eigenvalues, amplitudes, dt).unwrap_err().to_string()
    };
    assert_eq!(
        message(&[], &[], 0.1),
        "eigenvalues: expected at least one element, given none; give at least one eigenvalue"
    );
    assert_eq!(message(&[pole], &[half], 0.0), "fit dt: expected a finite number > 0, given 0");
    assert_eq!(
        message(&[pole], &[], 0.1),
        "amplitudes: expected shape 1 x 1, given 0 x 1; give one amplitude per eigenvalue"
    );
    assert_eq!(
        message(&[c(-1.0, 0.0), c(f64::NAN, 0.0)], &[half, half], 0.1),
        "eigenvalues: expected finite numbers, given NaN at index 1; remove or replace it"
    );
    assert!(matches!(
        Fit::new(&[pole, c(-0.1, -2.0)], &[half, half.conj()], 0.1).unwrap_err(),
        Error::NotConjugate { what: "eigenvalues", index: 0, .. }
    ));
    assert!(matches!(
        Fit::new(&[c(-0.1, -2.0)], &[half], 0.1).unwrap_err(),
        Error::NotConjugate { what: "eigenvalues", index: 0, .. }
    ));
    assert!(matches!(
        Fit::new(&[pole, pole.conj()], &[half, half], 0.1).unwrap_err(),
        Error::NotConjugate { what: "amplitudes", index: 0, .. }
    ));
    assert!(matches!(
        Fit::new(&[c(-0.1, 0.0)], &[half], 0.1).unwrap_err(),
        Error::NotConjugate { what: "amplitudes", index: 0, .. }
    ));
}

#[test]
fn given_exponentials_are_put_in_order() {
    let c = Complex64::new;
    let eigenvalues = [c(-0.2, -1.0), c(-0.5, 0.0), c(-0.1, 3.0), c(-0.2, 1.0), c(-0.3, 0.0), c(-0.1, -3.0)];
    let amplitudes = [c(1.0, -2.0), c(3.0, 0.0), c(4.0, 5.0), c(1.0, 2.0), c(6.0, 0.0), c(4.0, -5.0)];
    let given = Fit::new(&eigenvalues, &amplitudes, 0.1).unwrap();
    assert_eq!(
        given.eigenvalues()[..],
        [c(-0.3, 0.0), c(-0.5, 0.0), c(-0.1, 3.0), c(-0.1, -3.0), c(-0.2, 1.0), c(-0.2, -1.0)]
    );
    assert_eq!(
        given.amplitudes().as_slice(),
        [c(6.0, 0.0), c(3.0, 0.0), c(4.0, 5.0), c(4.0, -5.0), c(1.0, 2.0), c(1.0, -2.0)]
    );
    assert!((given.amplitude_norm() - (36.0_f64 + 9.0 + 41.0 + 5.0).sqrt()).abs() < 1e-14);
}
