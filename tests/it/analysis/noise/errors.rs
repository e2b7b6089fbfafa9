//! What is refused, by variant and message.

use super::played::Played;
use super::{DT, Matrix, Vector, network};
use thalamo::Error;
use thalamo::analysis::noise::*;
use thalamo::play::{Simulator, Start};

/// The error, by variant and message.
macro_rules! assert_error {
    ($result:expr, $variant:pat, $message:expr) => {{
        let error = $result.unwrap_err();
        assert!(matches!(error, $variant), "{error:?}");
        assert_eq!(error.to_string(), $message);
    }};
}

#[test]
fn unfit_arguments_are_refused() {
    let (a, w) = (-Matrix::identity(2, 2), Vector::from_element(2, 1.0));
    assert_error!(
        MotifReadout::new(&a, &w, DT, 0),
        Error::OutOfRange { .. },
        "samples: expected at least 1, given 0"
    );
    assert_error!(
        MotifReadout::new(&a, &w, DT, 1 << 53),
        Error::OutOfRange { .. },
        format!("samples: expected at most 10000000, given {}", 1_usize << 53)
    );
    assert_error!(
        MotifReadout::new(&a, &w, -0.1, 5),
        Error::OutOfRange { .. },
        "dt: expected a finite number > 0, given -0.1"
    );
    assert_error!(
        MotifReadout::new(&Matrix::zeros(2, 3), &w, DT, 5),
        Error::Shape { .. },
        "matrix: expected shape 2 x 2, given 2 x 3; only square matrices have eigenvalues"
    );
    assert_error!(
        MotifReadout::new(&a, &Vector::zeros(3), DT, 5),
        Error::Shape { .. },
        "readout w: expected shape 2 x 1, given 3 x 1; give one weight per unit"
    );
    assert_error!(
        MotifReadout::new(&a, &Vector::from_vec(vec![1.0, f64::NAN]), DT, 5),
        Error::NotFinite { .. },
        "readout w: expected finite numbers, given NaN at index 1; remove or replace it"
    );
    // Infinite or NaN, as it comes out of the products.
    let error = MotifReadout::new(&(-&a * 50.0), &w, DT, 500).unwrap_err();
    assert!(matches!(error, Error::OutOfRange { what: "readout within the grid", .. }), "{error:?}");
    let message = "readout within the grid: expected finite numbers: a system that grows less, or fewer samples, given ";
    assert!(error.to_string().starts_with(message));

    let motif = MotifReadout::new(&a, &w, DT, 5).unwrap();
    assert_error!(
        motif.initial_variance(&InitialNoise::Independent(-1.0)),
        Error::OutOfRange { .. },
        "initial noise: expected a finite number >= 0, given -1"
    );
    assert_error!(
        motif.initial_variance(&InitialNoise::Covariance(Matrix::identity(3, 3))),
        Error::Shape { .. },
        "initial covariance: expected shape 2 x 2, given 3 x 3; give the covariance as N x N"
    );
    assert_error!(
        motif.initial_variance(&InitialNoise::Covariance(a.clone())),
        Error::OutOfRange { what: "covariance", .. },
        "covariance: expected a positive semidefinite matrix (remainder after Cholesky at rounding level), given 1"
    );
    assert_error!(
        motif.process_variance(f64::INFINITY),
        Error::OutOfRange { .. },
        "process noise: expected a finite number >= 0, given inf"
    );
    let growing = MotifReadout::new(&(-&a * 50.0), &w, DT, 140).unwrap();
    assert_error!(
        growing.initial_variance(&InitialNoise::Independent(1.0)),
        Error::OutOfRange { .. },
        "variance of the readout: expected finite numbers: a system that grows less, or fewer samples, given inf"
    );

    let played = Played::random(2, 1, 5, 1.0);
    let short = Vector::zeros(1);
    let weights = LoopWeights { input: &short, ..played.weights() };
    assert_error!(
        played.motif().weight_sensitivity(&weights, &Approach::State(&played.start)),
        Error::Shape { .. },
        "u: expected shape 2 x 1, given 1 x 1; give one entry per unit"
    );
    let weights = LoopWeights { gain: 0.0, ..played.weights() };
    assert_error!(
        played.motif().weight_sensitivity(&weights, &Approach::State(&played.start)),
        Error::OutOfRange { .. },
        "gain g: expected a finite number > 0, given 0"
    );
    let stiff = MotifReadout::new(&(&a * 1e4), &w, DT, 5).unwrap();
    assert_error!(
        stiff.weight_sensitivity(&played.weights(), &Approach::State(&played.start)),
        Error::OutOfRange { .. },
        "norm of A times the step: expected at most 512, given 1000"
    );
    assert_error!(
        played.sensitivity().variance(&WeightNoise { recurrent: f64::NAN, ..Default::default() }),
        Error::OutOfRange { .. },
        "noise of J: expected a finite number >= 0, given NaN"
    );
    let network = network(12, 1);
    let simulator = Simulator::new(&network, 2.0).unwrap();
    assert_error!(
        expected_rmse(&simulator, 1, &Start::Rest, &NoiseModel::default()),
        Error::UnknownIndex { .. },
        "motif: expected an index below 1, given 1"
    );
    assert_error!(
        expected_rmse(&simulator, 0, &Start::State(Vector::zeros(3)), &NoiseModel::default()),
        Error::Shape { .. },
        "start: expected shape 12 x 1, given 3 x 1; give one entry per unit"
    );
}
