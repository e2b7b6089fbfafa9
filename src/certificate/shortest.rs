//! The shortest preparation that certifies an error.

use super::certify::certify;
use super::report::Certificate;
use crate::network::Network;
use crate::{Error, Result, check};

/// Doublings of the preparation time before an error is given up as unreachable.
const DOUBLINGS: usize = 14;

/// The shortest preparation (on the motifs' time grid) whose certified readout error over all
/// sequences is at most `error`, with its certificate.
///
/// Found by doubling and bisection. The certificate proves that the time suffices; one step less
/// was tried and does not.
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
    for steps in std::iter::once(0).chain((0..DOUBLINGS).map(|doubling| 1 << doubling)) {
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
