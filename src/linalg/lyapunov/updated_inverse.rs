//! Inverses of one matrix under many changes of low rank.

use crate::linalg::product::{Lu, Op, mul_into};
use faer::Accum;
use nalgebra::DMatrix;

/// Rows by which the overhead of an LU decomposition makes a matrix look larger: pivoting, and products of small
/// blocks. Measured from order 50 to 500.
const OVERHEAD: f64 = 350.0;

/// `M = A + U V^T` by its parts, U and V being N x P, with the memory that keeps an inverse of A.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) base: &'a DMatrix<f64>,
    pub(crate) input: &'a DMatrix<f64>,
    pub(crate) feedback: &'a DMatrix<f64>,
    pub(crate) memory: &'a mut UpdatedInverse,
}

/// Memory for `K = (A + U V^T - p I)^-1` at one A and one shift p, for many U and V. With `K0 = (A - p I)^-1`,
///
/// $$ K = K_0 - K_0 U (I + V^T K_0 U)^{-1} V^T K_0. $$
///
/// K0 is made anew when the shift changes. Where p is close to an eigenvalue of A, K0 is large and the difference
/// cancels: whoever uses K must look at what comes of it, and [`UpdatedInverse::refuse`] it.
#[derive(Debug)]
pub(crate) struct UpdatedInverse {
    /// Order and rank.
    changes: (usize, usize),
    pays: bool,
    /// `K0`, and the shift it belongs to.
    base: DMatrix<f64>,
    shift: Option<f64>,
    refused: Option<f64>,
    /// `I + V^T K0 U`, `K0 U` (N x P) and `V^T K0` (P x N).
    lu: Lu,
    left: DMatrix<f64>,
    right: DMatrix<f64>,
}

impl UpdatedInverse {
    /// Memory for matrices of order `units` and changes of rank `rank`; none where updating does not pay.
    pub(crate) fn new(units: usize, rank: usize) -> Self {
        let pays = pays(units, rank);
        let changes = (units, rank);
        let (units, rank) = if pays { changes } else { (0, 0) };
        Self {
            changes,
            pays,
            base: DMatrix::zeros(units, units),
            shift: None,
            refused: None,
            lu: Lu::for_columns(rank, units),
            left: DMatrix::zeros(units, rank),
            right: DMatrix::zeros(rank, units),
        }
    }

    /// Starts anew for changes of another shape.
    pub(crate) fn fit(&mut self, units: usize, rank: usize) {
        if self.changes != (units, rank) {
            *self = Self::new(units, rank);
        }
    }

    /// Uses no inverse of A at this shift any more.
    pub(crate) fn refuse(&mut self, shift: f64) {
        self.refused = Some(shift);
    }
}

impl Change<'_> {
    /// Whether an inverse at this shift is worth making, and is not known to be useless.
    pub(crate) fn applies(&self, shift: f64) -> bool {
        self.memory.pays && self.memory.refused != Some(shift)
    }

    /// `(A + U V^T - p I)^-1`; `lu` is of the order of A.
    pub(crate) fn invert_into(&mut self, shift: f64, lu: &mut Lu, out: &mut DMatrix<f64>) {
        let UpdatedInverse { base, shift: kept, lu: small, left, right, .. } = &mut *self.memory;
        if *kept != Some(shift) {
            lu.invert_shifted_into(self.base, shift, base);
            *kept = Some(shift);
        }
        mul_into(left, Accum::Replace, 1.0, (base, Op::Plain), (self.input, Op::Plain));
        mul_into(right, Accum::Replace, 1.0, (self.feedback, Op::Transposed), (base, Op::Plain));
        let core = small.matrix_mut();
        mul_into(core, Accum::Replace, 1.0, (self.feedback, Op::Transposed), (left, Op::Plain));
        (0..core.nrows()).for_each(|i| core[(i, i)] += 1.0);
        small.solve_in_place(right);
        out.as_mut_slice().copy_from_slice(base.as_slice());
        mul_into(out, Accum::Add, -1.0, (left, Op::Plain), (right, Op::Plain));
    }
}

/// Whether Woodbury's identity takes less time than an inverse of order `n`: operations, with the overhead of an LU
/// decomposition at either order.
fn pays(n: usize, rank: usize) -> bool {
    let (n, p) = (n as f64, rank as f64);
    let inverse = |n: f64| n * n * (n + OVERHEAD);
    rank > 0 && n * p * (3.3 * n + 2.0 * p) + inverse(p) < inverse(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cortex;
    use crate::linalg::lyapunov::source::Source;
    use crate::linalg::{LyapunovWorkspace, PairStatus, tolerance};
    use proptest::prelude::*;

    fn noise(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
        Cortex::random(rows.max(columns), 1.0, seed).unwrap().recurrent().view((0, 0), (rows, columns)).into()
    }

    fn inverse(m: &DMatrix<f64>, shift: f64) -> DMatrix<f64> {
        let n = m.nrows();
        let mut out = DMatrix::zeros(n, n);
        Lu::new(n).invert_shifted_into(m, shift, &mut out);
        out
    }

    fn updated(
        base: &DMatrix<f64>,
        (input, feedback): (&DMatrix<f64>, &DMatrix<f64>),
        shift: f64,
        memory: &mut UpdatedInverse,
    ) -> DMatrix<f64> {
        let n = base.nrows();
        let mut out = DMatrix::zeros(n, n);
        Change { base, input, feedback, memory }.invert_into(shift, &mut Lu::new(n), &mut out);
        out
    }

    /// `|(M - p I) K - I|`.
    fn error(m: &DMatrix<f64>, shift: f64, k: &DMatrix<f64>) -> f64 {
        (m * k - k * shift - DMatrix::identity(m.nrows(), m.nrows())).norm()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

        #[test]
        fn updates_are_inverses(n in 8_usize..70, portion in 0.01..0.5_f64, strength in 0.1..3.0_f64, seed: u64) {
            let rank = 1 + (portion * (n - 1) as f64) as usize;
            let mut memory = UpdatedInverse::new(n, rank);
            prop_assert!(memory.pays);
            let base = noise(n, n, seed) - DMatrix::identity(n, n);
            for (step, shift) in [(0, 2.0), (1, 2.0), (2, 3.0), (3, 2.0)] {
                let u = noise(n, rank, seed ^ step) * strength;
                let v = noise(n, rank, seed ^ (step + 10)) * strength - &u;
                let m = &base + &u * v.transpose();
                let (own, k) = (inverse(&m, shift), updated(&base, (&u, &v), shift, &mut memory));
                // Rounding grows with the terms that the update is the difference of.
                let terms = 1.0 + inverse(&base, shift).norm() * (1.0 + u.norm() * v.norm());
                prop_assert!((&k - &own).norm() < 1e-15 * terms * own.norm(), "{}", (&k - &own).norm() / own.norm() / terms);
                prop_assert!(error(&m, shift, &k) < 1e-10);
            }
        }
    }

    #[test]
    fn the_inverse_of_a_is_kept_until_the_shift_changes() {
        let (n, rank) = (30, 4);
        let (u, v) = (noise(n, rank, 1), noise(n, rank, 2));
        let [first, second] = [3, 4].map(|seed| noise(n, n, seed) - DMatrix::identity(n, n));
        let mut memory = UpdatedInverse::new(n, rank);
        let k = updated(&first, (&u, &v), 2.0, &mut memory);
        // Another A goes unnoticed, as it never occurs, until the shift is another one.
        assert_eq!(updated(&second, (&u, &v), 2.0, &mut memory), k);
        assert!(
            error(&(&second + &u * v.transpose()), 2.5, &updated(&second, (&u, &v), 2.5, &mut memory))
                < 1e-13
        );
    }

    #[test]
    fn it_pays_at_low_rank() {
        let ranks = [
            (99, 50, true),
            (99, 80, false),
            (500, 150, true),
            (500, 200, false),
            (30, 0, false),
            (1, 1, false),
        ];
        for (n, rank, expected) in ranks {
            assert_eq!(pays(n, rank), expected, "{n} {rank}");
        }
    }

    /// A has an eigenvalue next to the shift, M does not: the update loses the digits that the pair of equations needs.
    #[test]
    fn eigenvalues_of_a_next_to_the_shift_are_survived() {
        for (seed, gap) in (1..=5).flat_map(|seed| [1e-9, 1e-12, 0.0].map(|gap| (seed, gap))) {
            let (n, rank, shift) = (40, 8, 0.7);
            let stable = noise(n, n, seed) * 0.5 - DMatrix::identity(n, n);
            let (mut u, mut v) = (noise(n, rank, seed ^ 8), noise(n, rank, seed ^ 16) * 0.5);
            // U V^T x = (M - lambda) x makes lambda an eigenvalue of A = M - U V^T.
            let x = noise(n, 1, seed ^ 32).normalize();
            v -= &x * (x.transpose() * &v);
            u.set_column(0, &((&stable * &x) - &x * (shift + gap)).column(0));
            v.set_column(0, &x.column(0));
            let base = &stable - &u * v.transpose();
            let m = &base + &u * v.transpose();
            let mut memory = UpdatedInverse::new(n, rank);
            let lost = error(&m, shift, &updated(&base, (&u, &v), shift, &mut memory));
            assert!(lost.is_nan() || lost > 1e-9, "{lost}");
            assert!(error(&m, shift, &inverse(&m, shift)) < 1e-13);

            let mut workspace = LyapunovWorkspace::new(n);
            workspace.set_shift(Some(shift)).unwrap();
            for _ in 0..2 {
                let change = Some(Change { base: &base, input: &u, feedback: &v, memory: &mut memory });
                let report =
                    workspace.solve_structured(&m, Source::IDENTITY, Source::IDENTITY, change).unwrap();
                assert_eq!(report.status, PairStatus::Converged);
                assert!(report.residual_x.max(report.residual_y) <= tolerance::UPDATED_RESIDUAL);
                assert_eq!(memory.refused, Some(shift));
                let full = workspace.residuals(&m, Source::IDENTITY, Some(Source::IDENTITY));
                assert!(full.0.max(full.1) < 1e-15, "{full:?}");
            }
            // Another shift is another chance.
            workspace.set_shift(Some(1.0)).unwrap();
            let change = Some(Change { base: &base, input: &u, feedback: &v, memory: &mut memory });
            workspace.solve_structured(&m, Source::IDENTITY, Source::IDENTITY, change).unwrap();
            assert_eq!((memory.shift, memory.refused), (Some(1.0), Some(shift)));
        }
    }

    /// An unstable M says nothing against the inverse of A.
    #[test]
    fn unstable_matrices_are_not_the_inverse_s_fault() {
        let (n, rank) = (30, 5);
        let base = noise(n, n, 1) * 0.5 - DMatrix::identity(n, n);
        let u = noise(n, rank, 2) * 1.5;
        let m = &base + &u * u.transpose();
        assert!(m.trace() < 0.0 && crate::linalg::spectral_abscissa(&m).unwrap() > 0.0);
        let (mut workspace, mut memory) = (LyapunovWorkspace::new(n), UpdatedInverse::new(n, rank));
        workspace.set_shift(Some(0.9)).unwrap();
        let change = Some(Change { base: &base, input: &u, feedback: &u, memory: &mut memory });
        let report = workspace.solve_structured(&m, Source::IDENTITY, Source::IDENTITY, change).unwrap();
        assert_ne!(report.status, PairStatus::Converged);
        assert_eq!((memory.shift, memory.refused), (Some(0.9), None));
    }
}
