//! Elementwise arithmetic on packed vectors of elements `[f64; B]`, in either [`Algebra`].

use std::marker::PhantomData;

use pulp::{Arch, Simd, WithSimd};

use super::algebra::{Algebra, Independent, add, scale, subtract};
use super::vector::Layout;

/// Elementwise operations on packed vectors of one layout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Elementwise<A, const B: usize> {
    layout: Layout,
    algebra: PhantomData<A>,
}

impl<A: Algebra<B>, const B: usize> Elementwise<A, B> {
    pub(crate) fn over(layout: Layout) -> Self {
        Self { layout, algebra: PhantomData }
    }

    /// `out = x * y`.
    pub(crate) fn multiply(self, x: &[[f64; B]], y: &[[f64; B]], out: &mut [[f64; B]]) {
        self.combine::<Replace>(x, y, out);
    }

    /// `out += x * y`.
    pub(crate) fn multiply_add(self, x: &[[f64; B]], y: &[[f64; B]], out: &mut [[f64; B]]) {
        self.combine::<Add>(x, y, out);
    }

    /// `out -= x * y`.
    pub(crate) fn multiply_subtract(self, x: &[[f64; B]], y: &[[f64; B]], out: &mut [[f64; B]]) {
        self.combine::<Subtract>(x, y, out);
    }

    fn combine<J: Join>(self, x: &[[f64; B]], y: &[[f64; B]], out: &mut [[f64; B]]) {
        Arch::new().dispatch(Combine { of: self, x, y, out, join: PhantomData::<J> });
    }

    /// `out = 1 / x`.
    pub(crate) fn reciprocal(self, x: &[[f64; B]], out: &mut [[f64; B]]) {
        Arch::new().dispatch(Reciprocal { of: self, x, out });
    }

    /// The unconjugated product `x^T y`, whose value is real.
    pub(crate) fn dot(self, x: &[[f64; B]], y: &[[f64; B]]) -> [f64; B] {
        Arch::new().dispatch(Dot { of: self, x, y })
    }

    /// `x *= s` for every element, whatever the layout.
    pub(crate) fn scale_all(s: [f64; B], x: &mut [[f64; B]]) {
        x.iter_mut().for_each(|x| *x = A::multiply(s, *x));
    }
}

/// `out += x`.
pub(crate) fn add_all<const B: usize>(x: &[[f64; B]], out: &mut [[f64; B]]) {
    out.iter_mut().zip(x).for_each(|(o, x)| *o = add(*o, *x));
}

/// How a product joins what was there.
trait Join {
    fn join(old: f64, product: f64) -> f64;
}

struct Replace;
struct Add;
struct Subtract;

impl Join for Replace {
    #[inline(always)]
    fn join(_: f64, product: f64) -> f64 {
        product
    }
}

impl Join for Add {
    #[inline(always)]
    fn join(old: f64, product: f64) -> f64 {
        old + product
    }
}

impl Join for Subtract {
    #[inline(always)]
    fn join(old: f64, product: f64) -> f64 {
        old - product
    }
}

// Operations are structures, not closures: `with_simd` is always inlined where the vector units are switched on.

struct Combine<'a, A, J, const B: usize> {
    of: Elementwise<A, B>,
    x: &'a [[f64; B]],
    y: &'a [[f64; B]],
    out: &'a mut [[f64; B]],
    join: PhantomData<J>,
}

impl<A: Algebra<B>, J: Join, const B: usize> WithSimd for Combine<'_, A, J, B> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Layout { reals, pairs } = self.of.layout;
        if A::FLAT {
            let (x, y, out) = (self.x.as_flattened(), self.y.as_flattened(), self.out.as_flattened_mut());
            combine::<Independent, J, 1>(
                Layout { reals: B * reals, pairs: B * pairs },
                x.as_chunks().0,
                y.as_chunks().0,
                out.as_chunks_mut().0,
            );
        } else {
            combine::<A, J, B>(self.of.layout, self.x, self.y, self.out);
        }
    }
}

#[inline(always)]
fn combine<A: Algebra<B>, J: Join, const B: usize>(
    Layout { reals, pairs }: Layout,
    x: &[[f64; B]],
    y: &[[f64; B]],
    out: &mut [[f64; B]],
) {
    let ((x0, xp), (y0, yp)) = (x.split_at(reals), y.split_at(reals));
    let (o0, op) = out.split_at_mut(reals);
    let ((xr, xi), (yr, yi)) = (halves(xp, pairs), halves(yp, pairs));
    let (or, oi) = op.split_at_mut(pairs);
    let oi = &mut oi[..pairs];
    for k in 0..reals {
        o0[k] = join::<J, B>(o0[k], A::multiply(x0[k], y0[k]));
    }
    for k in 0..pairs {
        or[k] = join::<J, B>(or[k], subtract(A::multiply(xr[k], yr[k]), A::multiply(xi[k], yi[k])));
        oi[k] = join::<J, B>(oi[k], add(A::multiply(xr[k], yi[k]), A::multiply(xi[k], yr[k])));
    }
}

#[inline(always)]
fn join<J: Join, const B: usize>(old: [f64; B], product: [f64; B]) -> [f64; B] {
    let mut joined = [0.0; B];
    for i in 0..B {
        joined[i] = J::join(old[i], product[i]);
    }
    joined
}

struct Reciprocal<'a, A, const B: usize> {
    of: Elementwise<A, B>,
    x: &'a [[f64; B]],
    out: &'a mut [[f64; B]],
}

impl<A: Algebra<B>, const B: usize> WithSimd for Reciprocal<'_, A, B> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Layout { reals, pairs } = self.of.layout;
        if A::FLAT {
            let (x, out) = (self.x.as_flattened(), self.out.as_flattened_mut());
            let layout = Layout { reals: B * reals, pairs: B * pairs };
            reciprocal::<Independent, 1>(layout, x.as_chunks().0, out.as_chunks_mut().0);
        } else {
            reciprocal::<A, B>(self.of.layout, self.x, self.out);
        }
    }
}

#[inline(always)]
fn reciprocal<A: Algebra<B>, const B: usize>(
    Layout { reals, pairs }: Layout,
    x: &[[f64; B]],
    out: &mut [[f64; B]],
) {
    let ((x0, xp), (o0, op)) = (x.split_at(reals), out.split_at_mut(reals));
    let ((xr, xi), (or, oi)) = (halves(xp, pairs), op.split_at_mut(pairs));
    let oi = &mut oi[..pairs];
    for k in 0..reals {
        o0[k] = A::reciprocal(x0[k]);
    }
    for k in 0..pairs {
        let (re, im) = (xr[k], xi[k]);
        let s = A::reciprocal(add(A::multiply(re, re), A::multiply(im, im)));
        or[k] = A::multiply(s, re);
        oi[k] = scale(-1.0, A::multiply(s, im));
    }
}

struct Dot<'a, A, const B: usize> {
    of: Elementwise<A, B>,
    x: &'a [[f64; B]],
    y: &'a [[f64; B]],
}

impl<A: Algebra<B>, const B: usize> WithSimd for Dot<'_, A, B> {
    type Output = [f64; B];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f64; B] {
        let Layout { reals, pairs } = self.of.layout;
        let ((x0, xp), (y0, yp)) = (self.x.split_at(reals), self.y.split_at(reals));
        let ((xr, xi), (yr, yi)) = (halves(xp, pairs), halves(yp, pairs));
        let pairs = subtract(partial_sums::<A, B>(xr, yr), partial_sums::<A, B>(xi, yi));
        add(partial_sums::<A, B>(x0, y0), scale(2.0, pairs))
    }
}

/// Real and imaginary parts of the pairs.
#[inline(always)]
fn halves<T>(x: &[T], pairs: usize) -> (&[T], &[T]) {
    (&x[..pairs], &x[pairs..2 * pairs])
}

/// `sum_k x_k y_k` in eight interleaved sums, the same for every B.
#[inline(always)]
fn partial_sums<A: Algebra<B>, const B: usize>(x: &[[f64; B]], y: &[[f64; B]]) -> [f64; B] {
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<8>(), y.as_chunks::<8>());
    let mut sums = [[0.0; B]; 8];
    for (x, y) in x.iter().zip(y) {
        for i in 0..8 {
            sums[i] = add(sums[i], A::multiply(x[i], y[i]));
        }
    }
    let mut total = [0.0; B];
    for sum in sums {
        total = add(total, sum);
    }
    for (x, y) in x_rest.iter().zip(y_rest) {
        total = add(total, A::multiply(*x, *y));
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modal::algebra::Dual;
    use num_complex::Complex64;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn random(layout: Layout, rng: &mut ChaCha8Rng) -> Vec<Complex64> {
        (0..layout.reals + layout.pairs)
            .map(|i| {
                let im = if i < layout.reals { 0.0 } else { rng.random_range(-1.0..1.0) };
                Complex64::new(rng.random_range(-1.0..1.0), im)
            })
            .collect()
    }

    fn interleaved<const B: usize>(layout: Layout, columns: &[Vec<Complex64>]) -> Vec<[f64; B]> {
        let packed: Vec<Vec<f64>> = columns.iter().map(|c| layout.pack_representatives(c)).collect();
        (0..layout.len()).map(|i| std::array::from_fn(|lane| packed[lane][i])).collect()
    }

    fn lane<const B: usize>(layout: Layout, x: &[[f64; B]], lane: usize) -> Vec<Complex64> {
        layout.unpack(&x.iter().map(|x| x[lane]).collect::<Vec<_>>())
    }

    fn close(found: &[Complex64], expected: impl Iterator<Item = Complex64>) {
        let expected: Vec<Complex64> = expected.collect();
        assert_eq!(found.len(), expected.len());
        assert!(found.iter().zip(&expected).all(|(f, e)| (f - e).norm() < 1e-12 * (1.0 + e.norm())));
    }

    const LAYOUTS: [(usize, usize); 5] = [(3, 4), (0, 3), (2, 0), (1, 1), (5, 17)];

    /// Every operation, lane by lane, against the same one on complex vectors.
    #[test]
    fn independent_lanes_are_complex_vectors() {
        const B: usize = 3;
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for (reals, pairs) in LAYOUTS {
            let layout = Layout { reals, pairs };
            let mut columns = || -> Vec<_> { (0..B).map(|_| random(layout, &mut rng)).collect() };
            let (x, y, z) = (columns(), columns(), columns());
            let constant = random(layout, &mut ChaCha8Rng::seed_from_u64(2));
            let [px, py, pz] = [&x, &y, &z].map(|c| interleaved::<B>(layout, c));
            let of = Elementwise::<Independent, B>::over(layout);
            let mut out = vec![[f64::NAN; B]; layout.len()];
            let (mut sum, mut difference, mut fixed, mut inverse) =
                (pz.clone(), pz.clone(), pz.clone(), pz.clone());
            of.multiply(&px, &py, &mut out);
            of.multiply_add(&px, &py, &mut sum);
            of.multiply_subtract(&px, &py, &mut difference);
            let places: Vec<[f64; B]> = layout
                .pack_representatives(&constant)
                .into_iter()
                .map(<Independent as Algebra<B>>::constant)
                .collect();
            of.multiply(&places, &py, &mut fixed);
            of.reciprocal(&px, &mut inverse);
            let dot = of.dot(&px, &py);
            for l in 0..B {
                let product = || x[l].iter().zip(&y[l]).map(|(x, y)| x * y);
                close(&lane(layout, &out, l), product());
                close(&lane(layout, &sum, l), z[l].iter().zip(product()).map(|(z, p)| z + p));
                close(&lane(layout, &difference, l), z[l].iter().zip(product()).map(|(z, p)| z - p));
                close(&lane(layout, &fixed, l), constant.iter().zip(&y[l]).map(|(c, y)| c * y));
                close(&lane(layout, &inverse, l), x[l].iter().map(|x| 1.0 / x));
                let all: f64 =
                    product().enumerate().map(|(k, p)| if k < reals { p.re } else { 2.0 * p.re }).sum();
                assert!((dot[l] - all).abs() < 1e-12);
            }
        }
    }

    /// Derivatives along a direction against central differences.
    #[test]
    fn dual_numbers_carry_derivatives() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let value = |layout: Layout, x: &[[f64; 1]], y: &[[f64; 1]]| {
            let of = Elementwise::<Independent, 1>::over(layout);
            let mut inverse = vec![[0.0]; layout.len()];
            of.reciprocal(x, &mut inverse);
            let mut product = inverse.clone();
            of.multiply(&inverse, y, &mut product);
            of.dot(&product, y)[0]
        };
        for (reals, pairs) in LAYOUTS {
            let layout = Layout { reals, pairs };
            let [x, dx, y, dy] = [(); 4].map(|()| layout.pack_representatives(&random(layout, &mut rng)));
            let dual =
                |x: &[f64], d: &[f64]| -> Vec<[f64; 2]> { x.iter().zip(d).map(|(x, d)| [*x, *d]).collect() };
            let (px, py) = (dual(&x, &dx), dual(&y, &dy));
            let of = Elementwise::<Dual, 2>::over(layout);
            let mut inverse = px.clone();
            of.reciprocal(&px, &mut inverse);
            let mut product = px.clone();
            of.multiply(&inverse, &py, &mut product);
            let [_, derivative] = of.dot(&product, &py);
            let h = 1e-6;
            let at = |s: f64| {
                let moved = |x: &[f64], d: &[f64]| -> Vec<[f64; 1]> {
                    x.iter().zip(d).map(|(x, d)| [x + s * d]).collect()
                };
                value(layout, &moved(&x, &dx), &moved(&y, &dy))
            };
            let difference = (at(h) - at(-h)) / (2.0 * h);
            assert!(
                (derivative - difference).abs() < 1e-5 * (1.0 + derivative.abs()),
                "{derivative} {difference}"
            );
        }
    }
}
