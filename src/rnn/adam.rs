//! Adam (Kingma & Ba, 2015, algorithm 1).

use super::{Real, real::finite};
use crate::{Error, Result, check};

/// Constants of Adam.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AdamOptions {
    /// Learning rate $\eta$. Default 1e-4.
    pub learning_rate: f64,
    /// Decay $\beta_1$ of the first moment, in [0, 1). Default 0.5.
    pub beta1: f64,
    /// Decay $\beta_2$ of the second moment, in [0, 1). Default 0.5.
    pub beta2: f64,
    /// Added to the root of the second moment. Default 1e-8.
    pub epsilon: f64,
}

crate::check::with!(AdamOptions);

impl Default for AdamOptions {
    fn default() -> Self {
        Self { learning_rate: 1e-4, beta1: 0.5, beta2: 0.5, epsilon: 1e-8 }
    }
}

impl AdamOptions {
    /// Fails on a constant outside its range.
    ///
    /// # Errors
    /// [`Error::OutOfRange`].
    pub fn validate(&self) -> Result<()> {
        check::positive("learning rate", self.learning_rate)?;
        check::positive("Adam epsilon", self.epsilon)?;
        for (what, beta) in [("Adam beta1", self.beta1), ("Adam beta2", self.beta2)] {
            if !(0.0..1.0).contains(&beta) {
                return Err(Error::OutOfRange { what, expected: "at least 0, below 1", given: beta });
            }
        }
        Ok(())
    }
}

/// Moments of some parameters and the number of steps taken.
///
/// $$ m \gets \beta_1 m + (1 - \beta_1) g, \quad s \gets \beta_2 s + (1 - \beta_2) g^2, \quad
/// x \gets x - \eta \frac{m / (1 - \beta_1^t)}{\sqrt{s / (1 - \beta_2^t)} + \epsilon} $$
///
/// ```
/// use thalamo::rnn::{Adam, AdamOptions};
/// let mut x = [1.0_f64];
/// let options = AdamOptions::default().with(|o| o.learning_rate = 0.1);
/// let mut adam = Adam { options, first: vec![0.0], second: vec![0.0], steps: 0 };
/// for _ in 0..200 {
///     let gradient = [2.0 * x[0]];
///     adam.step(&mut x, &gradient)?;
/// }
/// assert!(x[0].abs() < 0.1);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Adam<T: Real> {
    /// The constants.
    pub options: AdamOptions,
    /// First moments $m$, one per parameter.
    pub first: Vec<T>,
    /// Second moments $s$, one per parameter, none negative.
    pub second: Vec<T>,
    /// Number of steps taken.
    pub steps: u64,
}

impl<T: Real> Adam<T> {
    /// Fails on a state that no steps lead to.
    pub(crate) fn validate(&self) -> Result<()> {
        self.options.validate()?;
        let remedy = "give both moments of every parameter";
        check::shape("second moments", (self.second.len(), 1), (self.first.len(), 1), remedy)?;
        finite("first moments", &self.first)?;
        finite("second moments", &self.second)?;
        match self.second.iter().map(|s| s.widen()).find(|&s| s < 0.0) {
            Some(given) => Err(Error::OutOfRange { what: "second moment", expected: "at least 0", given }),
            None => Ok(()),
        }
    }

    /// One step against a gradient.
    ///
    /// # Errors
    /// [`Error::Shape`] when `parameters` or `gradient` have another length than the moments.
    pub fn step(&mut self, parameters: &mut [T], gradient: &[T]) -> Result<()> {
        self.step_arrays(&mut [parameters], &[gradient], |_| true)
    }

    /// One step over several arrays, one after the other. Numbers that are not `learned`, by their
    /// index in all arrays together, stay as they are, and so do their moments.
    pub(super) fn step_arrays(
        &mut self,
        parameters: &mut [&mut [T]],
        gradients: &[&[T]],
        learned: impl Fn(usize) -> bool,
    ) -> Result<()> {
        let given = parameters.iter().map(|p| p.len()).sum();
        let remedy = "give one number per moment";
        check::shape("parameters", (given, 1), (self.first.len(), 1), remedy)?;
        for (p, g) in parameters.iter().zip(gradients) {
            check::shape("gradient", (g.len(), 1), (p.len(), 1), remedy)?;
        }
        self.steps += 1;
        let AdamOptions { learning_rate, beta1, beta2, epsilon } = self.options;
        let steps = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let [correction1, correction2] = [beta1, beta2].map(|beta| T::of(1.0 - beta.powi(steps)));
        let [rate, beta1, beta2, epsilon] = [learning_rate, beta1, beta2, epsilon].map(T::of);
        let one = T::one();
        let values = parameters.iter_mut().flat_map(|p| p.iter_mut());
        let gradients = gradients.iter().flat_map(|g| g.iter());
        let moments = self.first.iter_mut().zip(&mut self.second);
        for (index, ((x, &g), (m, s))) in values.zip(gradients).zip(moments).enumerate() {
            if learned(index) {
                *m = beta1 * *m + (one - beta1) * g;
                *s = beta2 * *s + (one - beta2) * g * g;
                let root = nalgebra::ComplexField::sqrt(*s / correction2);
                *x -= rate * (*m / correction1) / (root + epsilon);
            }
        }
        Ok(())
    }
}
