//! Eigenvectors of the closed loop in real numbers, with memory that is used again.

use faer::diag::DiagMut;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{ComputeEigenvectors, evd_real, evd_scratch};
use faer::{Accum, Par};
use nalgebra::DMatrix;
use num_complex::Complex64;
use pulp::{Arch, Simd, WithSimd};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::lanes::Lanes;
use super::table::Table;
use crate::linalg::product::{Lu, apply, frobenius, mul_into, one_norm, view, view_mut};
use crate::linalg::tolerance;
use crate::modal::vector::Layout;

/// Condition number of the eigenvectors up to which sums over them are trusted: they lose the square of it.
const CONDITION: f64 = 1e6;

/// Distance of two eigenvalues, in units of 1/T, below which a difference quotient is its limit: as good as
/// each other there.
pub(super) const EQUAL: f64 = 1.5e-8;

/// Largest relative error of difference quotients that is let pass.
const QUOTIENTS: f64 = 1e-7;

/// Largest distance of a closed form's $P^{-1} P$ from the identity.
const INVERSE: f64 = 1e-9;

/// Vectors that stand for all of them where a matrix that should be zero is tested.
const PROBES: usize = 3;

/// $M = X \mathrm{diag}(\mu) X^{-1}$ with $X = P T$: real modes first, then the upper members of the pairs,
/// then the lower ones. A pair $x \pm i y$ is the columns x, y of P, which stand where its members do, and T
/// is one for a real eigenvalue and $(1, 1; i, -i)$ for a pair.
pub(super) struct Basis {
    pub(super) values: Vec<Complex64>,
    pub(super) layout: Layout,
    /// P and its inverse.
    pub(super) right: DMatrix<f64>,
    pub(super) left: DMatrix<f64>,
    re: Vec<f64>,
    im: Vec<f64>,
    image: DMatrix<f64>,
    /// Eigenvalues in one row, and squares of their condition numbers.
    spectrum: Table,
    pub(super) sensitivities: Vec<f64>,
    /// Normal vectors x, then B x; their images under P, and what remains of them.
    probes: Vec<f64>,
    seen: Vec<f64>,
    rest: Vec<f64>,
    lu: Lu,
    memory: MemBuffer,
}

impl std::fmt::Debug for Basis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Basis").field("values", &self.values).finish_non_exhaustive()
    }
}

impl Basis {
    pub(super) fn new(n: usize) -> Self {
        let (no, yes) = (ComputeEigenvectors::No, ComputeEigenvectors::Yes);
        let memory = evd_scratch::<f64>(n, no, yes, Par::Seq, Default::default());
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut probes: Vec<f64> = (0..n * PROBES).map(|_| StandardNormal.sample(&mut rng)).collect();
        probes.resize(2 * n * PROBES, 0.0);
        Self {
            values: vec![Complex64::ZERO; n],
            layout: Layout { reals: 0, pairs: 0 },
            right: DMatrix::zeros(n, n),
            left: DMatrix::zeros(n, n),
            re: vec![0.0; n],
            im: vec![0.0; n],
            image: DMatrix::zeros(n, n),
            spectrum: Table::new(1, n),
            sensitivities: vec![0.0; Table::new(1, n).stride()],
            probes,
            seen: vec![0.0; 2 * n * PROBES],
            rest: vec![0.0; n * PROBES],
            lu: Lu::new(n),
            memory: MemBuffer::new(memory),
        }
    }

    /// Decomposes M by the QR iteration; false where the eigenvectors cannot be trusted.
    pub(super) fn decompose(&mut self, m: &DMatrix<f64>) -> bool {
        let n = m.nrows();
        self.layout = Layout { reals: 0, pairs: 0 };
        if n == 1 {
            (self.re[0], self.im[0]) = (m[(0, 0)], 0.0);
            self.image.fill(1.0);
        } else {
            let solved = evd_real(
                view(m),
                DiagMut::from_slice_mut(&mut self.re),
                DiagMut::from_slice_mut(&mut self.im),
                None,
                Some(view_mut(&mut self.image)),
                Par::Seq,
                MemStack::new(&mut self.memory),
                Default::default(),
            );
            if solved.is_err() || self.re.iter().chain(&self.im).any(|x| !x.is_finite()) {
                return false;
            }
        }
        self.arrange();
        self.lu.matrix_mut().copy_from(&self.right);
        self.lu.invert_into(&mut self.left);
        self.is_conditioned() && self.is_accurate(m)
    }

    /// Whether the closed form's vectors are those of M, its inverse one, and both far enough from dependent.
    pub(super) fn is_trusted(&mut self, m: &DMatrix<f64>) -> bool {
        self.is_conditioned() && self.is_probed(m)
    }

    fn is_conditioned(&mut self) -> bool {
        let condition = one_norm(&self.right) * one_norm(&self.left);
        condition <= CONDITION && self.has_quotients()
    }

    /// Whether difference quotients over eigenvalues, or their limits, keep enough digits: what rounding
    /// leaves of them grows with the condition numbers of both eigenvalues.
    fn has_quotients(&mut self) -> bool {
        let (n, Layout { reals, pairs }) = (self.values.len(), self.layout);
        let sensitivities = &mut self.sensitivities;
        sensitivities.fill(0.0);
        for column in self.left.as_slice().chunks_exact(n) {
            sensitivities.iter_mut().zip(column).for_each(|(to, x)| *to += x * x);
        }
        for i in 0..reals + pairs {
            if i >= reals {
                sensitivities[i] = 0.25 * (sensitivities[i] + sensitivities[i + pairs]);
                sensitivities[i + pairs] = sensitivities[i];
            }
            self.spectrum.set(0, i, self.values[i]);
        }
        self.spectrum.complete(0, self.layout);
        Arch::new().dispatch(Worst {
            heads: self.heads().end,
            values: &self.spectrum,
            sensitivities: &self.sensitivities,
            limit: QUOTIENTS * QUOTIENTS,
        }) <= 0.0
    }

    /// Whether $M P = P B$ and $P^{-1} P = 1$, by what a few normal vectors see of the differences: the mean
    /// square of that is the square of the Frobenius norm.
    fn is_probed(&mut self, m: &DMatrix<f64>) -> bool {
        let (n, Layout { reals, pairs }) = (self.values.len(), self.layout);
        let (known, turned) = self.probes.split_at_mut(n * PROBES);
        for (x, to) in known.chunks_exact(n).zip(turned.chunks_exact_mut(n)) {
            for i in 0..reals {
                to[i] = self.values[i].re * x[i];
            }
            for i in reals..reals + pairs {
                let (z, a, b) = (self.values[i], x[i], x[i + pairs]);
                (to[i], to[i + pairs]) = (z.re * a + z.im * b, z.re * b - z.im * a);
            }
        }
        apply(view(&self.right), &self.probes, &mut self.seen);
        let (seen, turned) = self.seen.split_at(n * PROBES);
        apply(view(&self.left), seen, &mut self.rest);
        let error = |rest: &[f64], from: &[f64]| -> f64 {
            (rest.iter().zip(from).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / PROBES as f64).sqrt()
        };
        if error(&self.rest, &self.probes[..n * PROBES]) > INVERSE {
            return false;
        }
        apply(view(m), seen, &mut self.rest);
        error(&self.rest, turned) <= tolerance::eigen_residual(n) * frobenius(m)
    }

    /// Gives eigenvectors unit length, and their inverses' factors for the length that goes with it; false
    /// for one of none.
    pub(super) fn scale_to_unit(&mut self, lengths: &mut [f64]) -> bool {
        let (n, Layout { reals, pairs }) = (self.values.len(), self.layout);
        for (to, column) in lengths.iter_mut().zip(self.right.as_slice().chunks_exact(n)) {
            *to = square(column);
        }
        for i in 0..reals + pairs {
            let second = if i < reals { 0.0 } else { lengths[i + pairs] };
            let length = (lengths[i] + second).sqrt();
            if !(length > 0.0 && length.is_finite()) {
                return false;
            }
            lengths[i] = length;
            self.right.column_mut(i).scale_mut(1.0 / length);
            if i >= reals {
                self.right.column_mut(i + pairs).scale_mut(1.0 / length);
            }
        }
        true
    }

    /// Brings modes in order, and gives every eigenvector unit length.
    fn arrange(&mut self) {
        let n = self.re.len();
        let (mut reals, mut at) = (0, 0);
        while at < n {
            let real = self.im[at] == 0.0 || at + 1 == n;
            (reals, at) = if real { (reals + 1, at + 1) } else { (reals, at + 2) };
        }
        let pairs = (n - reals) / 2;
        self.layout = Layout { reals, pairs };
        let (mut real, mut pair, mut at) = (0, reals, 0);
        while at < n {
            if self.im[at] == 0.0 || at + 1 == n {
                self.values[real] = Complex64::from(self.re[at]);
                let norm = self.image.column(at).norm();
                self.right.column_mut(real).axpy(1.0 / norm, &self.image.column(at), 0.0);
                (real, at) = (real + 1, at + 1);
                continue;
            }
            let value = Complex64::new(self.re[at], self.im[at].abs());
            (self.values[pair], self.values[pair + pairs]) = (value, value.conj());
            let norm = self.image.column(at).norm().hypot(self.image.column(at + 1).norm());
            let turn = self.im[at].signum() / norm;
            self.right.column_mut(pair).axpy(1.0 / norm, &self.image.column(at), 0.0);
            self.right.column_mut(pair + pairs).axpy(turn, &self.image.column(at + 1), 0.0);
            (pair, at) = (pair + 1, at + 2);
        }
    }

    /// Whether $M P = P B$ up to rounding.
    fn is_accurate(&mut self, m: &DMatrix<f64>) -> bool {
        mul_into(&mut self.image, Accum::Replace, 1.0, view(m), view(&self.right));
        let Layout { reals, pairs } = self.layout;
        for j in 0..reals + pairs {
            let z = self.values[j];
            self.image.column_mut(j).axpy(-z.re, &self.right.column(j), 1.0);
            if j >= reals {
                let k = j + pairs;
                self.image.column_mut(j).axpy(z.im, &self.right.column(k), 1.0);
                self.image.column_mut(k).axpy(-z.im, &self.right.column(j), 1.0);
                self.image.column_mut(k).axpy(-z.re, &self.right.column(k), 1.0);
            }
        }
        let limit = tolerance::eigen_residual(m.nrows()) * frobenius(m);
        frobenius(&self.image) <= limit
    }

    /// Real modes and the upper members of pairs: what tables have rows for.
    pub(super) fn heads(&self) -> std::ops::Range<usize> {
        0..self.layout.reals + self.layout.pairs
    }

    /// The mode of the conjugate eigenvalue.
    pub(super) fn conjugate(&self, i: usize) -> usize {
        let Layout { reals, pairs } = self.layout;
        match i {
            _ if i < reals => i,
            _ if i < reals + pairs => i + pairs,
            _ => i - pairs,
        }
    }

    /// How often a head counts: twice where it stands for a pair.
    pub(super) fn count(&self, head: usize) -> f64 {
        if head < self.layout.reals { 1.0 } else { 2.0 }
    }
}

/// The worst of what has to be at most zero: of squares of errors of difference quotients, what is beyond
/// the limit.
struct Worst<'a> {
    heads: usize,
    values: &'a Table,
    sensitivities: &'a [f64],
    limit: f64,
}

impl WithSimd for Worst<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let lanes = Lanes(simd);
        let [equal, rounding, limit] =
            [EQUAL * EQUAL, f64::EPSILON * f64::EPSILON, self.limit].map(|x| simd.splat_f64s(x));
        let mut worst = simd.splat_f64s(f64::NEG_INFINITY);
        for i in 0..self.heads {
            let value = lanes.splat(self.values.parts(0, i));
            let own = simd.splat_f64s(self.sensitivities[i]);
            for at in 0..lanes.registers(self.values.stride()) {
                let gap = lanes.square(lanes.sub(value, lanes.load(self.values.row(0), at)));
                let both = simd.mul_f64s(own, lanes.real(self.sensitivities, at));
                let far = simd.sub_f64s(simd.mul_f64s(both, rounding), simd.mul_f64s(limit, gap));
                let near = simd.sub_f64s(simd.mul_f64s(both, gap), limit);
                worst = simd.max_f64s(worst, simd.select_f64s(simd.greater_than_f64s(gap, equal), far, near));
            }
        }
        simd.reduce_max_f64s(worst)
    }
}

/// Squared length, in sums side by side.
fn square(column: &[f64]) -> f64 {
    const LANES: usize = 8;
    let (body, rest) = column.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    body.iter().for_each(|x| (0..LANES).for_each(|l| lanes[l] += x[l] * x[l]));
    lanes.iter().sum::<f64>() + rest.iter().map(|x| x * x).sum::<f64>()
}
