//! What is known of the exponential of a triangular matrix beforehand: its diagonal and its superdiagonal.

use nalgebra::DMatrix;

/// An order of the units in which A is upper triangular, if there is one: each unit has entries only in the
/// rows of those before it, and of itself.
pub(super) fn triangular_order(a: &DMatrix<f64>) -> Option<Vec<usize>> {
    let n = a.nrows();
    let before = |j: usize| (0..n).filter(move |&i| i != j && a[(i, j)] != 0.0);
    // Without a first unit there is no order: a full matrix is known by a glance at each column.
    if (0..n).all(|j| before(j).next().is_some()) {
        return None;
    }
    // Of each unit, how many of those before it are not placed yet.
    let mut missing: Vec<usize> = (0..n).map(|j| before(j).count()).collect();
    let mut order: Vec<usize> = (0..n).filter(|&j| missing[j] == 0).collect();
    let mut placed = 0;
    while let Some(&i) = order.get(placed) {
        placed += 1;
        for j in (0..n).filter(|&j| j != i && a[(i, j)] != 0.0) {
            missing[j] -= 1;
            if missing[j] == 0 {
                order.push(j);
            }
        }
    }
    (placed == n).then_some(order)
}

/// Diagonal and superdiagonal of T at some scaling.
///
/// Squarings amplify rounding errors of both; written anew after each, neither has any, and entries further
/// out have less.
///
/// Reference: A. H. Al-Mohy and N. J. Higham (2009), section 2, as in [`expm`](super::expm).
#[derive(Debug)]
pub(super) struct Known {
    diagonal: Vec<f64>,
    above: Vec<f64>,
}

impl Known {
    pub(super) fn of(t: &DMatrix<f64>) -> Self {
        let n = t.nrows();
        let diagonal = t.diagonal().as_slice().to_vec();
        Self { diagonal, above: (1..n).map(|i| t[(i - 1, i)]).collect() }
    }

    pub(super) fn double(&mut self) {
        self.diagonal.iter_mut().chain(&mut self.above).for_each(|x| *x *= 2.0);
    }

    /// Writes both into `e^T`.
    pub(super) fn write(&self, exponential: &mut DMatrix<f64>) {
        for (i, x) in self.diagonal.iter().enumerate() {
            exponential[(i, i)] = x.exp();
        }
        for (i, (x, t)) in self.diagonal.windows(2).zip(&self.above).enumerate() {
            exponential[(i, i + 1)] = t * divided_difference(x[0], x[1]);
        }
    }
}

/// `(e^a - e^b) / (a - b)`, without its cancellation.
fn divided_difference(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    let gap = low - high;
    high.exp() * if gap == 0.0 { 1.0 } else { gap.exp_m1() / gap }
}
