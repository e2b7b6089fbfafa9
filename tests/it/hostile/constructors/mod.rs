//! Hostile input for every public constructor and validator: one body, run by the fuzz target in `fuzz/` and,
//! with pseudo-random bytes, by `hostile::smoke`.
//!
//! Every call must either fail with a typed error whose message can be read, or return numbers that keep what
//! their documentation says. Anything else panics here. Sizes are small (N at most 8, K at most 6): a case
//! takes milliseconds, so one that takes seconds is a bug as well.

mod algebra;
mod analysis;
mod input;
mod motifs;
mod networks;
mod rnn;
mod spectra;
mod thalamus;

use thalamo::Result;

pub(crate) use input::Input;

/// A body: decodes its input from bytes, calls the library, checks what comes back.
pub(crate) type Case = fn(&mut Input<'_>, &mut Tally);

/// All bodies, by name. The first byte of a fuzz input chooses among them.
pub(crate) const CASES: &[(&str, Case)] = &[
    ("conjugate sets", spectra::conjugate_sets),
    ("eigenvalues", spectra::eigenvalues),
    ("Lyapunov equations", algebra::lyapunov_equations),
    ("exponentials", algebra::exponentials),
    ("step covariances", algebra::step_covariances),
    ("motifs", motifs::motifs),
    ("given fits", motifs::given_fits),
    ("fits", motifs::fits),
    ("cortices", thalamus::cortices),
    ("placements", thalamus::placements),
    ("loops", thalamus::loops),
    ("preparations", thalamus::preparations),
    ("feasible modes", thalamus::feasible_modes),
    ("networks", networks::networks),
    ("certificates", networks::certificates),
    ("runs", networks::runs),
    ("transients", analysis::transients),
    ("decay", analysis::decay),
    ("pseudospectra", analysis::pseudospectra),
    ("statistics", analysis::statistics),
    ("optimisers", analysis::optimisers),
    ("tanh networks", rnn::tanh_networks),
    ("training", rnn::training),
];

/// What a case met: results that were checked, and refusals.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) kept: usize,
    pub(crate) refused: usize,
}

impl Tally {
    /// The value of a success; a refusal has to say something.
    pub(crate) fn judge<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => {
                self.kept += 1;
                Some(value)
            }
            Err(error) => {
                self.refused += 1;
                assert!(error.to_string().len() > 20, "an error that explains nothing: {error:?}");
                None
            }
        }
    }
}

/// Runs the case that the first byte chooses on the rest.
pub(crate) fn run(data: &[u8]) {
    if let Some((&first, rest)) = data.split_first() {
        let (_, case) = CASES[usize::from(first) % CASES.len()];
        case(&mut Input::new(rest), &mut Tally::default());
    }
}

/// Panics unless every number is finite.
pub(crate) fn assert_finite<'a>(what: &str, values: impl IntoIterator<Item = &'a f64>) {
    for (index, value) in values.into_iter().enumerate() {
        assert!(value.is_finite(), "{what}: {value} at {index}");
    }
}

/// Panics unless the number is finite and not negative.
pub(crate) fn assert_size(what: &str, value: f64) {
    assert!(value.is_finite() && value >= 0.0, "{what}: {value}");
}
