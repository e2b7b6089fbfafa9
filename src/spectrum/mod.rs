//! Sets of complex numbers closed under conjugation, and amplitudes that respect it.

mod matching;

pub use matching::{Matching, match_spectra};

use crate::{Error, Result, check};
use num_complex::Complex64;

/// A conjugate-closed spectrum: real numbers, and one member (positive imaginary part) of each conjugate pair.
///
/// Stored this way a sum over the set is real by construction. Repetitions are allowed. The unit is that of the
/// numbers given, 1/tau for eigenvalues.
///
/// ```
/// use num_complex::Complex64;
/// use thalamo::spectrum::ConjugateSet;
///
/// let z = Complex64::new(-0.1, 0.5);
/// let set = ConjugateSet::new(&[z.conj(), Complex64::new(-1.0, 0.0), z], 1e-12)?;
/// assert_eq!((set.len(), set.n_real()), (3, 1));
/// assert_eq!(set.to_vec(), [Complex64::new(-1.0, 0.0), z, z.conj()]);
/// assert_eq!(set.to_vec().iter().sum::<Complex64>().im, 0.0);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ConjugateSet {
    reals: Vec<f64>,
    upper: Vec<Complex64>,
}

/// Where the members of a set were found in a list.
struct Pairing {
    reals: Vec<usize>,
    pairs: Vec<(usize, usize)>,
}

impl ConjugateSet {
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
        Ok(Self::collect(values, &pairing))
    }

    /// The set of the given real numbers and of the pairs whose upper members are given, each sorted canonically.
    ///
    /// # Errors
    ///
    /// [`Error::NotFinite`], or [`Error::OutOfRange`] for an imaginary part that is not positive or a modulus above
    /// 8e307.
    pub fn from_parts(mut reals: Vec<f64>, mut upper: Vec<Complex64>) -> Result<Self> {
        check::finite("real eigenvalues", &reals)?;
        finite("upper eigenvalues", &upper)?;
        if let Some(z) = upper.iter().find(|z| z.im <= 0.0) {
            let expected = "a positive imaginary part";
            return Err(Error::OutOfRange { what: "upper eigenvalues", expected, given: z.im });
        }
        reals.sort_by(|a, b| b.total_cmp(a));
        upper.sort_by(canonical);
        Ok(Self { reals, upper })
    }

    /// The set of `values` and the `amplitudes` reordered with it: real for real values, exactly conjugate for pairs.
    ///
    /// `tolerance` is relative to the largest modulus, of the values and of the amplitudes separately.
    ///
    /// # Errors
    ///
    /// As [`ConjugateSet::new`]; [`Error::Shape`] for lists of different lengths; [`Error::NotConjugate`] naming the
    /// amplitude that is not real, or not the conjugate of its partner's.
    ///
    /// ```
    /// use num_complex::Complex64;
    /// use thalamo::spectrum::ConjugateSet;
    ///
    /// let (z, a) = (Complex64::new(-0.1, 0.5), Complex64::new(2.0, 1.0));
    /// let (set, amplitudes) = ConjugateSet::with_amplitudes(&[z.conj(), z], &[a.conj(), a], 1e-12)?;
    /// assert_eq!(amplitudes, [a, a.conj()]);
    /// let sum: Complex64 = set.to_vec().iter().zip(&amplitudes).map(|(z, a)| a * z.exp()).sum();
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
        Ok((Self::collect(values, &pairing), ordered))
    }

    /// `pairing` is in canonical order already.
    fn collect(values: &[Complex64], pairing: &Pairing) -> Self {
        let reals = pairing.reals.iter().map(|&i| values[i].re).collect();
        let upper = pairing.pairs.iter().map(|&(i, j)| (values[i] + values[j].conj()) * 0.5).collect();
        Self { reals, upper }
    }

    /// Real members, descending.
    #[must_use]
    pub fn reals(&self) -> &[f64] {
        &self.reals
    }

    /// Members with positive imaginary part, by descending real part.
    #[must_use]
    pub fn upper(&self) -> &[Complex64] {
        &self.upper
    }

    /// All members in canonical order: reals, then each pair with its positive imaginary part first.
    #[must_use]
    pub fn to_vec(&self) -> Vec<Complex64> {
        let reals = self.reals.iter().map(|&x| Complex64::from(x));
        reals.chain(self.upper.iter().flat_map(|z| [*z, z.conj()])).collect()
    }

    /// Number of members, both of each pair counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.reals.len() + 2 * self.upper.len()
    }

    /// Whether the set has no members.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reals.is_empty() && self.upper.is_empty()
    }

    /// Number of real members.
    #[must_use]
    pub fn n_real(&self) -> usize {
        self.reals.len()
    }
}

fn canonical(a: &Complex64, b: &Complex64) -> std::cmp::Ordering {
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
