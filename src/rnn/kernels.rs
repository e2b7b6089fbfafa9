//! The vectorised passes over one step's columns: everything except the matrix products.
//!
//! Plain loops, compiled once per instruction set (by `pulp`) and chosen at run time. They are
//! written so that the compiler vectorises them: no branches inside, no reassociation asked of it
//! (dot products keep their own lanes).

use pulp::{Arch, Simd, WithSimd};

use super::plan::Drive;
use super::{Parameters, Real, TanhNetwork};

/// Partial sums of a dot product: two vectors of the widest registers in single precision.
const LANES: usize = 32;

/// Runs a pass with the widest instructions there are.
pub(super) fn run(pass: impl WithSimd) {
    Arch::new().dispatch(pass);
}

/// One Euler step of the columns, after the products: `x = (1 - dt) x + product + dt (b + u v^T r)`,
/// then `next = tanh x` and the readout `w^T next`.
pub(super) struct Forward<'a, T: Real> {
    pub(super) network: &'a TanhNetwork<T>,
    pub(super) drives: &'a [Drive],
    pub(super) product: &'a [T],
    pub(super) activity: &'a [T],
    pub(super) states: &'a mut [T],
    pub(super) next: &'a mut [T],
    /// `v^T r` of each column.
    pub(super) dots: &'a mut [T],
    /// Readout of each column.
    pub(super) outputs: &'a mut [T],
}

impl<T: Real> WithSimd for Forward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (n, dt) = (self.network.units(), T::of(self.network.dt));
        let decay = T::one() - dt;
        let readout = self.network.readout().as_slice();
        let [biases, left, right, ..] = self.network.parameters().arrays();
        for (j, drive) in self.drives.iter().enumerate() {
            let range = j * n..(j + 1) * n;
            let motif = drive.motif * n..(drive.motif + 1) * n;
            let x = &mut self.states[range.clone()];
            let h = &self.product[range.clone()];
            let next = &mut self.next[range.clone()];
            if drive.loops {
                let dot = dot(&right[motif.clone()], &self.activity[range]);
                self.dots[j] = dot;
                let u = &left[motif.clone()];
                let scale = dt * dot;
                for ((x, &h), &u) in x.iter_mut().zip(h).zip(u) {
                    *x = decay * *x + (h + scale * u);
                }
            } else {
                for (x, &h) in x.iter_mut().zip(h) {
                    *x = decay * *x + h;
                }
            }
            if drive.bias {
                add_scaled(x, dt, &biases[motif]);
            }
            for (r, &x) in next.iter_mut().zip(x.iter()) {
                *r = x.tanh_lane();
            }
            self.outputs[j] = dot(readout, next);
        }
    }
}

/// One adjoint step of the columns, after the products: gradients of the motifs' vectors, then
/// `adjoint = (1 - dt) adjoint + f'(x) (product + dt v u^T adjoint) + tanh'(x) (c w + a tanh x)`.
pub(super) struct Backward<'a, T: Real> {
    pub(super) network: &'a TanhNetwork<T>,
    pub(super) drives: &'a [Drive],
    pub(super) product: &'a [T],
    /// What drove the step: `tanh x`, or `x` in linear columns.
    pub(super) activity: &'a [T],
    pub(super) dots: &'a [T],
    /// Derivative `c` of the loss with respect to the readout after the step before, by column.
    pub(super) sources: &'a [T],
    /// Derivative of the loss with respect to `|r|^2 / 2`, `a`.
    pub(super) activity_source: T,
    pub(super) adjoint: &'a mut [T],
    pub(super) gradient: &'a mut Parameters<T>,
}

impl<T: Real> WithSimd for Backward<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (n, dt) = (self.network.units(), T::of(self.network.dt));
        let (one, decay) = (T::one(), T::one() - dt);
        let readout = self.network.readout().as_slice();
        let [_, left, right, ..] = self.network.parameters().arrays();
        let [d_biases, d_left, d_right, ..] = self.gradient.arrays_mut();
        for (j, drive) in self.drives.iter().enumerate() {
            let range = j * n..(j + 1) * n;
            let motif = drive.motif * n..(drive.motif + 1) * n;
            let adjoint = &mut self.adjoint[range.clone()];
            let g = &self.product[range.clone()];
            let r = &self.activity[range];
            if drive.bias {
                add_scaled(&mut d_biases[motif.clone()], dt, adjoint);
            }
            let (c, a) = (self.sources[j], self.activity_source);
            if drive.linear {
                for (((l, &g), &x), &w) in adjoint.iter_mut().zip(g).zip(r).zip(readout) {
                    let r = x.tanh_lane();
                    *l = decay * *l + g + (one - r * r) * (c * w + a * r);
                }
            } else if drive.loops {
                let v = &right[motif.clone()];
                let scale = dt * dot(&left[motif.clone()], adjoint);
                add_scaled(&mut d_left[motif.clone()], dt * self.dots[j], adjoint);
                add_scaled(&mut d_right[motif], scale, r);
                for ((((l, &g), &r), &w), &v) in adjoint.iter_mut().zip(g).zip(r).zip(readout).zip(v) {
                    *l = decay * *l + (one - r * r) * (g + scale * v + (c * w + a * r));
                }
            } else {
                for (((l, &g), &r), &w) in adjoint.iter_mut().zip(g).zip(r).zip(readout) {
                    *l = decay * *l + (one - r * r) * (g + (c * w + a * r));
                }
            }
        }
    }
}

#[inline(always)]
fn add_scaled<T: Real>(to: &mut [T], scale: T, from: &[T]) {
    for (t, &f) in to.iter_mut().zip(from) {
        *t += scale * f;
    }
}

#[inline(always)]
fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    let mut lanes = [T::zero(); LANES];
    let (a_blocks, b_blocks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let mut tail = T::zero();
    for (&x, &y) in a_blocks.remainder().iter().zip(b_blocks.remainder()) {
        tail += x * y;
    }
    for (x, y) in a_blocks.zip(b_blocks) {
        for ((lane, &x), &y) in lanes.iter_mut().zip(x).zip(y) {
            *lane += x * y;
        }
    }
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0] + tail
}
