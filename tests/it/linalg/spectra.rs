//! Conjugate-closed sets and the matching of spectra.

use crate::support::cases;
use num_complex::Complex64;
use proptest::prelude::*;
use thalamo::Error;
use thalamo::spectrum::Spectrum;

use crate::support::match_spectra;

fn c(re: f64, im: f64) -> Complex64 {
    Complex64::new(re, im)
}

fn parts() -> impl Strategy<Value = (Vec<f64>, Vec<Complex64>)> {
    let real = prop::collection::vec(-2.0..0.0_f64, 0..8);
    let upper = prop::collection::vec((-2.0..0.0_f64, 0.01..5.0_f64).prop_map(|(re, im)| c(re, im)), 0..8);
    (real, upper)
}

/// A permutation of `0..n` from sort keys.
fn shuffled(n: usize, keys: &[u32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|&i| keys[i % keys.len()].wrapping_mul(i as u32 + 1).wrapping_mul(2_654_435_761));
    order
}

/// Smallest sum of distances over all permutations.
fn best_by_enumeration(a: &[Complex64], b: &[Complex64], used: &mut Vec<usize>) -> f64 {
    let i = used.len();
    if i == a.len() {
        return 0.0;
    }
    let mut best = f64::INFINITY;
    for j in 0..b.len() {
        if !used.contains(&j) {
            used.push(j);
            best = best.min((a[i] - b[j]).norm() + best_by_enumeration(a, b, used));
            used.pop();
        }
    }
    best
}

fn points(n: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<Complex64>> {
    prop::collection::vec((-1.0..1.0_f64, -1.0..1.0_f64).prop_map(|(re, im)| c(re, im)), n)
}

/// Reals and both members of each pair.
fn listing(reals: &[f64], upper: &[Complex64]) -> Vec<Complex64> {
    let reals = reals.iter().map(|&x| c(x, 0.0));
    reals.chain(upper.iter().flat_map(|z| [z.conj(), *z])).collect()
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn sets_are_recognised_in_any_order((reals, upper) in parts(), keys in prop::collection::vec(any::<u32>(), 1..20)) {
        let set = Spectrum::new(&listing(&reals, &upper), 0.0).unwrap();
        let listed = set.to_vec();
        prop_assert_eq!(set.len(), reals.len() + 2 * upper.len());
        prop_assert_eq!((set.reals(), set.pairs()), (reals.len(), upper.len()));
        prop_assert!(set[..reals.len()].windows(2).all(|w| w[0].re >= w[1].re && w[1].im == 0.0));
        prop_assert!(set[reals.len()..].chunks(2).all(|pair| pair[0].im > 0.0 && pair[1] == pair[0].conj()));
        let key = |pair: &[Complex64]| (-pair[0].re, pair[0].im);
        prop_assert!(set[reals.len()..].chunks(2).is_sorted_by_key(key));
        let order = shuffled(listed.len(), &keys);
        let mixed: Vec<_> = order.iter().map(|&i| listed[i]).collect();
        prop_assert_eq!(&Spectrum::new(&mixed, 1e-12).unwrap(), &set);

        // Amplitudes follow their eigenvalues.
        let amplitude = |z: Complex64| if z.im == 0.0 { c(3.0 * z.re, 0.0) } else { z.sin() };
        let amplitudes: Vec<_> = mixed.iter().map(|&z| amplitude(z)).collect();
        let (again, ordered) = Spectrum::with_amplitudes(&mixed, &amplitudes, 1e-12).unwrap();
        prop_assert_eq!(&again, &set);
        for (z, a) in listed.iter().zip(&ordered) {
            prop_assert!((amplitude(*z) - a).norm() < 1e-12);
        }
        let total: Complex64 = listed.iter().zip(&ordered).map(|(z, a)| a * z.exp()).sum();
        prop_assert!(total.im.abs() < 1e-13);
    }

    #[test]
    fn a_lone_number_is_named((reals, upper) in parts(), lone in (-2.0..0.0_f64, 0.1..5.0_f64), sign: bool) {
        let mut values = listing(&reals, &upper);
        let lone = c(lone.0 - 3.0, if sign { lone.1 } else { -lone.1 });
        values.insert(values.len() / 2, lone);
        let error = Spectrum::new(&values, 1e-9).unwrap_err();
        let index = values.iter().position(|z| *z == lone).unwrap();
        prop_assert_eq!(&error, &Error::NotConjugate { what: "eigenvalues", index, value: lone });
        prop_assert!(error.to_string().contains("without its conjugate; add the conjugate"));
    }

    #[test]
    fn matching_is_optimal((a, b) in (0_usize..7).prop_flat_map(|n| (points(n), points(n)))) {
        let matching = match_spectra(&a, &b);
        let total: f64 = matching.distances.iter().sum();
        prop_assert!((total - best_by_enumeration(&a, &b, &mut vec![])).abs() < 1e-13);
        let mut seen = matching.permutation.to_vec();
        seen.sort_unstable();
        prop_assert!(seen.into_iter().eq(0..a.len()));
    }

    #[test]
    fn permuted_spectra_match_exactly(a in points(1..120), keys in prop::collection::vec(any::<u32>(), 1..20)) {
        let order = shuffled(a.len(), &keys);
        let b: Vec<_> = order.iter().map(|&i| a[i] + c(1e-9, 0.0)).collect();
        let matching = match_spectra(&a, &b);
        prop_assert!((matching.max_distance() - 1e-9).abs() < 1e-14);
    }
}

#[test]
fn five_hundred_eigenvalues_are_matched() {
    let a: Vec<_> = (0..500).map(|k| Complex64::from_polar((k % 23) as f64, k as f64)).collect();
    let b: Vec<_> = a.iter().rev().map(|z| z * 1.001).collect();
    let matching = match_spectra(&a, &b);
    assert!(
        matching.permutation.iter().enumerate().all(|(i, &j)| i == 0 || a[i].norm() == 0.0 || i + j == 499)
    );
    assert!(matching.max_distance() < 0.0221);
}

#[test]
fn repeated_values_are_paired_by_amplitude() {
    let z = c(-0.1, 1.0);
    let (a, b) = (c(1.0, 2.0), c(5.0, -1.0));
    let values = [z, z, z.conj(), z.conj()];
    let (set, amplitudes) = Spectrum::with_amplitudes(&values, &[a, b, b.conj(), a.conj()], 1e-12).unwrap();
    assert_eq!(set[..], [z, z.conj(), z, z.conj()]);
    assert_eq!(amplitudes, [a, a.conj(), b, b.conj()]);
}

#[test]
fn tolerance_decides_what_is_real() {
    let nearly = [c(-1.0, 1e-10), c(-0.5, 2.0), c(-0.5 + 1e-10, -2.0)];
    let set = Spectrum::new(&nearly, 1e-9).unwrap();
    assert_eq!((set.reals(), set[0]), (1, c(-1.0, 0.0)));
    assert!((set[1] - c(-0.5, 2.0)).norm() < 1e-10);
    assert!(matches!(Spectrum::new(&nearly, 1e-12), Err(Error::NotConjugate { index: 0 | 1, .. })));
}

#[test]
fn unfit_inputs_are_refused() {
    let error = Spectrum::new(&[c(1.0, 0.0), c(f64::NAN, 0.0)], 1e-9).unwrap_err();
    assert_eq!(
        error.to_string(),
        "eigenvalues: expected finite numbers, given NaN at index 1; remove or replace it"
    );
    assert!(matches!(Spectrum::new(&[], -1.0), Err(Error::OutOfRange { what: "tolerance", .. })));
    assert!(Spectrum::new(&[], 1e-9).unwrap().is_empty());

    let z = c(-0.1, 1.0);
    let error = Spectrum::with_amplitudes(&[z, z.conj()], &[c(1.0, 1.0); 2], 1e-9).unwrap_err();
    assert_eq!(error, Error::NotConjugate { what: "amplitudes", index: 0, value: c(1.0, 1.0) });
    let error = Spectrum::with_amplitudes(&[c(-1.0, 0.0)], &[c(1.0, 0.5)], 1e-9).unwrap_err();
    assert_eq!(error, Error::NotConjugate { what: "amplitudes", index: 0, value: c(1.0, 0.5) });
    assert!(matches!(
        Spectrum::with_amplitudes(&[z, z.conj()], &[z], 1e-9),
        Err(Error::Shape { what: "amplitudes", .. })
    ));
}
