//! Systems and the low-rank loops around them: their shapes, what they share, and what they refuse.

use crate::support::*;
use nalgebra::{DMatrix, DVector, dmatrix, dvector};
use thalamo::linalg::eigenvalues;
use thalamo::{Cortex, Error, LowRank, System};

#[test]
fn a_system_of_any_matrix() {
    let (a, w) = (normal_matrix(7, 7, &mut rng(1)), normal_matrix(7, 2, &mut rng(2)));
    let system = System::new(a.clone(), w.clone()).unwrap();
    assert_eq!((system.units(), system.outputs()), (7, 2));
    assert!(*system.matrix() == a && *system.readout() == w && system.cortex().is_none());
    assert_eq!(system.spectrum().unwrap(), system.eigen().unwrap().values());
    let sum: f64 = system.spectrum().unwrap().iter().map(|z| z.re).sum();
    assert!((sum - a.trace()).abs() < 1e-12 * a.norm());
    assert!(matches!(system.single_readout(), Err(Error::Outputs { given: 2 })));
    // Clones share what is computed once.
    assert!(std::ptr::eq(system.spectrum().unwrap(), system.clone().spectrum().unwrap()));
}

#[test]
fn a_system_made_from_a_cortex() {
    let cortex = Cortex::random(6, 0.5, 1).unwrap();
    let system = System::from(cortex.clone());
    assert_eq!((system.matrix(), system.readout()), (&cortex.matrix(), cortex.readout()));
    assert_eq!(system.cortex(), Some(&cortex));
    assert_eq!(system.single_readout().unwrap(), cortex.readout().column(0));
}

/// Without a basis of eigenvectors the spectrum is all there is.
#[test]
fn a_defective_system() {
    let system = System::new(dmatrix![-1.0, 1.0; 0.0, -1.0], dvector![1.0, 0.0]).unwrap();
    assert!(matches!(system.eigen(), Err(Error::Defective { .. })));
    assert_eq!(system.spectrum().unwrap().abscissa(), -1.0);
}

#[test]
fn systems_refused() {
    let make = |n: usize, rows: usize| System::new(DMatrix::identity(n, n), DVector::from_element(rows, 1.0));
    let message = "system A: expected shape 3 x 3, given 2 x 2; give A as N x N for the N rows of W";
    refused(make(2, 3), message);
    assert!(matches!(make(0, 0), Err(Error::Empty { what: "readout W", .. })));
    let bad = System::new(DMatrix::from_element(2, 2, f64::NAN), dvector![1.0, 1.0]);
    assert!(matches!(bad, Err(Error::NotFinite { what: "system A", index: 0, .. })));
}

#[test]
fn loops_of_any_rank() {
    let system = System::from(Cortex::random(9, 0.5, 3).unwrap());
    for rank in [0, 1, 4, 9, 12] {
        let (u, v) = (normal_matrix(9, rank, &mut rng(4)), normal_matrix(9, rank, &mut rng(5)));
        let weights = LowRank::new(u.clone(), v.clone()).unwrap();
        assert_eq!((weights.rank(), weights.input(), weights.feedback()), (rank, &u, &v));
        let closed = weights.closed(&system).unwrap();
        // Entry by entry, and by the trace of its spectrum.
        let entry = |i: usize, j: usize| (0..rank).map(|k| u[(i, k)] * v[(j, k)]).sum::<f64>();
        let expected = DMatrix::from_fn(9, 9, |i, j| system.matrix()[(i, j)] + entry(i, j));
        assert!((&closed - expected).norm() < 1e-14 * closed.norm());
        let sum: f64 = eigenvalues(&closed).unwrap().iter().map(|z| z.re).sum();
        assert!((sum - system.matrix().trace() - u.dot(&v)).abs() < 1e-12 * closed.norm());
    }
}

#[test]
fn loops_refused() {
    let ones = |rows, columns| DMatrix::from_element(rows, columns, 1.0);
    let message = "feedback V: expected shape 3 x 2, given 2 x 3; give U and V of equal shape, N x r";
    refused(LowRank::new(ones(3, 2), ones(2, 3)), message);
    let bad = |x: f64| DMatrix::from_element(3, 1, x);
    let error = LowRank::new(bad(f64::INFINITY), ones(3, 1)).unwrap_err();
    assert!(matches!(error, Error::NotFinite { what: "input U", .. }));
    let error = LowRank::new(ones(3, 1), bad(f64::NAN)).unwrap_err();
    assert!(matches!(error, Error::NotFinite { what: "feedback V", .. }));
    let system = System::from(Cortex::random(4, 0.5, 1).unwrap());
    let message = "loop U V^T: expected shape 4 x 1, given 3 x 1; use a loop over the same system";
    refused(LowRank::new(ones(3, 1), ones(3, 1)).unwrap().closed(&system), message);
}
