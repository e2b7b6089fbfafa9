//! The curvature that L-BFGS remembers.

use pulp::{Arch, Simd, WithSimd};

use super::vector::{add_then_dot_with, add_with, dot, dot_with};

/// The last steps s and gradient changes y, as a ring that grows to its capacity.
#[derive(Debug)]
pub(super) struct History {
    pairs: Vec<Pair>,
    capacity: usize,
    /// Position of the oldest pair once the ring is full.
    oldest: usize,
}

#[derive(Debug)]
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    /// `1 / s^T y`.
    scale: f64,
    /// Of the two-loop recursion.
    weight: f64,
}

impl History {
    pub(super) fn new(capacity: usize) -> Self {
        Self { pairs: Vec::new(), capacity, oldest: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Remembers a step between two points with their gradients, if the curvature along it is positive.
    pub(super) fn push(&mut self, from: (&[f64], &[f64]), to: (&[f64], &[f64])) {
        let at = if self.pairs.len() < self.capacity {
            let zeros = vec![0.0; from.0.len()];
            self.pairs.push(Pair { step: zeros.clone(), change: zeros, scale: 0.0, weight: 0.0 });
            self.pairs.len() - 1
        } else {
            let at = self.oldest;
            self.oldest = (at + 1) % self.capacity;
            at
        };
        let pair = &mut self.pairs[at];
        difference(to.0, from.0, &mut pair.step);
        difference(to.1, from.1, &mut pair.change);
        let curvature = dot(&pair.step, &pair.change);
        // Without curvature a pair says nothing; a scale of zero takes it out of the recursion.
        pair.scale = if curvature > 0.0 && curvature.recip().is_finite() { curvature.recip() } else { 0.0 };
    }

    /// Turns a gradient into the quasi-Newton direction `-H g`, in place: Nocedal's two-loop recursion.
    pub(super) fn direction(&mut self, gradient: &mut [f64]) {
        Arch::new().dispatch(Recursion { history: self, gradient });
    }
}

struct Recursion<'a> {
    history: &'a mut History,
    gradient: &'a mut [f64],
}

impl WithSimd for Recursion<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { history, gradient } = self;
        let (recent, old) = history.pairs.split_at_mut(history.oldest);
        // Each vector joins the gradient in the pass that multiplies it by the next one.
        let mut last: Option<&Pair> = None;
        for pair in recent.iter_mut().rev().chain(old.iter_mut().rev()) {
            let along = match last {
                Some(last) => add_then_dot_with(simd, -last.weight, &last.change, gradient, &pair.step),
                None => dot_with(simd, &pair.step, gradient),
            };
            pair.weight = pair.scale * along;
            last = Some(pair);
        }
        if let Some(last) = last {
            add_with(simd, -last.weight, &last.change, gradient);
        }
        let newest = recent.last().or(old.last());
        let scale = newest.map_or(1.0, |p| 1.0 / (p.scale * dot_with(simd, &p.change, &p.change)));
        let scale = if scale.is_finite() { -scale } else { -1.0 };
        gradient.iter_mut().for_each(|g| *g *= scale);
        // The sign is already that of a descent direction.
        let mut last: Option<(f64, &Pair)> = None;
        for pair in old.iter().chain(recent.iter()) {
            let along = match last {
                Some((weight, last)) => add_then_dot_with(simd, weight, &last.step, gradient, &pair.change),
                None => dot_with(simd, &pair.change, gradient),
            };
            last = Some((-pair.weight - pair.scale * along, pair));
        }
        if let Some((weight, last)) = last {
            add_with(simd, weight, &last.step, gradient);
        }
    }
}

fn difference(a: &[f64], b: &[f64], out: &mut [f64]) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = a - b;
    }
}
