//! Spectra: conjugate sets, matching, eigendecompositions.

use nalgebra::DMatrix;
use thalamo::Complex64;
use thalamo::linalg::{self, Eigen};
use thalamo::spectrum::Spectrum;

use super::{Input, Tally, assert_finite, assert_size};

fn finite(what: &str, values: &[Complex64]) {
    assert_finite(what, values.iter().flat_map(|z| [&z.re, &z.im]));
}

fn closed(set: &Spectrum) {
    let all = set.to_vec();
    assert_eq!((all.len(), all.is_empty()), (set.len(), set.is_empty()));
    finite("conjugate set", &all);
    assert!(all[..set.reals()].iter().all(|z| z.im == 0.0));
    assert!(all[set.reals()..].chunks(2).all(|pair| pair[0].im > 0.0));
    for z in &all {
        let count = |of: &Complex64| all.iter().filter(|s| s.re == of.re && s.im == of.im).count();
        assert_eq!(count(z), count(&z.conj()), "{z} and its conjugate in {all:?}");
    }
}

pub(crate) fn conjugate_sets(input: &mut Input<'_>, tally: &mut Tally) {
    let values = input.spectrum(6);
    let tolerance = if input.one_in(4) { input.hostile() } else { 1e-9 };
    if let Some(set) = tally.judge(Spectrum::new(&values, tolerance)) {
        closed(&set);
        assert_eq!(set.len(), values.len());
        // No member is farther from a given number than the tolerance allows; halves, since moduli may
        // overflow.
        let modulus = |z: Complex64| (0.5 * z).norm();
        let largest = values.iter().map(|z| modulus(*z)).fold(0.0, f64::max);
        for &z in &set {
            let near = values.iter().map(|v| modulus(0.5 * z - 0.5 * v) * 2.0).fold(f64::INFINITY, f64::min);
            assert!(near <= (tolerance + 1e-15) * largest + f64::MIN_POSITIVE, "{z} from {values:?}");
        }
    }
    let amplitudes = input.amplitudes(&values);
    if let Some((set, ordered)) = tally.judge(Spectrum::with_amplitudes(&values, &amplitudes, tolerance)) {
        closed(&set);
        assert_eq!(ordered.len(), set.len());
        finite("amplitudes", &ordered);
        assert!(ordered[..set.reals()].iter().all(|a| a.im == 0.0));
        assert!(ordered[set.reals()..].chunks(2).all(|pair| pair[0] == pair[1].conj()));
    }
}

pub(crate) fn eigenvalues(input: &mut Input<'_>, tally: &mut Tally) {
    let a = input.system(8);
    let n = a.nrows();
    if let Some(values) = tally.judge(linalg::eigenvalues(&a)) {
        assert_eq!(values.len(), n);
        finite("eigenvalues", &values);
        trace_is_sum(&a, &values);
    }
    if let Some(abscissa) = tally.judge(linalg::spectral_abscissa(&a)) {
        assert!(abscissa.is_finite());
    }
    if let Some(eigen) = tally.judge(Eigen::new(&a)) {
        finite("eigenvalues", eigen.values());
        finite("right eigenvectors", eigen.right().as_slice());
        finite("left eigenvectors", eigen.left().as_slice());
        trace_is_sum(&a, eigen.values());
        assert_size("residual", eigen.residual());
        assert!(eigen.residual() <= linalg::tolerance::eigen_residual(n), "residual {}", eigen.residual());
        assert_size("biorthogonality", eigen.biorthogonality());
        assert!((0.0..=linalg::tolerance::EIGEN_CONDITION).contains(&eigen.condition()));
        assert!(eigen.values().reals() <= n);
    }
}

fn trace_is_sum(a: &DMatrix<f64>, values: &[Complex64]) {
    // Scaled, since sums may overflow.
    let scale = a.amax().max(f64::MIN_POSITIVE);
    let trace: f64 = a.diagonal().iter().map(|x| x / scale).sum();
    let sum: Complex64 = values.iter().map(|z| z / scale).sum();
    // Near a defective eigenvalue of order k each is off by eps^(1/k), and not always in opposite directions.
    assert!((sum - trace).norm() <= 1e-4, "trace {trace}, sum {sum} of {values:?}");
}
