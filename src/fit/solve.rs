//! The public routines: one motif, or a sweep over numbers of modes.

use num_complex::Complex64;

use super::options::FitOptions;
use super::poles::{Poles, RowKind};
use super::problem::Problem;
use super::refine::{Outcome, Refiner};
use super::result::{ActiveConstraint, Fit, Start, Status};
use super::search::{Search, polish};
use crate::motif::Motif;
use crate::{Error, Result};

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
/// outside their ranges, or an amplitude bound below 1e-100 of the motif's root mean square; [`Error::Infeasible`](crate::Error::Infeasible) if no arrangement of eigenvalues was found
/// inside the limits, or one mode must start at zero; [`Error::Singular`](crate::Error::Singular) if numbers overflow.
///
/// ```
/// use thalamo::fit::{FitOptions, fit};
/// use thalamo::motif::Motif;
///
/// let y = |n: usize| (-0.02 * n as f64).exp() * (0.3 * n as f64).sin();
/// let motif = Motif::new(0.1, (0..300).map(y).collect())?;
/// let found = fit(&motif, &FitOptions { modes: 2, ..FitOptions::default() })?;
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
    let fit = report(motif, &problem, &found.spectrum, found.start, &mut refiner, outcome, evaluations);
    let numbers = fit.eigenvalues.iter().chain(&fit.amplitudes).flat_map(|z| [z.re, z.im]);
    if numbers.chain([fit.rmse]).any(|x| !x.is_finite()) {
        let remedy = "scale the motif and its time, or keep the limits within reach of its duration";
        return Err(Error::Singular { what: "fit (its numbers overflow)", remedy });
    }
    Ok((fit, found.spectrum))
}

/// Canonical order, original units, active constraints.
fn report(
    motif: &Motif,
    problem: &Problem,
    spectrum: &Poles,
    start: Start,
    refiner: &mut Refiner,
    outcome: Outcome,
    evaluations: usize,
) -> Fit {
    let scale = problem.scale;
    let (stationarity, rows) = refiner.stationarity(problem, spectrum, 1e-7);
    let best = &refiner.best;
    let tau = spectrum.scaled(1.0 / problem.duration);
    let mut order: Vec<usize> = (0..spectrum.units()).collect();
    order.sort_by(|&a, &b| {
        let key = |unit: usize| (unit < spectrum.pairs, tau.pole(unit));
        let ((pair_a, a), (pair_b, b)) = (key(a), key(b));
        pair_a.cmp(&pair_b).then(b.re.total_cmp(&a.re)).then(b.im.total_cmp(&a.im))
    });
    let mut index = vec![0; spectrum.units()];
    let (mut eigenvalues, mut amplitudes) = (Vec::new(), Vec::new());
    for &unit in &order {
        index[unit] = eigenvalues.len();
        let (at, pole) = (spectrum.offset(unit), tau.pole(unit));
        if unit < spectrum.pairs {
            let alpha = Complex64::new(scale * best.amplitudes[at], scale * best.amplitudes[at + 1]);
            eigenvalues.extend([pole, pole.conj()]);
            amplitudes.extend([alpha, alpha.conj()]);
        } else {
            eigenvalues.push(pole);
            amplitudes.push(Complex64::new(scale * best.amplitudes[at], 0.0));
        }
    }
    let mut active: Vec<ActiveConstraint> = Vec::new();
    for (kind, _) in rows {
        active.push(match kind {
            RowKind::Margin(i) => ActiveConstraint::Margin { index: index[i] },
            RowKind::DecayLimit(i) => ActiveConstraint::DecayLimit { index: index[i] },
            RowKind::FrequencyLimit(i) => ActiveConstraint::FrequencyLimit { index: index[i] },
            RowKind::Conjugate(i) => ActiveConstraint::Separation { first: index[i], second: index[i] + 1 },
            RowKind::Separation(i, j) => {
                let (i, j) = (index[i], index[j]);
                ActiveConstraint::Separation { first: i.min(j), second: i.max(j) }
            }
        });
    }
    if best.multiplier > 0.0 {
        active.push(ActiveConstraint::AmplitudeBound { multiplier: best.multiplier });
    }
    if problem.zero_start {
        active.push(ActiveConstraint::ZeroStart);
    }
    let rmse = scale * (2.0 * best.value).sqrt();
    let deviation = problem.deviation();
    Fit {
        eigenvalues,
        amplitudes,
        dt: motif.dt(),
        rmse,
        normalised_rmse: if rmse == 0.0 { 0.0 } else { (rmse / scale) / deviation },
        active,
        start,
        status: if outcome.converged { Status::Converged } else { Status::EvaluationLimit },
        stationarity,
        evaluations,
    }
}
