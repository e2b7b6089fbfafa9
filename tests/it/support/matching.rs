//! Which eigenvalues of two spectra belong together.

use num_complex::Complex64;

/// The pairing of two spectra with the least sum of distances.
pub(crate) struct Matching {
    /// For each element of the first spectrum the index of its partner in the second.
    pub(crate) permutation: Vec<usize>,
    /// Distance of each element of the first spectrum from its partner.
    pub(crate) distances: Vec<f64>,
}

impl Matching {
    /// The largest of the distances, zero for empty spectra.
    pub(crate) fn max_distance(&self) -> f64 {
        self.distances.iter().copied().fold(0.0, f64::max)
    }
}

/// Matches `a` and `b`, of equal length, such that `sum_i |a_i - b_pi(i)|` is least.
///
/// Nearest neighbours would match two eigenvalues to one; a sorted order breaks when a real pair becomes
/// complex. Shortest augmenting paths with dual prices, O(N^3).
///
/// Reference: R. Jonker and A. Volgenant (1987), A shortest augmenting path algorithm for dense and sparse
/// linear assignment problems, Computing 38.
pub(crate) fn match_spectra(a: &[Complex64], b: &[Complex64]) -> Matching {
    assert_eq!(a.len(), b.len(), "match spectra of equal size");
    assert!(a.iter().chain(b).all(|z| z.is_finite()), "match finite numbers");
    let mut search = Search::new(a.len());
    for row in 0..a.len() {
        search.assign(row, |i, j| (a[i] - b[j]).norm());
    }
    let mut permutation = vec![0; a.len()];
    for (column, owner) in search.owner.iter().enumerate() {
        permutation[owner.expect("all are assigned")] = column;
    }
    let distances = permutation.iter().enumerate().map(|(i, &j)| (a[i] - b[j]).norm()).collect();
    Matching { permutation, distances }
}

/// Dual prices and the partial assignment they certify: `cost >= row_price + column_price`, equality on
/// matches.
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
