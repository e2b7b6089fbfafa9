//! The curvature that L-BFGS remembers.

use std::collections::VecDeque;

use pulp::{Arch, NullaryFnOnce};

use super::vector::{add, dot};

/// The last steps s and gradient changes y, oldest first.
#[derive(Debug)]
pub(super) struct History {
    pairs: VecDeque<Pair>,
    capacity: usize,
}

#[derive(Debug)]
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    /// `1 / s^T y`; zero where there is no curvature, so that the pair says nothing.
    scale: f64,
    /// `alpha` of the two-loop recursion.
    weight: f64,
}

impl History {
    pub(super) fn new(capacity: usize) -> Self {
        Self { pairs: VecDeque::new(), capacity }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Remembers a step between two points with their gradients, if the curvature along it is positive. Once
    /// full, the oldest pair gives its memory to the newest.
    pub(super) fn push(&mut self, from: (&[f64], &[f64]), to: (&[f64], &[f64])) {
        let oldest = if self.pairs.len() < self.capacity { None } else { self.pairs.pop_front() };
        let zeros = || vec![0.0; from.0.len()];
        let new = || Pair { step: zeros(), change: zeros(), scale: 0.0, weight: 0.0 };
        let mut pair = oldest.unwrap_or_else(new);
        difference(to.0, from.0, &mut pair.step);
        difference(to.1, from.1, &mut pair.change);
        let curvature = dot(&pair.step, &pair.change);
        pair.scale = if curvature > 0.0 && curvature.recip().is_finite() { curvature.recip() } else { 0.0 };
        self.pairs.push_back(pair);
    }

    /// Turns a gradient into the quasi-Newton direction `-H g`, in place: Nocedal's two-loop recursion.
    pub(super) fn direction(&mut self, gradient: &mut [f64]) {
        Arch::new().dispatch(Recursion { pairs: &mut self.pairs, gradient });
    }
}

/// The recursion, compiled for each set of vector instructions.
struct Recursion<'a> {
    pairs: &'a mut VecDeque<Pair>,
    gradient: &'a mut [f64],
}

impl NullaryFnOnce for Recursion<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { pairs, gradient: g } = self;
        // alpha = rho s^T q, q -= alpha y, from the newest pair to the oldest.
        for pair in pairs.iter_mut().rev() {
            pair.weight = pair.scale * dot(&pair.step, g);
            add(-pair.weight, &pair.change, g);
        }
        let scale = pairs.back().map_or(1.0, |p| 1.0 / (p.scale * dot(&p.change, &p.change)));
        // The sign is already that of a descent direction.
        let scale = if scale.is_finite() { -scale } else { -1.0 };
        g.iter_mut().for_each(|g| *g *= scale);
        // beta = rho y^T r, r += (alpha - beta) s, and back; with the sign turned.
        for pair in pairs.iter() {
            let back = pair.scale * dot(&pair.change, g);
            add(-pair.weight - back, &pair.step, g);
        }
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
