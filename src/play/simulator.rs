//! Runs sequences on a network.

use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

use super::noise::Noise;
use super::phase::Phase;
use super::sequence::{Sequence, Start};
use super::trajectory::{Segment, Trajectory};
use crate::linalg::multiply;
use crate::linalg::product::{self, Op};
use crate::network::Network;
use crate::{Error, Result, check};

/// Largest distance of a duration from the time grid, in steps.
const ON_GRID: f64 = 1e-6;

/// More steps than this in one preparation are taken for a mistake, as in motifs.
const MAX_STEPS: f64 = 1e7;

/// Exact propagation of a network for one preparation time.
///
/// During preparation $x(t + dt) = x_\mathrm{init} + e^{A_\mathrm{prep} dt} (x(t) - x_\mathrm{init})$, during a
/// motif $x(t + dt) = e^{A_\mu dt} x(t)$: no integration error, whatever dt.
///
/// ```
/// use thalamo::play::{Sequence, Simulator, Start};
/// use thalamo::{Cortex, Network, NetworkOptions, motif, preparation::PreparationOptions};
/// let options = NetworkOptions {
///     preparation: PreparationOptions { rank: 20, ..Default::default() },
///     ..Default::default()
/// };
/// let motifs = motif::oscillating_motifs(2, 1)?;
/// let network = Network::build(Cortex::random(50, 0.5, 1)?, &motifs, &options, 1)?;
/// let simulator = Simulator::new(&network, 10.0)?;
/// let run = simulator.run(&Sequence::new(&[0, 1, 0])?, &Start::Rest, None, false)?;
/// assert_eq!(run.segments().len(), 3);
/// assert_eq!(run.readout().len(), 3 * 100 + 2 * motifs[0].len() + motifs[1].len());
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug)]
pub struct Simulator<'a> {
    network: &'a Network,
    dt: f64,
    pub(super) preparation: Phase,
    motifs: Vec<Phase>,
}

impl<'a> Simulator<'a> {
    /// Propagators of a network with at least one motif, for a preparation of `transition` tau before each.
    ///
    /// # Errors
    /// No motifs, or a transition that is negative, longer than 1e7 steps, or not on the motifs' time grid.
    pub fn new(network: &'a Network, transition: f64) -> Result<Self> {
        let first = network
            .motifs()
            .first()
            .ok_or(Error::Empty { what: "library of motifs", remedy: "learn a motif first" })?;
        let dt = first.motif().dt();
        check::non_negative("transition", transition)?;
        let steps = (transition / dt).round();
        if !(0.0..=MAX_STEPS).contains(&steps) {
            return Err(Error::OutOfRange {
                what: "transition",
                expected: "0 to 1e7 steps dt",
                given: transition,
            });
        }
        if (transition / dt - steps).abs() > ON_GRID {
            return Err(Error::OffGrid { what: "transition", given: transition, dt });
        }
        let readout = &network.system().single_readout()?;
        let preparation = Phase::new(network.preparation().system(), readout, dt, steps as usize)?;
        let motifs = network
            .motifs()
            .par_iter()
            .map(|m| Phase::new(m.motif_loop().system(), readout, dt, m.motif().len()))
            .collect::<Result<_>>()?;
        Ok(Self { network, dt, preparation, motifs })
    }

    /// The network.
    pub fn network(&self) -> &Network {
        self.network
    }

    /// Preparation time, in tau.
    pub fn transition(&self) -> f64 {
        self.preparation.steps() as f64 * self.dt
    }

    /// Plays a sequence: preparation, then motif, for each of its motifs.
    ///
    /// # Errors
    /// A motif the network does not know, a start or noise out of range, more samples than fit in memory, or
    /// states that overflow.
    pub fn run(
        &self,
        sequence: &Sequence,
        start: &Start,
        noise: Option<Noise>,
        keep_states: bool,
    ) -> Result<Trajectory> {
        let units = self.network.system().units();
        let samples = sequence.motifs().iter().try_fold(0, |sum, &motif| {
            Ok::<_, Error>(sum + self.preparation.steps() + self.phase(motif)?.steps())
        })?;
        let mut state = start.state(units)?;
        let mut source = match noise {
            Some(noise) => {
                noise.check()?;
                let mut source = noise.source();
                source.perturb_start(state.as_mut_slice());
                Some(source)
            }
            None => None,
        };
        let w = self.network.system().single_readout()?;
        let mut readout = check::room("samples of the run", 1, samples)?;
        let mut target = check::room("samples of the run", 1, samples)?;
        let mut states =
            keep_states.then(|| check::zeros("samples of the run", units, samples)).transpose()?;
        let mut segments = Vec::with_capacity(sequence.motifs().len());
        let origin = DVector::zeros(units);
        for &motif in sequence.motifs() {
            let learned = &self.network.motifs()[motif];
            let phases =
                [(&self.preparation, learned.motif_loop().initial_state()), (&self.motifs[motif], &origin)];
            let preparation = readout.len();
            for (phase, centre) in phases {
                let from = readout.len();
                let noisy = source.as_mut().filter(|source| source.has_process_noise());
                match (noisy, &mut states) {
                    (Some(source), states) => phase.run_noisy(&mut state, centre, source, |x| {
                        if let Some(states) = states {
                            states.set_column(readout.len(), x);
                        }
                        readout.push(w.dot(x));
                    })?,
                    (None, None) => phase.read(&mut state, centre, &mut readout)?,
                    (None, Some(states)) => {
                        let states = &mut states.as_mut_slice()[from * units..][..phase.steps() * units];
                        phase.record(&mut state, centre, states)?;
                        readout.resize(from + phase.steps(), 0.0);
                        multiply::readout(states, w.as_slice(), &mut readout[from..]);
                    }
                }
            }
            let start = preparation + self.preparation.steps();
            target.resize(start, f64::NAN);
            target.extend_from_slice(learned.motif().values());
            segments.push(Segment { motif, preparation, start, end: readout.len() });
        }
        check::no_overflow("readout", &readout)?;
        check::no_overflow("state at the end of the run", state.as_slice())?;
        Ok(Trajectory { dt: self.dt, readout, target, states, segments, end_state: state })
    }

    /// States after preparing a motif (N x trials), from any states: `x_init + e^{A_prep T} (x - x_init)`.
    ///
    /// # Errors
    /// An unknown motif, states of the wrong shape or not finite, or a result that overflows.
    pub fn prepare(&self, motif: usize, states: &DMatrix<f64>) -> Result<DMatrix<f64>> {
        self.check_states(states)?;
        let centre = self.network.motif(motif)?.motif_loop().initial_state();
        let mut deviations = states.clone();
        deviations.column_iter_mut().for_each(|mut x| x -= centre);
        let mut prepared = product(self.preparation.whole()?, &deviations)?;
        prepared.column_iter_mut().for_each(|mut x| x += centre);
        check::no_overflow("prepared states", prepared.as_slice())?;
        Ok(prepared)
    }

    /// Deviations from the fixed point after a preparation (N x trials): `e^{A_prep T} dx`.
    ///
    /// # Errors
    /// Deviations of the wrong shape or not finite, or a result that overflows.
    pub fn carried(&self, deviations: &DMatrix<f64>) -> Result<DMatrix<f64>> {
        self.check_states(deviations)?;
        product(self.preparation.whole()?, deviations)
    }

    /// Readout of a motif from given states (N x trials): one column of samples per trial.
    ///
    /// # Errors
    /// As [`Simulator::prepare`].
    pub fn play(&self, motif: usize, states: &DMatrix<f64>) -> Result<DMatrix<f64>> {
        self.check_states(states)?;
        product(self.phase(motif)?.readout_rows()?, states)
    }

    /// States at the end of a motif (N x trials).
    ///
    /// # Errors
    /// As [`Simulator::prepare`].
    pub fn finish(&self, motif: usize, states: &DMatrix<f64>) -> Result<DMatrix<f64>> {
        self.check_states(states)?;
        product(self.phase(motif)?.whole()?, states)
    }

    pub(super) fn phase(&self, motif: usize) -> Result<&Phase> {
        let len = self.motifs.len();
        self.motifs.get(motif).ok_or(Error::UnknownIndex { what: "motif", index: motif, len })
    }

    fn check_states(&self, states: &DMatrix<f64>) -> Result<()> {
        let expected = (self.network.system().units(), states.ncols());
        check::shape("states", states.shape(), expected, "give one column per trial, one row per unit")?;
        check::finite("states", states.as_slice())
    }
}

fn product(a: &DMatrix<f64>, b: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    let out = product::product((a, Op::Plain), (b, Op::Plain));
    check::no_overflow("states or readouts", out.as_slice())?;
    Ok(out)
}
