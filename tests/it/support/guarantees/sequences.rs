//! Promises about what is played.

use nalgebra::{DMatrix, DVector};

use super::{Violation, within};
use thalamo::Error;
use thalamo::certificate::Certificate;
use thalamo::play::{Keep, Sequence, Simulator, Start, Trajectory};

/// A sequence from any state keeps within its network's certificate: at every sample of every motif
///
/// $$ |w^T x(t) - \hat y_\mu(t)| \le \begin{cases} \text{first}_\mu & \text{in the first motif} \\\\
///    \text{later} & \text{in all others} \end{cases} $$
///
/// with the bounds of [`Certificate::from_ball`] for the start's norm. Errors are deviations of the
/// readout from the motif's exponentials, in its own units. No tolerance: the certificate allows
/// for rounding on its own.
///
/// # Errors
/// [`Violation::Exceeded`] with motif, position and time; [`Violation::Unrelated`] for a certificate of
/// another preparation time or number of motifs.
pub(crate) fn sequence_certified(
    simulator: &Simulator,
    certificate: &Certificate,
    sequence: &Sequence,
    start: &Start,
) -> Result<(), Violation> {
    check_related(simulator, certificate)?;
    let state = start.state(simulator.network().system().units())?;
    let bounds = certificate.from_ball(state.norm())?;
    play(simulator, sequence, state, |played| {
        let limit = if played.position == 0 { bounds.first[played.motif] } else { bounds.later };
        let (error, sample) = played.sup();
        within("readout error", error, limit, || played.place(sample))
    })
}

/// A sequence from the first motif's own initial state keeps within the certificate's table of
/// ordered pairs: in motif $\mu$ after $\nu$
///
/// $$ \max_t |w^T x(t) - \hat y_\mu(t)| \le \text{sup}_{\mu\nu}, \qquad
///    \sqrt{\tfrac{1}{T_s} \sum_n |w^T x(t_n) - \hat y_\mu(t_n)|^2} \le \text{rms}_{\mu\nu}, $$
///
/// the tables [`Certificate::sup_error`] and [`Certificate::rms_error`], whatever was played before
/// $\nu$. Errors are in the motif's own units. No tolerance: the certificate allows for rounding on
/// its own.
///
/// Returns the largest error met, for a measure of how tight the certificate is.
///
/// # Errors
/// As [`sequence_certified`].
pub(crate) fn pairs_certified(
    simulator: &Simulator,
    certificate: &Certificate,
    sequence: &Sequence,
) -> Result<f64, Violation> {
    check_related(simulator, certificate)?;
    let first = sequence.motifs().first().copied().unwrap_or(0);
    let start = simulator.network().motif(first)?.initial_state().clone();
    let (mut previous, mut worst) = (first, 0.0_f64);
    play(simulator, sequence, start, |played| {
        let (error, sample) = played.sup();
        if played.position > 0 {
            let pair = (played.motif, previous);
            worst = worst.max(error);
            let after = |place: String| format!("{place} after motif {}", pair.1);
            within("readout error", error, certificate.sup_error[pair], || after(played.place(sample)))?;
            let limit = certificate.rms_error[pair];
            within("RMS readout error", played.rms(), limit, || after(played.place(sample)))?;
        }
        previous = played.motif;
        Ok(())
    })?;
    Ok(worst)
}

/// Playing two sequences in one run is playing the second from where the first ended:
///
/// $$ x_{s + t}(n) = \begin{cases} x_s(n) & n < n_s \\\\ x_t(n - n_s), \\; x_t(0) = x_s(n_s) & n \ge n_s. \end{cases} $$
///
/// Compared bit by bit: both perform the same operations in the same order. Runs without noise,
/// since a stream of noise begins anew with every run.
///
/// # Errors
/// [`Violation::Differs`] with the first sample that differs.
pub(crate) fn runs_compose(
    simulator: &Simulator,
    first: &Sequence,
    second: &Sequence,
    start: &Start,
) -> Result<(), Violation> {
    let together = Sequence::new(&[first.motifs(), second.motifs()].concat())?;
    let whole = simulator.run(&together, start, None, Keep::States)?;
    let head = simulator.run(first, start, None, Keep::States)?;
    let tail = simulator.run(second, &Start::State(head.end_state.clone()), None, Keep::States)?;
    trajectories_compose(&whole, &head, &tail)
}

/// One trajectory is two others, one behind the other: readouts, states (where kept) and end states
/// are the same to the bit. For runs made elsewhere; [`runs_compose`] makes its own.
///
/// # Errors
/// [`Violation::Differs`] with the first sample that differs, [`Violation::Unrelated`] where the numbers of
/// samples do not add up.
pub(crate) fn trajectories_compose(
    whole: &Trajectory,
    first: &Trajectory,
    second: &Trajectory,
) -> Result<(), Violation> {
    let (samples, joint) = (whole.readout.len(), first.readout.len() + second.readout.len());
    if samples != joint {
        let (expected, given) = (samples as f64, joint as f64);
        return Err(Violation::Unrelated { what: "samples of both runs together", expected, given });
    }
    let parts = first.readout.iter().chain(&second.readout);
    same("readout", whole.readout.iter(), parts, 1, whole.dt)?;
    if let (Some(all), Some(head), Some(tail)) = (&whole.states, &first.states, &second.states) {
        same("state", all.iter(), head.iter().chain(tail.iter()), all.nrows(), whole.dt)?;
    }
    match whole.end_state.iter().zip(&second.end_state).position(|(a, b)| a.to_bits() != b.to_bits()) {
        Some(unit) => Err(Violation::Differs { what: "end state", place: format!("in unit {unit}") }),
        None => Ok(()),
    }
}

fn same<'a>(
    what: &'static str,
    whole: impl Iterator<Item = &'a f64>,
    parts: impl Iterator<Item = &'a f64>,
    per_sample: usize,
    dt: f64,
) -> Result<(), Violation> {
    match whole.zip(parts).position(|(a, b)| a.to_bits() != b.to_bits()) {
        Some(index) => {
            let time = (index / per_sample.max(1)) as f64 * dt;
            Err(Violation::Differs { what, place: format!("at t = {time:.3} tau") })
        }
        None => Ok(()),
    }
}

fn check_related(simulator: &Simulator, certificate: &Certificate) -> Result<(), Violation> {
    let related = |what, expected: f64, given: f64| {
        if expected == given { Ok(()) } else { Err(Violation::Unrelated { what, expected, given }) }
    };
    related("preparation time (tau) of the certificate", simulator.transition(), certificate.transition)?;
    let (motifs, certified) = (simulator.network().motifs().len(), certificate.sup_error.nrows());
    related("number of certified motifs", motifs as f64, certified as f64)
}

/// One motif of a sequence, as it was played.
struct Played {
    position: usize,
    motif: usize,
    dt: f64,
    /// Readout minus exponentials.
    errors: Vec<f64>,
}

impl Played {
    fn sup(&self) -> (f64, usize) {
        let larger = |best: (f64, usize), (n, e): (usize, &f64)| {
            // NaN counts as the largest.
            if e.abs() <= best.0 || best.0.is_nan() { best } else { (e.abs(), n) }
        };
        self.errors.iter().enumerate().fold((0.0, 0), larger)
    }

    fn rms(&self) -> f64 {
        (self.errors.iter().map(|e| e * e).sum::<f64>() / self.errors.len() as f64).sqrt()
    }

    fn place(&self, sample: usize) -> String {
        let (motif, position, time) = (self.motif, self.position, sample as f64 * self.dt);
        format!("in motif {motif} at position {position}, t = {time:.3} tau")
    }
}

/// Plays a sequence from a state, motif by motif: no sample is propagated through more than one
/// motif's steps.
fn play(
    simulator: &Simulator,
    sequence: &Sequence,
    start: DVector<f64>,
    mut visit: impl FnMut(&Played) -> Result<(), Violation>,
) -> Result<(), Violation> {
    if let Some(index) = start.iter().position(|x| !x.is_finite()) {
        return Err(Error::NotFinite { what: "start", index, value: start[index] }.into());
    }
    let mut state = DMatrix::from_columns(&[start]);
    for (position, &motif) in sequence.motifs().iter().enumerate() {
        let learned = simulator.network().motif(motif)?;
        let prepared = simulator.prepare(motif, &state)?;
        let readout = simulator.play(motif, &prepared)?;
        let exponentials = learned.placed().unwrap().0.values(readout.nrows());
        let errors = readout.iter().zip(exponentials).map(|(y, e)| y - e).collect();
        visit(&Played { position, motif, dt: learned.motif().dt(), errors })?;
        state = simulator.finish(motif, &prepared)?;
    }
    if state.iter().all(|x| x.is_finite()) {
        return Ok(());
    }
    Err(Error::Singular { what: "sequence (its state overflowed)", remedy: "start nearer to rest" }.into())
}
