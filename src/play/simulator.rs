//! Runs sequences on a network.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::noise::{Noise, Source};
use super::phase::{Phase, carry, readouts};
use super::schedule::{MotifPhases, Schedule};
use super::sequence::{Sequence, Start};
use super::trajectory::{Segment, Trajectory};
use crate::linalg::product::{apply, view};
use crate::network::Network;
use crate::{Error, Result, check};

/// What a run keeps of its states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// Only the last: readouts are all that is asked for, and come faster.
    #[default]
    Readout,
    /// All of them, one per sample.
    States,
}

/// Exact propagation of a network on one schedule.
///
/// During preparation
/// $x(t + dt) = x_\mathrm{init} + e^{A_\mathrm{prep} dt} (x(t) - x_\mathrm{init})$, during a motif
/// $x(t + dt) = e^{A_\mu dt} x(t)$: no integration error, whatever dt.
///
/// ```
/// use thalamo::play::{Keep, Sequence, Simulator, Start};
/// use thalamo::{Cortex, Network, NetworkOptions, motif};
/// let options = NetworkOptions::default().with(|o| o.preparation.rank = Some(20));
/// let motifs = motif::oscillating_motifs(2, 1)?;
/// let network = Network::build(Cortex::random(50, 0.5, 1)?, &motifs, &options, 1)?;
/// let simulator = Simulator::new(&network, 10.0)?;
/// let run = simulator.run(&Sequence::new(&[0, 1, 0])?, &Start::Rest, None, Keep::Readout)?;
/// assert_eq!(run.segments.len(), 3);
/// assert_eq!(run.readout.len(), 3 * 100 + 2 * motifs[0].len() + motifs[1].len());
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Simulator {
    network: Arc<Network>,
    phases: Arc<[MotifPhases]>,
}

impl From<&Network> for Arc<Network> {
    fn from(network: &Network) -> Self {
        Self::new(network.clone())
    }
}

impl Simulator {
    /// Propagators of a network with at least one motif. A schedule may be given as its preparation
    /// time (tau); a network that is given by reference is copied, an `Arc` of one is shared.
    ///
    /// # Errors
    /// No motifs, or a preparation that is negative, longer than 1e7 steps, or not on the motifs'
    /// time grid.
    pub fn new(network: impl Into<Arc<Network>>, schedule: impl Into<Schedule>) -> Result<Self> {
        let network = network.into();
        let phases = schedule.into().phases(&network)?.into();
        Ok(Self { network, phases })
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Preparation time, in tau.
    pub fn transition(&self) -> f64 {
        self.phases[0].approach.iter().map(|phase| phase.flow.duration()).sum()
    }

    /// Plays a sequence: the phases of each of its motifs.
    ///
    /// # Errors
    /// A motif the network does not know, a start or noise out of range, more samples than fit in
    /// memory, or states that overflow.
    pub fn run(
        &self,
        sequence: &Sequence,
        start: &Start,
        noise: Option<Noise>,
        keep: Keep,
    ) -> Result<Trajectory> {
        let phases = self.sequence(sequence)?;
        let start = start.state(self.network.system().units())?;
        self.play_phases(&phases, start, noise.map(|noise| noise.source(0)).transpose()?, keep)
    }

    pub(super) fn play_phases(
        &self,
        phases: &[&Phase],
        mut state: DVector<f64>,
        mut source: Option<Source>,
        keep: Keep,
    ) -> Result<Trajectory> {
        if let Some(source) = &mut source {
            source.perturb_start(state.as_mut_slice());
        }
        let (units, samples) = (state.len(), samples(phases));
        let w = self.network.system().single_readout()?;
        let mut readout = check::room("samples of the run", 1, samples)?;
        let mut states = match keep {
            Keep::Readout => None,
            Keep::States => Some(check::zeros("samples of the run", units, samples)?),
        };
        for phase in phases {
            let from = readout.len();
            let noisy = source.as_mut().filter(|source| source.has_process_noise());
            match (noisy, &mut states) {
                (Some(source), states) => phase.run_noisy(&mut state, source, |x| {
                    if let Some(states) = states {
                        states.set_column(readout.len(), x);
                    }
                    readout.push(w.dot(x));
                })?,
                (None, None) => phase.read(&mut state, &mut readout)?,
                (None, Some(states)) => {
                    let steps = phase.steps();
                    phase.record(&mut state, &mut states.as_mut_slice()[from * units..][..steps * units])?;
                    readout.resize(from + steps, 0.0);
                    let seen = view(states).subcols(from, steps).transpose();
                    apply(seen, w.as_slice(), &mut readout[from..]);
                }
            }
        }
        self.trajectory(phases, readout, states, state)
    }

    /// With the targets and segments of what was played.
    pub(super) fn trajectory(
        &self,
        phases: &[&Phase],
        readout: Vec<f64>,
        states: Option<DMatrix<f64>>,
        end_state: DVector<f64>,
    ) -> Result<Trajectory> {
        check::no_overflow("readout", &readout)?;
        check::no_overflow("state at the end of the run", end_state.as_slice())?;
        let mut target = check::room("samples of the run", 1, readout.len())?;
        let (mut segments, mut preparation) = (Vec::new(), 0);
        for phase in phases {
            let start = target.len();
            let Some(played) = &phase.target else {
                target.resize(start + phase.steps(), f64::NAN);
                continue;
            };
            let values = self.network.motif(played.motif)?.motif().values();
            target.extend_from_slice(&values[played.samples.clone()]);
            segments.push(Segment { motif: played.motif, preparation, start, end: target.len() });
            preparation = target.len();
        }
        let dt = self.phases[0].playing[0].flow.dt;
        Ok(Trajectory { dt, readout, target, states, segments, end_state })
    }

    /// States at the beginning of a motif, from states at the beginning of its preparation (N x
    /// trials): `x_init + e^{A_prep T} (x - x_init)`.
    ///
    /// # Errors
    /// An unknown motif, states of the wrong shape or not finite, or a result that overflows.
    pub fn prepare(&self, motif: usize, states: &DMatrix<f64>) -> Result<DMatrix<f64>> {
        carry(&self.phases_from(motif, states)?.approach, states.clone())
    }

    /// Readout of a motif from given states (N x trials): one column of samples per trial.
    ///
    /// # Errors
    /// As [`Simulator::prepare`].
    pub fn play(&self, motif: usize, states: &DMatrix<f64>) -> Result<DMatrix<f64>> {
        readouts(&self.phases_from(motif, states)?.playing, states.clone())
    }

    /// States at the end of a motif (N x trials).
    ///
    /// # Errors
    /// As [`Simulator::prepare`].
    pub fn finish(&self, motif: usize, states: &DMatrix<f64>) -> Result<DMatrix<f64>> {
        carry(&self.phases_from(motif, states)?.playing, states.clone())
    }

    /// The phases of one motif.
    pub(crate) fn phases(&self, motif: usize) -> Result<&MotifPhases> {
        let len = self.phases.len();
        self.phases.get(motif).ok_or(Error::UnknownIndex { what: "motif", index: motif, len })
    }

    /// The phases of a sequence, in the order of play.
    pub(super) fn sequence(&self, sequence: &Sequence) -> Result<Vec<&Phase>> {
        let mut all = Vec::with_capacity(2 * sequence.motifs().len());
        for &motif in sequence.motifs() {
            let MotifPhases { approach, playing } = self.phases(motif)?;
            all.extend(approach.iter().chain(playing));
        }
        Ok(all)
    }

    /// The phases of one motif, for states that fit.
    fn phases_from(&self, motif: usize, states: &DMatrix<f64>) -> Result<&MotifPhases> {
        let phases = self.phases(motif)?;
        let expected = (self.network.system().units(), states.ncols());
        check::shape("states", states.shape(), expected, "give one column per trial, one row per unit")?;
        check::finite("states", states.as_slice())?;
        Ok(phases)
    }
}

/// Samples of some phases, one after the other.
pub(super) fn samples(phases: &[&Phase]) -> usize {
    phases.iter().map(|phase| phase.steps()).sum()
}
