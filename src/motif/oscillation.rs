//! Oscillating motifs: smooth series of a constant and a few harmonics.

use rand::RngExt;
use rand_distr::StandardNormal;

use super::{Motif, grid};
use crate::{Result, check};

/// Stream kind of this generator.
const KIND: u64 = 2;

/// How oscillating motifs are drawn.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(remote = "Self", default, deny_unknown_fields))]
#[non_exhaustive]
pub struct OscillationOptions {
    /// Sampling step, in tau. Default 0.1.
    pub dt: f64,
    /// Length of the motif and period of its first harmonic, in tau, a multiple of `dt`. Default 100.
    pub duration: f64,
    /// Number of harmonics, at least 1 and below half the number of samples. Default 4.
    pub harmonics: usize,
    /// Root mean square, over motifs, of the standard deviation of one motif. Default 0.8, as step motifs
    /// have.
    pub amplitude: f64,
}

crate::check::with!(OscillationOptions);

#[cfg(feature = "io")]
crate::check::checked_when_read!(OscillationOptions: |it| it.validate().map(|()| it));

impl Default for OscillationOptions {
    fn default() -> Self {
        Self { dt: 0.1, duration: 100.0, harmonics: 4, amplitude: 0.8 }
    }
}

impl OscillationOptions {
    /// Checks every field against its documented range.
    ///
    /// # Errors
    /// As [`oscillating_motif`].
    pub fn validate(&self) -> Result<()> {
        self.samples().map(|_| ())
    }

    /// Number of samples, if every field is in its range.
    fn samples(&self) -> Result<usize> {
        let &Self { dt, duration, harmonics, amplitude } = self;
        check::positive("oscillating motif dt", dt)?;
        check::positive("oscillating motif duration", duration)?;
        check::positive("oscillating motif amplitude", amplitude)?;
        let samples = grid::steps("oscillating motif duration", duration, dt)?;
        let expected = "at least 1 and below half the number of samples";
        check::count("oscillating motif harmonics", harmonics, 1..samples.div_ceil(2), expected)?;
        Ok(samples)
    }
}

/// Draws `count` oscillating motifs with default options; motif `i` depends on `seed` and `i` only.
///
/// ```
/// let motifs = thalamo::motif::oscillating_motifs(3, 1)?;
/// assert!(motifs.iter().all(|m| m.values()[0] == 0.0 && m.len() == 1000));
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`](crate::Error::OutOfRange) when `count` is zero or above 100000.
pub fn oscillating_motifs(count: usize, seed: u64) -> Result<Vec<Motif>> {
    let options = OscillationOptions::default();
    grid::first(count, |index| oscillating_motif(&options, seed, index))
}

/// Draws one oscillating motif, number `index` of the seed.
///
/// $$ y(t) = \sum_{k=1}^{H} a_k \left( \cos \frac{2 \pi k t}{T} - 1 \right) + b_k \sin \frac{2 \pi k t}{T},
/// \qquad a_k, b_k \sim N(0, s^2 / H), $$
/// with `harmonics` $H$, `duration` $T$ and `amplitude` $s$. The constant makes `y(0) = 0`; the series spans
/// one period, so that its variance over the samples is $\tfrac12 \sum_k (a_k^2 + b_k^2)$.
///
/// ```
/// use thalamo::motif::{OscillationOptions, oscillating_motif};
///
/// let slow = OscillationOptions::default().with(|o| o.harmonics = 2);
/// assert_eq!(oscillating_motif(&slow, 1, 0)?.values()[0], 0.0);
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// # Errors
/// [`Error::OutOfRange`](crate::Error::OutOfRange) on a `dt`, `duration` or `amplitude` that is not finite and positive,
/// [`Error::OffGrid`](crate::Error::OffGrid) on a `duration` that is no multiple of `dt`, [`Error::OutOfRange`](crate::Error::OutOfRange) on `harmonics`
/// outside its range.
pub fn oscillating_motif(options: &OscillationOptions, seed: u64, index: usize) -> Result<Motif> {
    let &OscillationOptions { dt, harmonics, amplitude, .. } = options;
    let samples = options.samples()?;
    let mut rng = grid::stream(seed, KIND, index);
    let scale = amplitude / (harmonics as f64).sqrt();
    let mut values = vec![0.0; samples];
    for k in 1..=harmonics {
        let a = scale * rng.sample::<f64, _>(StandardNormal);
        let b = scale * rng.sample::<f64, _>(StandardNormal);
        for (i, y) in values.iter_mut().enumerate() {
            let (sin, cos) = (std::f64::consts::TAU * k as f64 * i as f64 / samples as f64).sin_cos();
            *y += a * (cos - 1.0) + b * sin;
        }
    }
    Motif::new(dt, values)
}
