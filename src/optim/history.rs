//! The curvature that L-BFGS remembers.

use pulp::{Arch, Simd, WithSimd};

use super::vector::{add_then_dots_with, dot};

/// Pairs that share a pass. Their products with each other are known, so that one pass over the gradient
/// serves four steps of the recursion: the time of a step is that of waiting for a sum.
const BLOCK: usize = 4;

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
    /// Products of the steps before this one, the nearest first, with its change.
    cross: [f64; BLOCK - 1],
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

    /// Position of the pair that is that many younger than the oldest.
    #[inline(always)]
    fn at(&self, age: usize) -> usize {
        let at = self.oldest + age;
        if at < self.pairs.len() { at } else { at - self.pairs.len() }
    }

    /// Remembers a step between two points with their gradients, if the curvature along it is positive.
    pub(super) fn push(&mut self, from: (&[f64], &[f64]), to: (&[f64], &[f64])) {
        let at = if self.pairs.len() < self.capacity {
            let zeros = vec![0.0; from.0.len()];
            let cross = [0.0; BLOCK - 1];
            self.pairs.push(Pair { step: zeros.clone(), change: zeros, scale: 0.0, cross, weight: 0.0 });
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
        let newest = self.pairs.len() - 1;
        for distance in 1..BLOCK.min(newest + 1) {
            let before = self.at(newest - distance);
            self.pairs[at].cross[distance - 1] = dot(&self.pairs[before].step, &self.pairs[at].change);
        }
    }

    /// Turns a gradient into the quasi-Newton direction `-H g`, in place: Nocedal's two-loop recursion, four
    /// pairs at a time. Within a block, with the older step before the younger,
    /// `s_i^T (q - alpha_j y_j - ...) = s_i^T q - alpha_j s_i^T y_j - ...`, and likewise in the second loop.
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
        let Self { history: h, gradient: g } = self;
        let count = h.pairs.len();
        // From the newest block to the oldest, each joined by the changes of the one before.
        let mut last = Block::empty();
        let mut end = count;
        while end > 0 {
            let block = Block::ending(h, end);
            let dots = add_then_dots_with(simd, last.weights, last.of(h, change), g, block.of(h, step));
            last = block.first_loop(h, dots);
            end -= last.len;
        }
        let nothing = Block::empty();
        add_then_dots_with(simd, last.weights, last.of(h, change), g, nothing.of(h, step));
        let newest = count.checked_sub(1).map(|age| &h.pairs[h.at(age)]);
        let scale = newest.map_or(1.0, |p| 1.0 / (p.scale * dot(&p.change, &p.change)));
        // The sign is already that of a descent direction.
        let scale = if scale.is_finite() { -scale } else { -1.0 };
        g.iter_mut().for_each(|g| *g *= scale);
        // And back, joined by the steps.
        let mut last = Block::empty();
        let mut end = 0;
        while end < count {
            // The oldest block takes what does not fill one.
            end += if end == 0 && count % BLOCK > 0 { count % BLOCK } else { BLOCK };
            let block = Block::ending(h, end);
            let dots = add_then_dots_with(simd, last.weights, last.of(h, step), g, block.of(h, change));
            last = block.second_loop(h, dots);
        }
        add_then_dots_with(simd, last.weights, last.of(h, step), g, nothing.of(h, change));
    }
}

fn step(pair: &Pair) -> &[f64] {
    &pair.step
}

fn change(pair: &Pair) -> &[f64] {
    &pair.change
}

/// Up to four neighbours in the ring, oldest first, and what is to be added of their vectors.
#[derive(Clone, Copy)]
struct Block {
    len: usize,
    at: [usize; BLOCK],
    weights: [f64; BLOCK],
}

impl Block {
    fn empty() -> Self {
        Self { len: 0, at: [0; BLOCK], weights: [0.0; BLOCK] }
    }

    /// The block whose youngest member is pair `end - 1`.
    #[inline(always)]
    fn ending(history: &History, end: usize) -> Self {
        let len = BLOCK.min(end);
        let mut block = Self { len, ..Self::empty() };
        for i in 0..len {
            block.at[i] = history.at(end - len + i);
        }
        block
    }

    /// Vectors of the members; empty ones where there is none.
    #[inline(always)]
    fn of<'a>(&self, history: &'a History, vector: impl Fn(&Pair) -> &[f64]) -> [&'a [f64]; BLOCK] {
        let mut of: [&[f64]; BLOCK] = [&[]; BLOCK];
        for (of, at) in of.iter_mut().zip(self.at).take(self.len) {
            *of = vector(&history.pairs[at]);
        }
        // Members that are not there add zero times the first one.
        for i in self.len..BLOCK {
            of[i] = of[0];
        }
        of
    }

    /// `alpha_i = rho_i s_i^T q` from the youngest to the oldest, kept for the way back; `-alpha_i y_i` is to
    /// be added.
    #[inline(always)]
    fn first_loop(mut self, history: &mut History, dots: [f64; BLOCK]) -> Self {
        for i in (0..self.len).rev() {
            let mut along = dots[i];
            for j in i + 1..self.len {
                along += self.weights[j] * history.pairs[self.at[j]].cross[j - i - 1];
            }
            let pair = &mut history.pairs[self.at[i]];
            pair.weight = pair.scale * along;
            self.weights[i] = -pair.weight;
        }
        self
    }

    /// `beta_i = rho_i y_i^T r` from the oldest to the youngest; `(alpha_i - beta_i) s_i` is to be added,
    /// with the sign turned.
    #[inline(always)]
    fn second_loop(mut self, history: &History, dots: [f64; BLOCK]) -> Self {
        for (i, dot) in dots.into_iter().enumerate().take(self.len) {
            let pair = &history.pairs[self.at[i]];
            let mut along = dot;
            for j in 0..i {
                along += self.weights[j] * pair.cross[i - j - 1];
            }
            self.weights[i] = -pair.weight - pair.scale * along;
        }
        self
    }
}

fn difference(a: &[f64], b: &[f64], out: &mut [f64]) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = a - b;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{DMatrix, DVector};
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Directions along a random walk against the product form
    /// `(I - rho s y^T) H (I - rho y s^T) + rho s s^T` over the pairs remembered; one step in five has no
    /// curvature and must say nothing.
    #[test]
    fn directions_are_those_of_the_product_form() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        for (order, capacity) in [(1, 1), (2, 3), (5, 4), (17, 5), (40, 9), (40, 2), (33, 30)] {
            let mut random = || DVector::from_fn(order, |_, _| rng.random_range(-1.0..1.0));
            let mut history = History::new(capacity);
            let (mut x, mut g) = (random(), random());
            let mut pairs: Vec<(DVector<f64>, DVector<f64>)> = vec![];
            for round in 0..20 {
                let mut direction = g.clone();
                history.direction(direction.as_mut_slice());
                let known = &pairs[pairs.len().saturating_sub(capacity)..];
                let expected = -(product_form(order, known) * &g);
                assert!((&direction - &expected).norm() < 1e-10 * expected.norm(), "{order}, round {round}");
                let (s, noise) = (random(), random());
                let sign = if round % 5 == 3 { -1.0 } else { 1.0 };
                let y = (&s + (&noise - &s * (noise.dot(&s) / s.norm_squared())) * 0.5) * sign;
                let (next_x, next_g) = (&x + &s, &g + &y);
                history.push((x.as_slice(), g.as_slice()), (next_x.as_slice(), next_g.as_slice()));
                pairs.push((&next_x - &x, &next_g - &g));
                (x, g) = (next_x, next_g);
            }
        }
    }

    fn product_form(order: usize, pairs: &[(DVector<f64>, DVector<f64>)]) -> DMatrix<f64> {
        let identity = DMatrix::<f64>::identity(order, order);
        let newest = pairs.last().filter(|(s, y)| s.dot(y) > 0.0);
        let mut h = &identity * newest.map_or(1.0, |(s, y)| s.dot(y) / y.norm_squared());
        for (s, y) in pairs.iter().filter(|(s, y)| s.dot(y) > 0.0) {
            let rho = 1.0 / s.dot(y);
            let factor = &identity - s * y.transpose() * rho;
            h = &factor * &h * factor.transpose() + s * s.transpose() * rho;
        }
        h
    }
}
