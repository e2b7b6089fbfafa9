//! Which phases lead to a motif and play it.

use std::sync::Arc;

use nalgebra::DVector;
use rayon::prelude::*;

use super::flow::Flow;
use super::phase::{Centre, Phase, Target};
use crate::linalg::product::{apply, view};
use crate::network::{LearnedMotif, Network};
use crate::preparation::Preparation;
use crate::{Error, Result, check};

/// Largest distance of a duration from the time grid, in steps.
const ON_GRID: f64 = 1e-6;

/// More steps than this in one preparation are taken for a mistake, as in motifs.
const MAX_STEPS: f64 = 1e7;

/// What one motif of a sequence takes.
#[derive(Debug)]
pub(crate) struct MotifPhases {
    /// What leads to it: phases without a target.
    pub(crate) approach: Vec<Phase>,
    /// What plays it: phases whose targets are its samples.
    pub(crate) playing: Vec<Phase>,
}

/// When thalamus switches: before each motif, preparation for a fixed time.
///
/// ```
/// use thalamo::play::Schedule;
/// assert_eq!(Schedule::from(5.0), Schedule::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Schedule {
    /// Duration of preparation, >= 0 (tau); on the motifs' time grid.
    pub preparation: f64,
}

impl Default for Schedule {
    /// 5 tau, as in the figures.
    fn default() -> Self {
        Self { preparation: 5.0 }
    }
}

impl From<f64> for Schedule {
    /// Preparation for so many tau.
    fn from(preparation: f64) -> Self {
        Self { preparation }
    }
}

impl Schedule {
    /// # Errors
    /// A preparation that is negative or not finite.
    pub fn validate(&self) -> Result<()> {
        check::non_negative("transition", self.preparation)
    }

    /// Steps of preparation on a time grid.
    ///
    /// # Errors
    /// As [`Schedule::validate`]; a preparation of more than 1e7 steps dt (tau), or not a multiple of dt.
    pub fn steps(&self, dt: f64) -> Result<usize> {
        let (what, given) = ("transition", self.preparation);
        self.validate()?;
        let steps = (given / dt).round();
        if !(0.0..=MAX_STEPS).contains(&steps) {
            return Err(Error::OutOfRange { what, expected: "0 to 1e7 steps dt", given });
        }
        if (given / dt - steps).abs() > ON_GRID {
            return Err(Error::OffGrid { what, given, dt });
        }
        Ok(steps as usize)
    }

    /// The phases of every motif of a network.
    pub(super) fn phases(&self, network: &Network) -> Result<Vec<MotifPhases>> {
        let empty = Error::Empty { what: "library of motifs", remedy: "learn a motif first" };
        let dt = network.motifs().first().ok_or(empty)?.motif().dt();
        let (steps, readout) = (self.steps(dt)?, &network.system().single_readout()?);
        // One module prepares all motifs: only the centres differ.
        let preparing = Arc::new(Flow::new(network.preparation().system(), readout, dt, steps)?);
        let of_motif = |(motif, learned): (usize, &LearnedMotif)| {
            let samples = learned.motif().len();
            let centre = centre(network.preparation(), learned.initial_state(), &preparing)?;
            let preparation = Phase::new(Arc::clone(&preparing), centre, None);
            let flow = Arc::new(Flow::new(learned.system(), readout, dt, samples)?);
            let playing = Phase::new(flow, Centre::Origin, Some(Target { motif, samples: 0..samples }));
            Ok(MotifPhases { approach: vec![preparation], playing: vec![playing] })
        };
        network.motifs().par_iter().enumerate().map(of_motif).collect()
    }
}

/// The centre of a preparation for a state. Where the input switches it is the solution from rest: it reaches
/// the state when the input switches, and stays.
fn centre(module: &Preparation, state: &DVector<f64>, flow: &Flow) -> Result<Centre> {
    let points = module.fixed_points(state)?;
    let (Some(first), Some(switch)) = (points.first, module.switch()) else {
        return Ok(Centre::Fixed(points.last));
    };
    // Samples before the switch; one that is on it by all but rounding is after it.
    let before = ((switch / flow.dt - ON_GRID).max(0.0).ceil() as usize).min(flow.steps + 1);
    let reached = before <= flow.steps;
    let mut states = check::zeros("samples of the preparation", state.len(), before + usize::from(reached))?;
    let mut deviation = -&first;
    let mut next = deviation.clone();
    for (sample, mut column) in states.column_iter_mut().enumerate() {
        if sample == before {
            column.copy_from(&points.last);
        } else {
            column.copy_from(&(&first + &deviation));
            apply(view(flow.step(sample)), deviation.as_slice(), next.as_mut_slice());
            std::mem::swap(&mut deviation, &mut next);
        }
    }
    check::no_overflow("centre of the preparation", states.as_slice())?;
    Ok(Centre::Path(states))
}
