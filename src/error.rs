//! The one error type: what was expected, what was given, and what to do about it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use num_complex::Complex64;

/// Result with the crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can be wrong with an input, or impossible about a request.
///
/// Not converging to a tolerance is no error: optimisers return a report with a status.
///
/// Throughout, `what` names the argument or quantity, `expected` what it must be (or `limit`, the
/// largest value accepted), `given` what it is, and `remedy` what may help. Shapes are rows and
/// columns; the `index` of a number counts column by column, rows of files from 1; rates are in
/// 1/tau, times in tau.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs)] // of fields: they are what the message says
pub enum Error {
    /// A vector or matrix of the wrong size.
    #[error("{what}: expected shape {} x {}, given {} x {}; {remedy}", expected.0, expected.1, given.0, given.1)]
    Shape { what: &'static str, expected: (usize, usize), given: (usize, usize), remedy: &'static str },
    /// A NaN or an infinity among the numbers.
    #[error("{what}: expected finite numbers, given {value} at index {index}; remove or replace it")]
    NotFinite { what: &'static str, index: usize, value: f64 },
    /// A number outside its documented range.
    #[error("{what}: expected {expected}, given {given}")]
    OutOfRange { what: &'static str, expected: &'static str, given: f64 },
    /// Several outputs where only one is possible.
    #[error(
        "outputs D: expected 1, given {given}; design and simulation of several outputs are not there yet, use one at a time"
    )]
    Outputs { given: usize },
    /// A collection that must hold something.
    #[error("{what}: expected at least one element, given none; {remedy}")]
    Empty { what: &'static str, remedy: &'static str },
    /// A motif that is zero everywhere has nothing to fit.
    #[error(
        "motif: expected a series with at least one non-zero sample, given {samples} zeros; leave it out of the library"
    )]
    ZeroMotif { samples: usize },
    /// A complex number whose conjugate is missing (or has another amplitude).
    #[error(
        "{what}: expected numbers closed under conjugation, given {value} at index {index} without its conjugate; add the conjugate"
    )]
    NotConjugate { what: &'static str, index: usize, value: Complex64 },
    /// Two targets that coincide; placement needs distinct ones.
    #[error(
        "targets: expected distinct eigenvalues, given {value} at indices {first} and {second} ({distance:.1e} apart); separate or drop one"
    )]
    RepeatedTarget { first: usize, second: usize, value: Complex64, distance: f64 },
    /// A target that coincides with an eigenvalue of A, where Q has a pole.
    #[error(
        "targets: expected distance from the spectrum of A, given {target} at {distance:.1e} from its eigenvalue {eigenvalue}; move the target"
    )]
    TargetOnEigenvalue { target: Complex64, eigenvalue: Complex64, distance: f64 },
    /// More modes than the cortex can carry in double precision.
    #[error(
        "placement: expected cond(Q) <= {limit:.1e}, given {condition:.1e} with {modes} targets on {units} units; use fewer modes, spread the targets, or a larger cortex"
    )]
    IllConditionedPlacement { condition: f64, limit: f64, modes: usize, units: usize },
    /// More targets than a loop finds eigenvalues to move: of a repeated one it moves a single copy.
    #[error(
        "placement: expected at most as many targets as A has distinct eigenvalues, given {targets} targets for {distinct} distinct of {units}; use fewer modes, or a connectivity J with more distinct eigenvalues"
    )]
    RepeatedEigenvalues { targets: usize, distinct: usize, units: usize },
    /// Rank-one feedback whose eigenvalues did not arrive where they were asked.
    #[error(
        "placement: expected eigenvalues within {tolerance:.1e} of the targets, achieved {distance:.1e}; use fewer modes or another u"
    )]
    PlacementInaccurate { distance: f64, tolerance: f64 },
    /// A system that must be stable and is not.
    #[error(
        "{what}: expected every eigenvalue left of {limit:.1e}, given spectral abscissa {abscissa:.3e}; {remedy}"
    )]
    Unstable { what: &'static str, abscissa: f64, limit: f64, remedy: &'static str },
    /// An eigenvalue iteration that gave up.
    #[error(
        "eigendecomposition of a {size} x {size} matrix: expected convergence, given none; check the matrix for extreme scaling"
    )]
    EigenNotConverged { size: usize },
    /// A matrix without a usable basis of eigenvectors.
    #[error(
        "eigendecomposition: expected independent eigenvectors, given condition number {condition:.1e} (limit {limit:.1e}), residual {residual:.1e}; the matrix is defective or nearly so, and loops need its eigenvectors: change a few entries of it slightly"
    )]
    Defective { condition: f64, limit: f64, residual: f64 },
    /// A linear system or equation that has no solution in double precision.
    #[error("{what}: expected a regular problem, given one that is singular to working precision; {remedy}")]
    Singular { what: &'static str, remedy: &'static str },
    /// A solution whose residual is too large to be trusted.
    #[error("{what}: expected residual <= {limit:.1e}, achieved {residual:.1e}; {remedy}")]
    Residual { what: &'static str, residual: f64, limit: f64, remedy: &'static str },
    /// Constraints that no point satisfies.
    #[error(
        "constraints: expected a non-empty feasible set, given {modes} modes with {constraint}; {remedy}"
    )]
    Infeasible { modes: usize, constraint: &'static str, remedy: &'static str },
    /// More exponentials than samples determine.
    #[error(
        "fit: expected at most as many exponentials as samples, given {modes} for {samples} samples; use fewer modes, or sample the motif more finely"
    )]
    MoreModesThanSamples { modes: usize, samples: usize },
    /// A motif so brief or so long that its eigenvalues cannot be placed.
    #[error(
        "motif of {duration} tau: expected about {shortest:.3} to {longest:.3} tau for this system, given what leads to `{source}`; choose the time constant accordingly (--tau, with times in seconds), or a system that is as slow or fast"
    )]
    Duration { duration: f64, shortest: f64, longest: f64, source: Box<Error> },
    /// An index past the end of a library.
    #[error("{what}: expected an index below {len}, given {index}")]
    UnknownIndex { what: &'static str, index: usize, len: usize },
    /// A duration that does not fall on the time grid.
    #[error("{what}: expected a multiple of dt = {dt}, given {given}; round it to the grid")]
    OffGrid { what: &'static str, given: f64, dt: f64 },
    /// Motifs sampled at different steps in one library.
    #[error("motif: expected the library's dt = {expected}, given {given}; resample the motif")]
    TimeStep { expected: f64, given: f64 },
    /// A library whose maps contract in none of the norms tried: nothing can be certified.
    #[error(
        "certificate: expected every preparation and motif to contract deviations, given a factor {contraction:.3} in the best norm tried; prepare longer"
    )]
    NotContracting { contraction: f64 },
    /// A certificate that does not hold for the network it was checked against.
    #[error(
        "certificate: {claim}: expected at most {claimed:.6e}, given {found:.6e}; certify this network anew"
    )]
    CertificateViolated { claim: &'static str, claimed: f64, found: f64 },
    /// A transition asked of a tanh network that has no transition module.
    #[error("transition module: expected a network with one, given none; add it with `with_module`")]
    MissingModule,
    /// Training whose loss or gradient overflowed.
    #[error(
        "training: expected a finite loss and gradient, given loss {loss} at minibatch {minibatch}; lower the learning rate, or resume from a checkpoint"
    )]
    Diverged { minibatch: usize, loss: f64 },
    /// A stored number that is not what the other ones imply.
    #[error(
        "{what}: expected within {limit:.1e} (relative) of what the other parameters imply, given {difference:.1e}; restore it, or build the network anew"
    )]
    Disagrees { what: &'static str, difference: f64, limit: f64 },
    /// What went wrong with one motif of several.
    #[error("{}: {source}", motif_of(name.as_deref(), *index))]
    InMotif { index: usize, name: Option<String>, source: Box<Error> },
    /// What is wrong with a file, or kept it from being read or written.
    #[error("{path}: {source}")]
    InFile { path: PathBuf, source: Box<Error> },
    /// What is wrong with one array of a `.npz` file.
    #[error("array `{array}`: {source}")]
    InArray { array: String, source: Box<Error> },
    /// What is wrong with one row of a `.csv` file, or one entry of a list in a `.json` file.
    #[error("row {row}, column {column}: {source}")]
    InRow { row: u64, column: String, source: Box<Error> },
    /// The content of a file, or of the part named, is not what it should be.
    #[error("expected {expected}, given {given}; {remedy}")]
    Content { expected: String, given: String, remedy: &'static str },
    /// A file of a version that this program does not know.
    #[error("expected format version {supported}, given {given}; use the version of thalamo that wrote it")]
    Version { given: u64, supported: u64 },
    /// An output that would overwrite an input.
    #[error(
        "expected an output apart from the inputs, given the input itself; choose another name, or add --overwrite"
    )]
    OverwritesInput,
    /// The system refuses to read a file.
    #[error("expected to read it, given: {reason}; check name and permissions")]
    Read { reason: SystemError },
    /// The system refuses to write a file. Nothing was changed.
    #[error("expected to write it, given: {reason}; check folder, permissions and space")]
    Write { reason: SystemError },
}

impl Error {
    /// This error, in a file.
    pub fn in_file(self, path: &Path) -> Self {
        Self::InFile { path: path.to_owned(), source: Box::new(self) }
    }

    /// This error, in motif `index` of several.
    pub fn in_motif(self, index: usize) -> Self {
        Self::InMotif { index, name: None, source: Box::new(self) }
    }

    /// This error with the name of the motif that it is about, where it is about one of these.
    pub fn with_names(mut self, names: &[String]) -> Self {
        match &mut self {
            Self::InMotif { index, name, .. } => {
                if let Some(known) = names.get(*index) {
                    *name = Some(known.clone());
                }
            }
            Self::InFile { source, .. } | Self::InArray { source, .. } | Self::InRow { source, .. } => {
                **source = source.as_ref().clone().with_names(names);
            }
            _ => (),
        }
        self
    }

    /// What went wrong, without the file, array, row or motif that it went wrong in.
    pub fn root(&self) -> &Self {
        match self {
            Self::InFile { source, .. }
            | Self::InArray { source, .. }
            | Self::InRow { source, .. }
            | Self::InMotif { source, .. } => source.root(),
            other => other,
        }
    }
}

/// A motif by its name, where that is known.
fn motif_of(name: Option<&str>, index: usize) -> String {
    name.map_or_else(|| format!("motif {index}"), |name| format!("motif `{name}` (index {index})"))
}

/// Why the operating system refused: an [`std::io::Error`] that can be cloned and compared.
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
pub struct SystemError(Arc<std::io::Error>);

impl From<std::io::Error> for SystemError {
    fn from(error: std::io::Error) -> Self {
        Self(Arc::new(error))
    }
}

impl PartialEq for SystemError {
    fn eq(&self, other: &Self) -> bool {
        self.0.kind() == other.0.kind() && self.0.to_string() == other.0.to_string()
    }
}
