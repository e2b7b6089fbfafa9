//! Elementwise arithmetic on packed vectors of elements `[f64; B]`: B points side by side, independent of
//! each other, so that B points are evaluated for one reading of every matrix.

use std::marker::PhantomData;

use pulp::{Arch, Simd, WithSimd};

use super::vector::Layout;

/// Elementwise operations on packed vectors of one layout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Elementwise {
    layout: Layout,
}

impl Elementwise {
    pub(crate) fn over(layout: Layout) -> Self {
        Self { layout }
    }

    /// `out = x * y`.
    pub(crate) fn multiply<const B: usize>(self, x: &[[f64; B]], y: &[[f64; B]], out: &mut [[f64; B]]) {
        self.combine::<Replace, B>(x, y, out);
    }

    /// `out += x * y`.
    pub(crate) fn multiply_add<const B: usize>(self, x: &[[f64; B]], y: &[[f64; B]], out: &mut [[f64; B]]) {
        self.combine::<Add, B>(x, y, out);
    }

    /// `out -= x * y`.
    pub(crate) fn multiply_subtract<const B: usize>(
        self,
        x: &[[f64; B]],
        y: &[[f64; B]],
        out: &mut [[f64; B]],
    ) {
        self.combine::<Subtract, B>(x, y, out);
    }

    fn combine<J: Join, const B: usize>(self, x: &[[f64; B]], y: &[[f64; B]], out: &mut [[f64; B]]) {
        let (x, y, out) = (x.as_flattened(), y.as_flattened(), out.as_flattened_mut());
        Arch::new().dispatch(Combine { layout: self.flat::<B>(), x, y, out, join: PhantomData::<J> });
    }

    /// `out = 1 / x`.
    pub(crate) fn reciprocal<const B: usize>(self, x: &[[f64; B]], out: &mut [[f64; B]]) {
        let (x, out) = (x.as_flattened(), out.as_flattened_mut());
        Arch::new().dispatch(Reciprocal { layout: self.flat::<B>(), x, out });
    }

    /// The unconjugated product `x^T y` of each point, whose value is real.
    pub(crate) fn dot<const B: usize>(self, x: &[[f64; B]], y: &[[f64; B]]) -> [f64; B] {
        Arch::new().dispatch(Dot { layout: self.layout, x, y })
    }

    /// Numbers of points side by side lie in the same order as those of one longer vector.
    fn flat<const B: usize>(self) -> Layout {
        Layout { reals: B * self.layout.reals, pairs: B * self.layout.pairs }
    }
}

/// `x *= s`, each point by its own factor.
pub(crate) fn scale_all<const B: usize>(s: [f64; B], x: &mut [[f64; B]]) {
    for x in x {
        *x = std::array::from_fn(|i| s[i] * x[i]);
    }
}

/// `out += x`.
pub(crate) fn add_all<const B: usize>(x: &[[f64; B]], out: &mut [[f64; B]]) {
    out.iter_mut().zip(x).for_each(|(o, x)| *o = add(*o, *x));
}

/// `a + b`.
#[inline(always)]
pub(crate) fn add<const B: usize>(a: [f64; B], b: [f64; B]) -> [f64; B] {
    let mut sum = a;
    for i in 0..B {
        sum[i] += b[i];
    }
    sum
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

// Operations are structures, not closures: `with_simd` is always inlined where the vector units are switched
// on.

struct Combine<'a, J> {
    layout: Layout,
    x: &'a [f64],
    y: &'a [f64],
    out: &'a mut [f64],
    join: PhantomData<J>,
}

impl<J: Join> WithSimd for Combine<'_, J> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Layout { reals, pairs } = self.layout;
        let ((x0, xr, xi), (y0, yr, yi)) = (parts(self.layout, self.x), parts(self.layout, self.y));
        let (o0, or) = self.out.split_at_mut(reals);
        let (or, oi) = or.split_at_mut(pairs);
        let oi = &mut oi[..pairs];
        for k in 0..reals {
            o0[k] = J::join(o0[k], x0[k] * y0[k]);
        }
        for k in 0..pairs {
            or[k] = J::join(or[k], xr[k] * yr[k] - xi[k] * yi[k]);
            oi[k] = J::join(oi[k], xr[k] * yi[k] + xi[k] * yr[k]);
        }
    }
}

struct Reciprocal<'a> {
    layout: Layout,
    x: &'a [f64],
    out: &'a mut [f64],
}

impl WithSimd for Reciprocal<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Layout { reals, pairs } = self.layout;
        let (x0, xr, xi) = parts(self.layout, self.x);
        let (o0, or) = self.out.split_at_mut(reals);
        let (or, oi) = or.split_at_mut(pairs);
        let oi = &mut oi[..pairs];
        for k in 0..reals {
            o0[k] = 1.0 / x0[k];
        }
        for k in 0..pairs {
            let s = 1.0 / (xr[k] * xr[k] + xi[k] * xi[k]);
            or[k] = s * xr[k];
            oi[k] = -s * xi[k];
        }
    }
}

struct Dot<'a, const B: usize> {
    layout: Layout,
    x: &'a [[f64; B]],
    y: &'a [[f64; B]],
}

impl<const B: usize> WithSimd for Dot<'_, B> {
    type Output = [f64; B];

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> [f64; B] {
        let ((x0, xr, xi), (y0, yr, yi)) = (parts(self.layout, self.x), parts(self.layout, self.y));
        let (reals, re, im) = (partial_sums(x0, y0), partial_sums(xr, yr), partial_sums(xi, yi));
        let mut sum = reals;
        for i in 0..B {
            sum[i] += 2.0 * (re[i] - im[i]);
        }
        sum
    }
}

/// Reals, and the real and imaginary parts of the pairs.
#[inline(always)]
fn parts<T>(Layout { reals, pairs }: Layout, x: &[T]) -> (&[T], &[T], &[T]) {
    (&x[..reals], &x[reals..reals + pairs], &x[reals + pairs..reals + 2 * pairs])
}

/// `sum_k x_k y_k` in eight interleaved sums, the same for every B.
#[inline(always)]
fn partial_sums<const B: usize>(x: &[[f64; B]], y: &[[f64; B]]) -> [f64; B] {
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<8>(), y.as_chunks::<8>());
    let mut sums = [[0.0; B]; 8];
    for (x, y) in x.iter().zip(y) {
        for i in 0..8 {
            sums[i] = add(sums[i], product(x[i], y[i]));
        }
    }
    let mut total = [0.0; B];
    for sum in sums {
        total = add(total, sum);
    }
    for (x, y) in x_rest.iter().zip(y_rest) {
        total = add(total, product(*x, *y));
    }
    total
}

#[inline(always)]
fn product<const B: usize>(x: [f64; B], y: [f64; B]) -> [f64; B] {
    let mut product = x;
    for i in 0..B {
        product[i] *= y[i];
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
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
            let of = Elementwise::over(layout);
            let mut out = vec![[f64::NAN; B]; layout.len()];
            let (mut sum, mut difference, mut fixed, mut inverse) =
                (pz.clone(), pz.clone(), pz.clone(), pz.clone());
            of.multiply(&px, &py, &mut out);
            of.multiply_add(&px, &py, &mut sum);
            of.multiply_subtract(&px, &py, &mut difference);
            let places: Vec<[f64; B]> =
                layout.pack_representatives(&constant).into_iter().map(|x| [x; B]).collect();
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
}
