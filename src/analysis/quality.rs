//! Does a network play its motifs? Errors over the size of the motif, with a warning where they are large and
//! what helps.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::transitions::{ends, errors, random_states};
use super::warning::{MotifQuality, Predecessor, QualityWarning};
use crate::check::root_mean_square;
use crate::fit::{ActiveConstraint, Fit};
use crate::linalg::product::two_norm;
use crate::motif::Motif;
use crate::network::{Design, DesignedLoop, LearnedMotif, Network};
use crate::play::{Phase, Simulator, carry};
use crate::{Error, Result, check};

/// Random starts of the only motif of a library.
const STARTS: usize = 16;
/// A motif whose standard deviation is below this part of its root mean square is constant.
const CONSTANT: f64 = 1e-9;
/// Attempts to find a preparation that is long enough, and then to shorten it.
const ATTEMPTS: usize = 5;
/// A good part of a squared error.
const GOOD_PART: f64 = 0.2;

/// How well each motif of a network is fitted and played.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Quality {
    /// One entry per motif, in order.
    pub motifs: Vec<MotifQuality>,
    /// What is beyond the limits, motif after motif.
    pub warnings: Vec<QualityWarning>,
}

/// Plays every motif after every motif, itself included, each predecessor prepared from rest. The only motif
/// of a library is played from random states of the network's [scale](crate::Network::scale) as well; their
/// root mean square error counts as one predecessor.
///
/// A [warning](QualityWarning) tells of fits with errors above [`MotifQuality::FIT_LIMIT`] of the motif's
/// standard deviation, of motifs whose error, when played, is above [`MotifQuality::PLAYED_LIMIT`] times that
/// of their fit (and above [`MotifQuality::NEGLIGIBLE`]), of motifs through which deviations can grow, and of
/// direct loops that tolerate errors of their weights below [`MotifQuality::TOLERATED_LIMIT`] only.
///
/// ```
/// use thalamo::{Cortex, Network, NetworkOptions, analysis::quality, motif, play::Simulator};
/// let motifs = motif::oscillating_motifs(2, 1)?;
/// let network = Network::build(Cortex::random(50, 0.5, 1)?, &motifs, &NetworkOptions::default(), 1)?;
/// let brief = quality(&Simulator::new(&network, 1.0)?)?;
/// let long = quality(&Simulator::new(&network, 30.0)?)?;
/// assert!(long.motifs[0].worst < brief.motifs[0].worst);
/// assert!(brief.warnings[0].to_string().contains("--transition") && long.warnings.is_empty());
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// # Errors
/// Errors that overflow.
pub fn quality(simulator: &Simulator) -> Result<Quality> {
    let motifs = measure(simulator)?;
    let lossy = motifs.iter().any(|m| m.excess() > 0.0);
    let enough = if lossy { enough(simulator, &motifs) } else { None };
    let network = simulator.network();
    let (rank, units) = (network.preparation().input().ncols(), network.system().units());
    let mut warnings = Vec::new();
    for (motif, (&of, learned)) in motifs.iter().zip(network.motifs()).enumerate() {
        if of.fit > MotifQuality::FIT_LIMIT {
            let remedy = fit_remedy(network, learned);
            warnings.push(QualityWarning::Fit { motif, quality: of, remedy });
        }
        if of.contraction >= 1.0 {
            let design = network.options().design;
            warnings.push(QualityWarning::Growing { motif, quality: of, direct: design == Design::Direct });
        }
        if let Some(tolerated) = tolerated(learned).filter(|x| *x < MotifQuality::TOLERATED_LIMIT) {
            let asked = network.options().direct.weight_error;
            warnings.push(QualityWarning::Fragile { motif, tolerated, asked });
        }
        if of.excess() > 0.0 {
            let (transition, rank) = (simulator.transition(), (rank < units).then_some(rank));
            let (shortest, longest) = network.system().suited_durations();
            let duration = learned.motif().duration();
            let outside = !(shortest..=longest).contains(&duration);
            let unsuited = outside.then_some([duration, shortest, longest]);
            warnings.push(QualityWarning::Played { motif, quality: of, transition, enough, rank, unsuited });
        }
    }
    Ok(Quality { motifs, warnings })
}

/// Relative error of its weights that a directly designed loop tolerates, where that is known.
fn tolerated(learned: &LearnedMotif) -> Option<f64> {
    match learned.designed() {
        DesignedLoop::Direct(own) => own.report().tolerated_error(),
        DesignedLoop::Placed(..) => None,
    }
}

fn measure(simulator: &Simulator) -> Result<Vec<MotifQuality>> {
    let network = simulator.network();
    let ends = ends(simulator)?;
    let count = network.motifs().len();
    let of_motif = |index: usize| {
        let learned = network.motif(index)?;
        let motif = learned.motif();
        let (deviation, rms) = (motif.standard_deviation(), motif.rms());
        let constant = deviation <= CONSTANT * rms;
        let unit = if constant { rms } else { deviation };
        let mut played: Vec<(Predecessor, f64)> = errors(simulator, index, &ends)?
            .into_iter()
            .enumerate()
            .map(|(j, e)| (Predecessor::Motif(j), e))
            .collect();
        if count == 1 {
            let scale = network.scale().unwrap_or(1.0);
            let random = random_states((network.system().units(), STARTS), scale, network.seed(), index);
            let found = errors(simulator, index, &random)?;
            played.push((Predecessor::RandomStart, root_mean_square(found.into_iter())));
        }
        let first = Error::Empty { what: "library of motifs", remedy: "learn a motif first" };
        let &(after, worst) = played.iter().max_by(|a, b| a.1.total_cmp(&b.1)).ok_or(first)?;
        let mean = played.iter().map(|(_, error)| error / played.len() as f64).sum::<f64>();
        let [fit, worst, mean] = [learned.rmse(), worst, mean].map(|error| error / unit);
        let contraction = contraction(simulator, index)?;
        check::no_overflow("error over the size of a motif", &[fit, worst, mean, contraction])?;
        Ok(MotifQuality { constant, fit, worst, after, mean, contraction })
    };
    let found: Vec<_> = (0..count).into_par_iter().map(of_motif).collect();
    found.into_iter().collect()
}

/// $|M_\mu|$, the largest factor by which one preparation and motif multiply a deviation of the state.
fn contraction(simulator: &Simulator, motif: usize) -> Result<f64> {
    let phases = simulator.phases(motif)?;
    let all: Vec<_> = phases.approach.iter().chain(&phases.playing).map(Phase::of_deviations).collect();
    let units = simulator.network().system().units();
    two_norm(&carry(&all, DMatrix::identity(units, units))?)
}

/// A preparation after which no motif loses more than its limit: by the slowest decay of the module, tried,
/// and shortened. `None` where none of some attempts is long enough.
fn enough(simulator: &Simulator, found: &[MotifQuality]) -> Option<f64> {
    let network = simulator.network();
    let dt = network.motifs().first()?.motif().dt();
    let rate = -network.preparation().report().abscissa;
    let excess = |found: &[MotifQuality]| found.iter().map(MotifQuality::excess).fold(0.0, f64::max);
    let tried = |steps: f64| measure(&Simulator::new(network, steps * dt).ok()?).ok();
    let mut short = (simulator.transition() / dt).round();
    let (mut long, mut left) = (short, excess(found));
    for _ in 0..ATTEMPTS {
        long = short + (left / rate / dt).ceil().max(1.0);
        left = excess(&tried(long)?);
        if left == 0.0 {
            break;
        }
        short = long;
    }
    for _ in 0..ATTEMPTS {
        let middle = (0.5 * (short + long)).floor();
        if left > 0.0 || middle <= short {
            break;
        }
        if excess(&tried(middle)?) == 0.0 {
            long = middle;
        } else {
            short = middle;
        }
    }
    (left == 0.0).then_some(long * dt)
}

/// What keeps a fit from coming closer, as what to change on the command line.
fn fit_remedy(network: &Network, learned: &LearnedMotif) -> String {
    let (motif, options) = (learned.motif(), network.options());
    let Some((fit, _)) = learned.placed() else {
        return format!(
            "build with more --units, a --loop-rank above {}, or a smaller --relative-noise than {}",
            learned.weights().rank(),
            options.direct.relative_noise
        );
    };
    let active = &fit.report().active;
    let asked = options.fit.separation.per_tau(1.0 / motif.duration());
    let bound = |is: fn(&ActiveConstraint) -> bool| active.iter().any(is);
    let separated = bound(|c| matches!(c, ActiveConstraint::Separation { .. }));
    if separated && asked > 0.0 && closest(fit) > options.noise.wider.sqrt() * asked {
        // It was fitted again with its eigenvalues farther apart than they have to be.
        let units = network.system().units();
        return format!("a closer fit would amplify noise on {units} units; build with more --units");
    }
    if active.iter().any(|c| amplitudes_decide(c, motif, fit)) {
        return "build with a larger --amplitude-bound".into();
    }
    let flags = [
        (separated, "--separation"),
        (bound(|c| matches!(c, ActiveConstraint::Start)), "--fit-start"),
        (bound(|c| matches!(c, ActiveConstraint::Margin { .. })), "--margin"),
        (bound(|c| matches!(c, ActiveConstraint::DecayLimit { .. })), "--decay-limit"),
    ];
    let flags: Vec<_> = flags.iter().filter(|(bound, _)| *bound).map(|(_, flag)| *flag).collect();
    let more = format!("build with more --modes than {}", fit.modes());
    if flags.is_empty() { more } else { format!("{more}; the fit is also bound by {}", flags.join(", ")) }
}

/// Smallest distance of two eigenvalues of a fit.
fn closest(fit: &Fit) -> f64 {
    let values = fit.eigenvalues();
    let pairs = values.iter().enumerate().flat_map(|(i, a)| values[..i].iter().map(move |b| (a - b).norm()));
    pairs.fold(f64::INFINITY, f64::min)
}

/// Whether twice the square of the bound on the amplitudes would take a good part of the squared error.
fn amplitudes_decide(constraint: &ActiveConstraint, motif: &Motif, fit: &Fit) -> bool {
    let ActiveConstraint::AmplitudeBound { multiplier } = constraint else { return false };
    let (norm, error) = (fit.amplitude_norm() / motif.rms(), fit.rmse() / motif.rms());
    multiplier * norm * norm > GOOD_PART * error * error
}
