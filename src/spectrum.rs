//! Lists of complex numbers closed under conjugation, in one order, and amplitudes that respect it.

use std::cmp::Ordering;
use std::ops::Deref;

use num_complex::Complex64;

use crate::{Error, Result, check};

/// A list of complex numbers closed under conjugation, in canonical order: real numbers first, by
/// descending real part; then pairs, by descending real part and, where these are equal, by ascending
/// size of the imaginary part, the member with positive imaginary part first and its exact conjugate
/// right after it.
///
/// Every list of eigenvalues in this crate is one, and reads as a slice. Repetitions are allowed. The
/// unit is that of the numbers given, 1/tau for eigenvalues.
///
/// ```
/// use thalamo::{Complex64, spectrum::Spectrum};
///
/// let z = Complex64::new(-0.1, 0.5);
/// let spectrum = Spectrum::new(&[z.conj(), Complex64::new(-1.0, 0.0), z], 1e-12)?;
/// assert_eq!(spectrum[..], [Complex64::new(-1.0, 0.0), z, z.conj()]);
/// assert_eq!((spectrum.reals(), spectrum.pairs()), (1, 1));
/// assert_eq!(spectrum.abscissa(), -0.1);
/// assert_eq!(spectrum.iter().sum::<Complex64>().im, 0.0);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spectrum {
    values: Vec<Complex64>,
    reals: usize,
}

impl Deref for Spectrum {
    type Target = [Complex64];

    fn deref(&self) -> &[Complex64] {
        &self.values
    }
}

impl IntoIterator for Spectrum {
    type Item = Complex64;
    type IntoIter = std::vec::IntoIter<Complex64>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.into_iter()
    }
}

impl<'a> IntoIterator for &'a Spectrum {
    type Item = &'a Complex64;
    type IntoIter = std::slice::Iter<'a, Complex64>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.iter()
    }
}

impl Spectrum {
    /// Recognises the real numbers and pairs of a list in any order.
    ///
    /// Two numbers are conjugate, and an imaginary part is zero, up to `tolerance` times the largest
    /// modulus in the list; pairs are then replaced by their mean. 1e-9 suits computed eigenvalues.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] for a negative or non-finite tolerance or a modulus above 8e307,
    /// [`Error::NotFinite`] for a number that is not finite, [`Error::NotConjugate`] naming the first
    /// number whose conjugate is missing.
    pub fn new(values: &[Complex64], tolerance: f64) -> Result<Self> {
        let none = vec![Complex64::default(); values.len()];
        Ok(Self::with_amplitudes(values, &none, tolerance)?.0)
    }

    /// From real numbers and the upper member of each pair (`im > 0`), in any order.
    pub(crate) fn from_halves(mut reals: Vec<f64>, mut upper: Vec<Complex64>) -> Self {
        reals.sort_by(|a, b| b.total_cmp(a));
        upper.sort_by(canonical);
        let pairs = upper.iter().flat_map(|z| [*z, z.conj()]);
        let values = reals.iter().map(|x| Complex64::from(*x)).chain(pairs).collect();
        Self { values, reals: reals.len() }
    }

    /// The spectrum of `values` and the `amplitudes` reordered with it: real for real values, exactly
    /// conjugate for pairs. Among equally good partners of a value the amplitudes decide.
    ///
    /// `tolerance` is relative to the largest modulus, of the values and of the amplitudes separately.
    ///
    /// # Errors
    /// As [`Spectrum::new`]; [`Error::Shape`] for lists of different lengths; [`Error::NotConjugate`]
    /// naming the amplitude that is not real, or not the conjugate of its partner's.
    ///
    /// ```
    /// use thalamo::{Complex64, spectrum::Spectrum};
    ///
    /// let (z, a) = (Complex64::new(-0.1, 0.5), Complex64::new(2.0, 1.0));
    /// let (spectrum, amplitudes) = Spectrum::with_amplitudes(&[z.conj(), z], &[a.conj(), a], 1e-12)?;
    /// assert_eq!(amplitudes, [a, a.conj()]);
    /// let sum: Complex64 = spectrum.iter().zip(&amplitudes).map(|(z, a)| a * z.exp()).sum();
    /// assert_eq!(sum.im, 0.0);
    /// # Ok::<(), thalamo::Error>(())
    /// ```
    pub fn with_amplitudes(
        values: &[Complex64],
        amplitudes: &[Complex64],
        tolerance: f64,
    ) -> Result<(Self, Vec<Complex64>)> {
        let shape = (amplitudes.len(), 1);
        check::shape("amplitudes", shape, (values.len(), 1), "give one amplitude per eigenvalue")?;
        finite("amplitudes", amplitudes)?;
        check::non_negative("tolerance", tolerance)?;
        finite("eigenvalues", values)?;
        let lone = |what, of: &[Complex64], index| Error::NotConjugate { what, index, value: of[index] };
        let [allowed, allowed_amplitude] = [values, amplitudes].map(|of| tolerance * largest(of));
        let is_real = |i: &usize| values[*i].im.abs() <= allowed;
        let (mut reals, rest): (Vec<usize>, Vec<usize>) = (0..values.len()).partition(is_real);
        let (mut upper, mut lower): (Vec<usize>, Vec<usize>) =
            rest.into_iter().partition(|&i| values[i].im > 0.0);
        reals.sort_by(|&i, &j| values[j].re.total_cmp(&values[i].re));
        upper.sort_by(|&i, &j| canonical(&values[i], &values[j]));
        let mut pairs = Vec::with_capacity(upper.len());
        for i in upper {
            let cost = |j: usize| (amplitudes[i] - amplitudes[j].conj()).norm();
            let distance = |j: usize| (values[i] - values[j].conj()).norm();
            let near = (0..lower.len()).filter(|&k| distance(lower[k]) <= allowed);
            let partner = near.min_by(|&k, &l| {
                let (k, l) = (lower[k], lower[l]);
                cost(k).total_cmp(&cost(l)).then(distance(k).total_cmp(&distance(l)))
            });
            pairs.push((i, lower.swap_remove(partner.ok_or_else(|| lone("eigenvalues", values, i))?)));
        }
        if let Some(index) = lower.into_iter().min() {
            return Err(lone("eigenvalues", values, index));
        }
        let real = |of: &[Complex64], i: usize| Complex64::from(of[i].re);
        let mean = |of: &[Complex64], i: usize, j: usize| (of[i] + of[j].conj()) * 0.5;
        let (mut ordered, mut following) = (Vec::with_capacity(values.len()), Vec::new());
        for &i in &reals {
            if amplitudes[i].im.abs() > allowed_amplitude {
                return Err(lone("amplitudes", amplitudes, i));
            }
            ordered.push(real(values, i));
            following.push(real(amplitudes, i));
        }
        for (i, j) in pairs {
            if (amplitudes[i] - amplitudes[j].conj()).norm() > allowed_amplitude {
                return Err(lone("amplitudes", amplitudes, i));
            }
            let (value, amplitude) = (mean(values, i, j), mean(amplitudes, i, j));
            ordered.extend([value, value.conj()]);
            following.extend([amplitude, amplitude.conj()]);
        }
        Ok((Self { values: ordered, reals: reals.len() }, following))
    }

    /// Number of real members, which come first.
    #[must_use]
    pub fn reals(&self) -> usize {
        self.reals
    }

    /// Number of conjugate pairs.
    #[must_use]
    pub fn pairs(&self) -> usize {
        (self.values.len() - self.reals) / 2
    }

    /// Largest real part; minus infinity of an empty spectrum.
    #[must_use]
    pub fn abscissa(&self) -> f64 {
        self.values.iter().map(|z| z.re).fold(f64::NEG_INFINITY, f64::max)
    }

    /// All members times a factor above zero.
    pub(crate) fn scaled(mut self, factor: f64) -> Self {
        self.values.iter_mut().for_each(|z| *z *= factor);
        self
    }

    /// For each target, in order, the nearest member that no earlier target took, and what is left over: the
    /// one rule by which this crate finds eigenvalues that were asked for among those achieved. Targets
    /// beyond the number of members get NaN.
    pub(crate) fn nearest_to(&self, targets: &[Complex64]) -> (Vec<Complex64>, Vec<Complex64>) {
        let mut left = self.values.clone();
        let nearest = targets.iter().map(|t| {
            let distance = |i: &usize| (left[*i] - t).norm();
            let nearest = (0..left.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)));
            nearest.map_or(Complex64::new(f64::NAN, f64::NAN), |i| left.swap_remove(i))
        });
        (nearest.collect(), left)
    }
}

/// The order of reals among themselves, and of the upper members of pairs.
pub(crate) fn canonical(a: &Complex64, b: &Complex64) -> Ordering {
    b.re.total_cmp(&a.re).then(a.im.total_cmp(&b.im))
}

fn largest(values: &[Complex64]) -> f64 {
    values.iter().map(|z| z.norm()).fold(0.0, f64::max)
}

fn finite(what: &'static str, values: &[Complex64]) -> Result<()> {
    match values.iter().position(|z| !z.is_finite()) {
        Some(index) => {
            let z = values[index];
            Err(Error::NotFinite { what, index, value: if z.re.is_finite() { z.im } else { z.re } })
        }
        None => match values.iter().map(|z| z.norm()).find(|modulus| *modulus > 0.5 * f64::MAX) {
            // Sums and moduli of what follows would overflow.
            Some(given) => Err(Error::OutOfRange { what, expected: "moduli below 8e307", given }),
            None => Ok(()),
        },
    }
}
