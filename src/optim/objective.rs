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

/// A differentiable function evaluated at B points at once, where that takes less than B evaluations.
///
/// Points are interleaved: `x[j][i]` is variable j of point i, and so are their gradients.
pub(crate) trait BatchObjective<const B: usize> {
    /// Number of variables.
    fn dimension(&self) -> usize;

    /// Values at the points of `x`, with their gradients written to `gradient`; infinite outside the domain,
    /// as in [`Objective::evaluate`]. No point may change what another one gives.
    fn evaluate(&mut self, x: &[[f64; B]], gradient: &mut [[f64; B]]) -> [f64; B];
}

/// An objective as a batch of one point.
pub(super) struct Single<'a>(pub(super) &'a mut dyn Objective);

impl BatchObjective<1> for Single<'_> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    fn evaluate(&mut self, x: &[[f64; 1]], gradient: &mut [[f64; 1]]) -> [f64; 1] {
        [self.0.evaluate(x.as_flattened(), gradient.as_flattened_mut())]
    }
}
