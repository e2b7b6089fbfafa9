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

/// Where the members of a set were found in a list.
struct Pairing {
    reals: Vec<usize>,
    pairs: Vec<(usize, usize)>,
}

impl Spectrum {
    /// Recognises the real numbers and pairs of a list in any order.
    ///
    /// Two numbers are conjugate, and an imaginary part is zero, up to `tolerance` times the largest modulus in the
    /// list; pairs are then replaced by their mean. 1e-9 suits computed eigenvalues.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] for a negative or non-finite tolerance or a modulus above 8e307, [`Error::NotFinite`] for a number that is not
    /// finite, [`Error::NotConjugate`] naming the first number whose conjugate is missing.
    pub fn new(values: &[Complex64], tolerance: f64) -> Result<Self> {
        let pairing = pair(values, None, tolerance)?;
        Ok(Self::paired(values, &pairing))
    }

    /// From real numbers and the upper member of each pair (`im > 0`), in any order.
    pub(crate) fn from_halves(mut reals: Vec<f64>, mut upper: Vec<Complex64>) -> Self {
        reals.sort_by(|a, b| b.total_cmp(a));
        upper.sort_by(canonical);
        Self::collect(reals.into_iter(), upper.into_iter())
    }

    /// Halves already in canonical order.
    fn collect(reals: impl Iterator<Item = f64>, upper: impl Iterator<Item = Complex64>) -> Self {
        let mut values: Vec<Complex64> = reals.map(Complex64::from).collect();
        let reals = values.len();
        values.extend(upper.flat_map(|z| [z, z.conj()]));
        Self { values, reals }
    }

    /// The spectrum of `values` and the `amplitudes` reordered with it: real for real values, exactly conjugate for pairs.
    ///
    /// `tolerance` is relative to the largest modulus, of the values and of the amplitudes separately.
    ///
    /// # Errors
    ///
    /// As [`Spectrum::new`]; [`Error::Shape`] for lists of different lengths; [`Error::NotConjugate`] naming the
    /// amplitude that is not real, or not the conjugate of its partner's.
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
        let pairing = pair(values, Some(amplitudes), tolerance)?;
        let allowed = tolerance * largest(amplitudes);
        let lone = |index: usize| Error::NotConjugate { what: "amplitudes", index, value: amplitudes[index] };
        let mut ordered = Vec::with_capacity(values.len());
        for &i in &pairing.reals {
            if amplitudes[i].im.abs() > allowed {
                return Err(lone(i));
            }
            ordered.push(Complex64::from(amplitudes[i].re));
        }
        for &(i, j) in &pairing.pairs {
            if (amplitudes[i] - amplitudes[j].conj()).norm() > allowed {
                return Err(lone(i));
            }
            let mean = (amplitudes[i] + amplitudes[j].conj()) * 0.5;
            ordered.extend([mean, mean.conj()]);
        }
        Ok((Self::paired(values, &pairing), ordered))
    }

    /// `pairing` is in canonical order already.
    fn paired(values: &[Complex64], pairing: &Pairing) -> Self {
        let mean = |&(i, j): &(usize, usize)| (values[i] + values[j].conj()) * 0.5;
        Self::collect(pairing.reals.iter().map(|&i| values[i].re), pairing.pairs.iter().map(mean))
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

    /// For each target, in order, the nearest member that no earlier target took, and what is left over: the one rule
    /// by which this crate finds eigenvalues that were asked for among those achieved. Targets beyond the number
    /// of members get NaN.
    #[must_use]
    pub fn nearest_to(&self, targets: &[Complex64]) -> (Vec<Complex64>, Vec<Complex64>) {
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

/// Finds every number's conjugate; among equally good ones the amplitudes decide.
fn pair(values: &[Complex64], amplitudes: Option<&[Complex64]>, tolerance: f64) -> Result<Pairing> {
    check::non_negative("tolerance", tolerance)?;
    finite("eigenvalues", values)?;
    let allowed = tolerance * largest(values);
    let (mut reals, mut upper, mut lower) = (Vec::new(), Vec::new(), Vec::new());
    for (i, z) in values.iter().enumerate() {
        if z.im.abs() <= allowed {
            reals.push(i);
        } else if z.im > 0.0 {
            upper.push(i);
        } else {
            lower.push(i);
        }
    }
    reals.sort_by(|&i, &j| values[j].re.total_cmp(&values[i].re));
    upper.sort_by(|&i, &j| canonical(&values[i], &values[j]));
    let mut pairs = Vec::with_capacity(upper.len());
    for i in upper {
        let cost = |j: usize| amplitudes.map_or(0.0, |a| (a[i] - a[j].conj()).norm());
        let distance = |j: usize| (values[i] - values[j].conj()).norm();
        let best = (0..lower.len()).filter(|&k| distance(lower[k]) <= allowed).min_by(|&k, &l| {
            let (k, l) = (lower[k], lower[l]);
            cost(k).total_cmp(&cost(l)).then(distance(k).total_cmp(&distance(l)))
        });
        match best {
            Some(k) => pairs.push((i, lower.swap_remove(k))),
            None => return Err(Error::NotConjugate { what: "eigenvalues", index: i, value: values[i] }),
        }
    }
    match lower.into_iter().min() {
        Some(index) => Err(Error::NotConjugate { what: "eigenvalues", index, value: values[index] }),
        None => Ok(Pairing { reals, pairs }),
    }
}
