//! What targets must be, given the spectrum of A, and targets added to stabilise.

use num_complex::Complex64;

use crate::spectrum::Spectrum;
use crate::system::System;
use crate::{Error, Result};

/// Distance, relative to the scale of the spectra, below which two numbers count as the same.
const SAME: f64 = 1e-9;
/// How far (relative) a given conjugate may be from the exact one; both are then replaced by their mean.
pub(super) const CONJUGATE: f64 = 1e-12;

/// Targets in canonical order, if they can be placed at all.
pub(super) fn check_targets(system: &System, targets: &[Complex64]) -> Result<Spectrum> {
    let units = system.units();
    if targets.is_empty() {
        return Err(Error::Empty { what: "targets", remedy: "give the eigenvalues to place" });
    }
    let set = Spectrum::new(targets, CONJUGATE)?;
    if set.len() > units {
        return Err(Error::OutOfRange {
            what: "targets",
            expected: "at most as many as units",
            given: set.len() as f64,
        });
    }
    let distinct = system.modes()?.visible_layout().len();
    if set.len() > distinct {
        return Err(Error::RepeatedEigenvalues { targets: set.len(), distinct, units });
    }
    let scale = system.spectrum()?.iter().chain(targets).map(|z| z.norm()).fold(0.0, f64::max);
    for (second, &t) in targets.iter().enumerate() {
        for (first, &s) in targets[..second].iter().enumerate() {
            let distance = (s - t).norm();
            if distance <= SAME * scale {
                return Err(Error::RepeatedTarget { first, second, value: s, distance });
            }
        }
        for &eigenvalue in system.spectrum()? {
            let distance = (eigenvalue - t).norm();
            if distance <= SAME * scale {
                return Err(Error::TargetOnEigenvalue { target: t, eigenvalue, distance });
            }
        }
    }
    Ok(set)
}

/// Further copies of repeated eigenvalues stay where they are: they must be stable as they are.
pub(super) fn check_staying(staying: &Spectrum, margin: f64) -> Result<()> {
    if staying.abscissa() <= -margin {
        return Ok(());
    }
    Err(Error::Unstable {
        what: "A (copies of a repeated eigenvalue, of which a loop moves one)",
        abscissa: staying.abscissa(),
        limit: -margin,
        remedy: "make that eigenvalue of J smaller, or its copies distinct",
    })
}

/// Adds the offending eigenvalues, moved to the given decay rate and away from other targets.
pub(super) fn add_stabilising(
    stabilising: &mut Vec<Complex64>,
    targets: &Spectrum,
    offending: &[Complex64],
    decay: f64,
) {
    let apart = 0.2 * decay;
    for mu in offending.iter().filter(|mu| mu.im >= 0.0) {
        let im = if mu.im == 0.0 { 0.0 } else { mu.im.max(apart) };
        let mut moved = Complex64::new(-decay, im);
        while targets.iter().chain(stabilising.iter()).any(|t| (t - moved).norm() < apart) {
            moved.re -= 2.0 * apart;
        }
        stabilising.push(moved);
        if im > 0.0 {
            stabilising.push(moved.conj());
        }
    }
}
