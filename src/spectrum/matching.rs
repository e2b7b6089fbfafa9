//! One-to-one matching of two spectra.

use crate::{Error, Result, check};
use num_complex::Complex64;

/// The one-to-one matching of two spectra with the smallest sum of distances.
#[derive(Debug, Clone, PartialEq)]
pub struct Matching {
    permutation: Vec<usize>,
    distances: Vec<f64>,
}

impl Matching {
    /// For each element of the first spectrum the index of its partner in the second.
    #[must_use]
    pub fn permutation(&self) -> &[usize] {
        &self.permutation
    }

    /// Distance of each element of the first spectrum from its partner.
    #[must_use]
    pub fn distances(&self) -> &[f64] {
        &self.distances
    }

    /// The largest of the distances, zero for empty spectra.
    #[must_use]
    pub fn max_distance(&self) -> f64 {
        self.distances.iter().copied().fold(0.0, f64::max)
    }
}

/// Matches `a` and `b`, of equal length, minimising $$\sum_i |a_i - b_{\pi(i)}|$$ exactly.
///
/// Nearest neighbours would match two eigenvalues to one; a sorted order breaks when a real pair becomes complex.
/// Shortest augmenting paths with dual prices, O(N^3).
///
/// Reference: R. Jonker and A. Volgenant (1987), A shortest augmenting path algorithm for dense and sparse linear
/// assignment problems, Computing 38.
///
/// # Errors
///
/// [`Error::Shape`] for different lengths, [`Error::NotFinite`], [`Error::OutOfRange`] for moduli above 1e300.
///
/// ```
/// use num_complex::Complex64;
/// use thalamo::spectrum::match_spectra;
///
/// let z = |re| Complex64::new(re, 0.0);
/// let matching = match_spectra(&[z(0.0), z(1.0)], &[z(1.1), z(0.9)])?;
/// assert_eq!(matching.permutation(), [1, 0]);
/// assert!((matching.max_distance() - 0.9).abs() < 1e-15);
/// # Ok::<(), thalamo::Error>(())
/// ```
pub fn match_spectra(a: &[Complex64], b: &[Complex64]) -> Result<Matching> {
    check::shape("spectra", (b.len(), 1), (a.len(), 1), "match spectra of equal size")?;
    for spectrum in [a, b] {
        if let Some(index) = spectrum.iter().position(|z| !z.is_finite()) {
            let z = spectrum[index];
            let value = if z.re.is_finite() { z.im } else { z.re };
            return Err(Error::NotFinite { what: "spectra", index, value });
        }
    }
    if let Some(given) = a.iter().chain(b).map(|z| z.norm()).find(|modulus| *modulus > LARGEST) {
        return Err(Error::OutOfRange { what: "spectra", expected: "moduli up to 1e300", given });
    }
    let mut search = Search::new(a.len());
    for row in 0..a.len() {
        search.assign(row, |i, j| (a[i] - b[j]).norm());
    }
    let mut permutation = vec![0; a.len()];
    for (column, owner) in search.owner.iter().enumerate() {
        if let Some(row) = owner {
            permutation[*row] = column;
        }
    }
    let distances = permutation.iter().enumerate().map(|(i, &j)| (a[i] - b[j]).norm()).collect();
    Ok(Matching { permutation, distances })
}

/// Sums of distances must not overflow.
const LARGEST: f64 = 1e300;

/// Dual prices and the partial assignment they certify: `cost >= row_price + column_price`, equality on matches.
struct Search {
    row_price: Vec<f64>,
    column_price: Vec<f64>,
    owner: Vec<Option<usize>>,
    distance: Vec<f64>,
    previous: Vec<Option<usize>>,
    done: Vec<bool>,
}

impl Search {
    fn new(n: usize) -> Self {
        Self {
            row_price: vec![0.0; n],
            column_price: vec![0.0; n],
            owner: vec![None; n],
            distance: vec![0.0; n],
            previous: vec![None; n],
            done: vec![false; n],
        }
    }

    /// Adds `start` to the assignment along the shortest path (Dijkstra on reduced costs) to a free column.
    fn assign(&mut self, start: usize, cost: impl Fn(usize, usize) -> f64) {
        let n = self.owner.len();
        self.distance.fill(f64::INFINITY);
        self.previous.fill(None);
        self.done.fill(false);
        let (mut row, mut from, mut reached) = (start, None, 0.0);
        let free = loop {
            let mut nearest: Option<usize> = None;
            for j in (0..n).filter(|&j| !self.done[j]) {
                let length = reached + cost(row, j) - self.row_price[row] - self.column_price[j];
                if length < self.distance[j] {
                    self.distance[j] = length;
                    self.previous[j] = from;
                }
                if nearest.is_none_or(|k| self.distance[j] < self.distance[k]) {
                    nearest = Some(j);
                }
            }
            // As many rows as columns: a column is always left.
            let Some(column) = nearest else { return };
            reached = self.distance[column];
            self.done[column] = true;
            match self.owner[column] {
                Some(next) => (row, from) = (next, Some(column)),
                None => break column,
            }
        };
        self.row_price[start] += reached;
        for j in (0..n).filter(|&j| self.done[j] && j != free) {
            let slack = reached - self.distance[j];
            self.column_price[j] -= slack;
            if let Some(row) = self.owner[j] {
                self.row_price[row] += slack;
            }
        }
        let mut column = free;
        while let Some(before) = self.previous[column] {
            self.owner[column] = self.owner[before];
            column = before;
        }
        self.owner[column] = Some(start);
    }
}
