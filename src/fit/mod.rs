//! Motifs as sums of complex exponentials: `yhat(t) = sum_k alpha_k exp(lambda_k t)`.
//!
//! [`fit()`] finds eigenvalues and amplitudes under the constraints of [`FitOptions`]; [`sweep`] compares numbers of
//! modes; [`Fit`] holds the result, or exponentials brought along.

mod cholesky;
mod objective;
mod options;
mod poles;
mod problem;
mod quadratic_program;
mod refine;
mod result;
mod search;
#[cfg(test)]
mod tests;

pub use options::{FitOptions, Margin};
pub(crate) use result::FitReport;
pub use result::{ActiveConstraint, Fit, FitOrigin, FitStatus};

use num_complex::Complex64;

use crate::motif::Motif;
use crate::spectrum::{Spectrum, canonical};
use crate::{Error, Result};
use poles::{Poles, RowKind};
use problem::Problem;
use refine::Refiner;
use search::{Search, polish};

/// Fits K complex exponentials to a motif.
///
/// $$ \min_{\lambda, \alpha} \sum_n \Big| y_n - \sum_{k=1}^K \alpha_k e^{\lambda_k n\\,dt} \Big|^2
/// \quad\text{s.t.}\quad \mathrm{Re}\\,\lambda_k \le -\mathrm{margin},\\; |\lambda_j - \lambda_k| \ge \mathrm{separation},\\;
/// \\|\alpha\\| \le \mathrm{bound},\\; \sum_k \alpha_k = 0 $$
///
/// Variable projection: the amplitudes are eliminated (a trust-region problem for given eigenvalues), and the
/// eigenvalues follow a damped Newton method whose steps never leave the feasible set. The objective has many
/// local minima; starts and kicks are deterministic for a given seed. Single-threaded: parallelise over motifs.
///
/// # Errors
/// [`Error::Count`](crate::Error::Count) and [`Error::OutOfRange`](crate::Error::OutOfRange) for options
/// outside their ranges, or an amplitude bound below 1e-100 of the motif's root mean square;
/// [`Error::Infeasible`](crate::Error::Infeasible) if no arrangement of eigenvalues was found inside the limits, or
/// one mode must start at zero; [`Error::Singular`](crate::Error::Singular) if numbers overflow.
///
/// ```
/// use thalamo::fit::{FitOptions, fit};
/// use thalamo::motif::Motif;
///
/// let y = |n: usize| (-0.02 * n as f64).exp() * (0.3 * n as f64).sin();
/// let motif = Motif::new(0.1, (0..300).map(y).collect())?;
/// let found = fit(&motif, &FitOptions::default().with(|o| o.modes = 2))?;
/// assert!((found.eigenvalues()[0].re + 0.2).abs() < 1e-10);
/// assert!((found.eigenvalues()[0].im - 3.0).abs() < 1e-10);
/// assert!(found.normalised_rmse() < 1e-10);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn fit(motif: &Motif, options: &FitOptions) -> Result<Fit> {
    Ok(fit_from(motif, options, &[])?.0)
}

/// Fits with several numbers of modes, each started from the smaller ones as well.
///
/// Results are in the order of `modes`. The RMSE does not increase from K to K + 2 (a mode of zero amplitude is
/// always feasible) as long as the limits leave room for another pair.
///
/// # Errors
/// As [`fit`]; `options.modes` is not used.
///
/// ```
/// use thalamo::fit::{FitOptions, sweep};
/// use thalamo::motif::Motif;
///
/// let y = (0..100).map(|n| (0.3 * n as f64).sin().signum() * 0.5).collect();
/// let fits = sweep(&Motif::new(0.1, y)?, &[2, 4], &FitOptions::default())?;
/// assert!(fits[1].rmse() <= fits[0].rmse());
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn sweep(motif: &Motif, modes: &[usize], options: &FitOptions) -> Result<Vec<Fit>> {
    let mut order: Vec<usize> = (0..modes.len()).collect();
    order.sort_by_key(|&i| modes[i]);
    let mut done: Vec<(usize, Fit, Poles)> = Vec::with_capacity(modes.len());
    for &i in &order {
        let options = FitOptions { modes: modes[i], ..options.clone() };
        let smaller: Vec<Poles> = done
            .iter()
            .filter(|(_, _, spectrum)| spectrum.modes() + 2 >= modes[i])
            .map(|(_, _, spectrum)| spectrum.clone())
            .collect();
        let (found, spectrum) = fit_from(motif, &options, &smaller)?;
        done.push((i, found, spectrum));
    }
    done.sort_by_key(|(i, _, _)| *i);
    Ok(done.into_iter().map(|(_, found, _)| found).collect())
}

fn fit_from(motif: &Motif, options: &FitOptions, smaller: &[Poles]) -> Result<(Fit, Poles)> {
    let problem = Problem::new(motif, options)?;
    let mut search = Search::new(&problem, options);
    let mut found = search.run(options, smaller)?;
    let mut refiner = Refiner::default();
    let outcome = polish(&problem, &mut found.spectrum, &mut refiner);
    let evaluations = search.evaluations + outcome.evaluations;
    let (stationarity, rows) = refiner.stationarity(&problem, &found.spectrum, 1e-7);
    let best = &refiner.best;
    let scale = problem.scale;
    let rmse = scale * (2.0 * best.value).sqrt();
    let (eigenvalues, amplitudes, index) = in_order(&problem, &found.spectrum, &best.amplitudes);
    let report = FitReport {
        rmse,
        normalised_rmse: if rmse == 0.0 { 0.0 } else { (rmse / scale) / problem.deviation() },
        active: active(&problem, &rows, &index, best.multiplier),
        origin: found.origin,
        status: if outcome.converged { FitStatus::Converged } else { FitStatus::EvaluationLimit },
        stationarity,
        evaluations,
    };
    let fit = Fit::found(eigenvalues, amplitudes, motif.dt(), report);
    let numbers = fit.eigenvalues().iter().chain(fit.amplitudes()).flat_map(|z| [z.re, z.im]);
    if numbers.chain([rmse]).any(|x| !x.is_finite()) {
        let remedy = "scale the motif and its time, or keep the limits within reach of its duration";
        return Err(Error::Singular { what: "fit (its numbers overflow)", remedy });
    }
    Ok((fit, found.spectrum))
}

/// Eigenvalues and amplitudes in canonical order and original units, and the position of each unit's first eigenvalue.
fn in_order(problem: &Problem, spectrum: &Poles, c: &[f64]) -> (Spectrum, Vec<Complex64>, Vec<usize>) {
    let tau = spectrum.scaled(1.0 / problem.duration);
    let mut order: Vec<usize> = (0..spectrum.units()).collect();
    order.sort_by(|&a, &b| {
        let (x, y) = (tau.pole(a), tau.pole(b));
        let kind = (a < spectrum.pairs).cmp(&(b < spectrum.pairs));
        kind.then(canonical(&x, &y))
    });
    let mut index = vec![0; spectrum.units()];
    let (mut reals, mut upper, mut amplitudes) = (Vec::new(), Vec::new(), Vec::new());
    for &unit in &order {
        index[unit] = amplitudes.len();
        let (at, pole) = (spectrum.offset(unit), tau.pole(unit));
        if unit < spectrum.pairs {
            let alpha = Complex64::new(problem.scale * c[at], problem.scale * c[at + 1]);
            upper.push(pole);
            amplitudes.extend([alpha, alpha.conj()]);
        } else {
            reals.push(pole.re);
            amplitudes.push(Complex64::new(problem.scale * c[at], 0.0));
        }
    }
    (Spectrum::from_halves(reals, upper), amplitudes, index)
}

/// Constraints met with equality, in terms of eigenvalues in canonical order.
fn active(
    problem: &Problem,
    rows: &[(RowKind, f64)],
    index: &[usize],
    multiplier: f64,
) -> Vec<ActiveConstraint> {
    let mut active: Vec<ActiveConstraint> = rows
        .iter()
        .map(|&(kind, _)| match kind {
            RowKind::Margin(i) => ActiveConstraint::Margin { index: index[i] },
            RowKind::DecayLimit(i) => ActiveConstraint::DecayLimit { index: index[i] },
            RowKind::FrequencyLimit(i) => ActiveConstraint::FrequencyLimit { index: index[i] },
            RowKind::Conjugate(i) => ActiveConstraint::Separation { first: index[i], second: index[i] + 1 },
            RowKind::Separation(i, j) => {
                let (i, j) = (index[i], index[j]);
                ActiveConstraint::Separation { first: i.min(j), second: i.max(j) }
            }
        })
        .collect();
    if multiplier > 0.0 {
        active.push(ActiveConstraint::AmplitudeBound { multiplier });
    }
    if problem.zero_start {
        active.push(ActiveConstraint::ZeroStart);
    }
    active
}
