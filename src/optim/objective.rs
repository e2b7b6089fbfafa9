//! What an optimiser needs of a function.

/// A differentiable function of a real vector, defined on an open set.
pub trait Objective {
    /// Number of variables.
    fn dimension(&self) -> usize;

    /// Value at `x`, with the gradient written to `gradient`.
    ///
    /// Outside its domain (an unstable system, a division by zero) the value is `f64::INFINITY` and the
    /// gradient is left unspecified: line searches step back from there.
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> f64;
}
