//! Motifs as sums of complex exponentials: `yhat(t) = sum_k alpha_k exp(lambda_k t)`.
//!
//! [`fit()`] finds eigenvalues and amplitudes under the constraints of [`FitOptions`]; [`sweep`] compares
//! numbers of modes; [`Fit`] holds the result, or exponentials brought along.

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

pub use options::{FitOptions, FitStart};
pub use result::{ActiveConstraint, Fit, FitOrigin, FitReport, FitStatus};

use num_complex::Complex64;

use crate::motif::Motif;
use crate::spectrum::{Spectrum, canonical};
use crate::{Error, Result};
use objective::accurate;
use poles::{Poles, Unit};
use problem::Problem;
use refine::{Refined, refine, stationarity};
use search::{Found, POLISH, Search};

/// Largest stationarity of a fit that counts as converged: a step of an eigenvalue by `1/T` would gain less
/// than this part of the mean square. Step motifs reach 1e-7 and below.
const STATIONARY: f64 = 1e-6;

/// Fits K complex exponentials to a motif.
///
/// $$ \min_{\lambda, \alpha} \sum_n \Big| y_n - \sum_{k=1}^K \alpha_k e^{\lambda_k n\\,dt} \Big|^2
/// \quad\text{s.t.}\quad \mathrm{Re}\\,\lambda_k \le -\mathrm{margin},\\; |\lambda_j - \lambda_k| \ge \mathrm{separation},\\;
/// \\|\alpha\\| \le \mathrm{bound},\\; \sum_k \alpha_k = \hat y(0) $$
///
/// Variable projection: the amplitudes are eliminated (a trust-region problem for given eigenvalues), and the
/// eigenvalues follow a damped Newton method whose steps never leave the feasible set. The objective has many
/// local minima; starts and kicks are deterministic for a given seed. Single-threaded: parallelise over
/// motifs.
///
/// # Errors
/// [`Error::OutOfRange`] for options outside their ranges, or an amplitude bound
/// below 1e-100 of the motif's root mean square; [`Error::Infeasible`] if no
/// arrangement of eigenvalues was found inside the limits, or one mode must start at zero;
/// [`Error::Singular`] if numbers overflow.
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
/// Results are in the order of `modes`. The RMSE does not increase from K to K + 2 (a mode of zero amplitude
/// is always feasible) as long as the limits leave room for another pair.
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
        let near = done.iter().map(|(_, _, poles)| poles).filter(|poles| poles.modes() + 2 >= modes[i]);
        let smaller: Vec<Poles> = near.cloned().collect();
        let (found, poles) = fit_from(motif, &options, &smaller)?;
        done.push((i, found, poles));
    }
    done.sort_by_key(|(i, _, _)| *i);
    Ok(done.into_iter().map(|(_, found, _)| found).collect())
}

fn fit_from(motif: &Motif, options: &FitOptions, smaller: &[Poles]) -> Result<(Fit, Poles)> {
    let problem = Problem::new(motif, options)?;
    let mut search = Search::new(&problem, options);
    let Found { mut poles, origin, .. } = search.run(options, smaller)?;
    let Refined { best, evaluations, converged } = refine(&problem, &mut poles, POLISH, accurate::evaluate);
    let (stationarity, active) = stationarity(&problem, &poles, &best, 1e-7);
    let relative_rmse = (2.0 * best.value).sqrt();
    let rmse = problem.scale * relative_rmse;
    let (eigenvalues, amplitudes, places) = in_order(&problem, &poles, best.amplitudes.as_slice());
    let mut active: Vec<ActiveConstraint> = active.into_iter().map(|it| it.renumbered(&places)).collect();
    if best.multiplier > 0.0 {
        active.push(ActiveConstraint::AmplitudeBound { multiplier: best.multiplier });
    }
    if problem.start.is_some() {
        active.push(ActiveConstraint::Start);
    }
    let status = match () {
        () if !converged && evaluations >= POLISH.evaluations => FitStatus::EvaluationLimit,
        () if stationarity <= STATIONARY => FitStatus::Converged,
        () => FitStatus::Stalled,
    };
    let report = FitReport {
        rmse,
        normalised_rmse: if rmse == 0.0 { 0.0 } else { relative_rmse / problem.deviation() },
        active,
        origin,
        status,
        stationarity,
        evaluations: search.evaluations + evaluations,
    };
    let fit = Fit::found(eigenvalues, amplitudes, motif.dt(), report);
    let numbers = fit.eigenvalues().iter().chain(fit.amplitudes()).flat_map(|z| [z.re, z.im]);
    if numbers.chain([rmse]).any(|x| !x.is_finite()) {
        let remedy = "scale the motif and its time, or keep the limits within reach of its duration";
        return Err(Error::Singular { what: "fit (its numbers overflow)", remedy });
    }
    Ok((fit, poles))
}

/// Eigenvalues and amplitudes in canonical order and original units, and the place of each parameter in that
/// order.
fn in_order(problem: &Problem, poles: &Poles, c: &[f64]) -> (Spectrum, Vec<Complex64>, Vec<usize>) {
    let rate = 1.0 / problem.duration;
    let mut units: Vec<Unit> = poles.iter().map(|unit| Unit { pole: unit.pole * rate, ..unit }).collect();
    units.sort_by(|a, b| a.pair.cmp(&b.pair).then(canonical(&a.pole, &b.pole)));
    let mut places = vec![0; c.len()];
    let (mut reals, mut upper, mut amplitudes) = (Vec::new(), Vec::new(), Vec::new());
    for Unit { at, pair, pole } in units {
        places[at] = amplitudes.len();
        if pair {
            places[at + 1] = amplitudes.len() + 1;
            upper.push(pole);
            let alpha = Complex64::new(problem.scale * c[at], problem.scale * c[at + 1]);
            amplitudes.extend([alpha, alpha.conj()]);
        } else {
            reals.push(pole.re);
            amplitudes.push(Complex64::from(problem.scale * c[at]));
        }
    }
    (Spectrum::from_halves(reals, upper), amplitudes, places)
}
