//! How long must preparation be?

use nalgebra::DMatrix;

use super::certify::certify;
use super::report::Certificate;
use crate::linalg::{expm, spectral_abscissa};
use crate::network::Network;
use crate::{Error, Result, check};

/// Doublings of the preparation time before an error is given up as unreachable.
const DOUBLINGS: usize = 14;
/// Relative accuracy of a decay time.
const TIME_ACCURACY: f64 = 1e-9;

/// The shortest preparation (on the motifs' time grid) whose certified readout error over all sequences is at
/// most `error`, with its certificate.
///
/// Found by doubling and bisection. The certificate proves that the time suffices; one step less was tried
/// and does not.
///
/// # Errors
/// An error that is not positive or not reachable in double precision, and as [`certify`].
pub fn shortest_preparation(network: &Network, error: f64, depth: usize) -> Result<Certificate> {
    check::positive("certified error", error)?;
    let empty = Error::Empty { what: "library of motifs", remedy: "learn a motif first" };
    let dt = network.motifs().first().ok_or(empty)?.motif().dt();
    let attempt = |steps: usize| match certify(network, steps as f64 * dt, depth) {
        Ok(certificate) if certificate.worst() <= error => Ok(Some(certificate)),
        Ok(_) | Err(Error::NotContracting { .. }) => Ok(None),
        Err(other) => Err(other),
    };
    let (mut failing, mut passing) = (0, None);
    if let Some(certificate) = attempt(0)? {
        return Ok(certificate);
    }
    for doubling in 0..DOUBLINGS {
        let steps = 1 << doubling;
        if let Some(certificate) = attempt(steps)? {
            passing = Some((steps, certificate));
            break;
        }
        failing = steps;
    }
    let Some((mut steps, mut certificate)) = passing else {
        let expected = "an error that preparation can reach";
        return Err(Error::OutOfRange { what: "certified error", expected, given: error });
    };
    while steps - failing > 1 {
        let middle = failing + (steps - failing) / 2;
        match attempt(middle)? {
            Some(better) => (steps, certificate) = (middle, better),
            None => failing = middle,
        }
    }
    Ok(certificate)
}

/// The time (tau) at which the root mean square deviation
/// $\sqrt{\mathrm{tr}(e^{A t} e^{A^T t}) / N}$ under a stable A has fallen to a fraction in (0, 1).
///
/// ```
/// use nalgebra::dmatrix;
/// let t = thalamo::certificate::decay_time(&dmatrix![-0.5, 0.0; 0.0, -0.5], 0.01)?;
/// assert!((t - 100f64.ln() / 0.5).abs() < 1e-6);
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// # Errors
/// A fraction outside (0, 1), a matrix that is not square or not finite, or one that is not stable.
pub fn decay_time(system: &DMatrix<f64>, fraction: f64) -> Result<f64> {
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(Error::OutOfRange { what: "fraction", expected: "a number in (0, 1)", given: fraction });
    }
    let abscissa = spectral_abscissa(system)?;
    if abscissa >= 0.0 {
        let remedy = "only stable systems decay";
        return Err(Error::Unstable { what: "system", abscissa, limit: 0.0, remedy });
    }
    let left = |t: f64| Ok::<_, Error>(expm(&(system * t))?.norm() / (system.nrows() as f64).sqrt());
    // The norm of entries near the largest number is infinite, and 1 / infinity would never grow.
    let (mut early, mut late) = (0.0, 1.0 / system.amax());
    while left(late)? > fraction {
        (early, late) = (late, 2.0 * late);
    }
    while late - early > TIME_ACCURACY * late {
        let middle = 0.5 * (early + late);
        if middle <= early || middle >= late {
            break;
        }
        if left(middle)? > fraction { early = middle } else { late = middle }
    }
    Ok(late)
}
