//! What a minimisation achieves, on its way and at its end.

use std::ops::ControlFlow;

/// Why a minimisation ended. None of these is an error: the point returned is the best one met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Termination {
    /// The gradient norm fell below its tolerance.
    GradientSmall,
    /// A step improved the value by less than its tolerance.
    ValueStalled,
    /// The line search found no better point: rounding limits the value, or the domain ends here.
    NoBetterPoint,
    /// The iteration limit was reached first.
    IterationLimit,
    /// Other starts of the same problem were doing better.
    GaveWay,
    /// The observer ended it.
    Cancelled,
}

/// The best point of a minimisation, and what it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    /// The point.
    pub point: Vec<f64>,
    /// Value at the point.
    pub value: f64,
    /// Value at the start.
    pub initial_value: f64,
    /// Euclidean norm of the gradient at the point.
    pub gradient_norm: f64,
    /// Steps taken.
    pub iterations: usize,
    /// Evaluations of value and gradient together.
    pub evaluations: usize,
    /// Why it ended.
    pub status: Termination,
}

/// A minimisation under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Steps taken.
    pub iterations: usize,
    /// Evaluations of value and gradient together.
    pub evaluations: usize,
    /// Lowest value so far.
    pub value: f64,
    /// Euclidean norm of the gradient there.
    pub gradient_norm: f64,
}

/// Is told of a minimisation after every evaluation, and may end it: the best point is kept.
pub type Observer<'a> = dyn FnMut(&Progress) -> ControlFlow<()> + 'a;
