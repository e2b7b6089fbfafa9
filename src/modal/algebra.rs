//! What an element of B numbers means.
//!
//! B independent numbers, so that B points are evaluated for one reading of every matrix, or a number and its derivative
//! along a direction, which turns a gradient into a product with the Hessian. Linear maps are the same in both.

/// Multiplication of elements; sums and products with constants are those of the array.
pub(crate) trait Algebra<const B: usize>: Copy {
    /// Whether elements multiply place by place, so that an array of them is an array of numbers.
    const FLAT: bool;
    /// The element of a constant.
    fn constant(c: f64) -> [f64; B];
    /// `a b`.
    fn multiply(a: [f64; B], b: [f64; B]) -> [f64; B];
    /// `1 / a`.
    fn reciprocal(a: [f64; B]) -> [f64; B];
    /// `|a|` without its derivative, at every place.
    fn magnitude(a: [f64; B]) -> [f64; B];
}

/// B numbers that have nothing to do with each other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Independent;

impl<const B: usize> Algebra<B> for Independent {
    const FLAT: bool = true;

    #[inline(always)]
    fn constant(c: f64) -> [f64; B] {
        [c; B]
    }

    #[inline(always)]
    fn multiply(a: [f64; B], b: [f64; B]) -> [f64; B] {
        let mut product = [0.0; B];
        for i in 0..B {
            product[i] = a[i] * b[i];
        }
        product
    }

    #[inline(always)]
    fn reciprocal(mut a: [f64; B]) -> [f64; B] {
        for a in &mut a {
            *a = 1.0 / *a;
        }
        a
    }

    #[inline(always)]
    fn magnitude(a: [f64; B]) -> [f64; B] {
        a.map(f64::abs)
    }
}

/// A number and its derivative.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dual;

impl Algebra<2> for Dual {
    const FLAT: bool = false;

    #[inline(always)]
    fn constant(c: f64) -> [f64; 2] {
        [c, 0.0]
    }

    #[inline(always)]
    fn multiply(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
        [a[0] * b[0], a[0] * b[1] + a[1] * b[0]]
    }

    #[inline(always)]
    fn reciprocal(a: [f64; 2]) -> [f64; 2] {
        let r = 1.0 / a[0];
        [r, -a[1] * r * r]
    }

    #[inline(always)]
    fn magnitude(a: [f64; 2]) -> [f64; 2] {
        [a[0].abs(); 2]
    }
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

/// `a - b`.
#[inline(always)]
pub(crate) fn subtract<const B: usize>(a: [f64; B], b: [f64; B]) -> [f64; B] {
    let mut difference = a;
    for i in 0..B {
        difference[i] -= b[i];
    }
    difference
}

/// `s a`.
#[inline(always)]
pub(crate) fn scale<const B: usize>(s: f64, a: [f64; B]) -> [f64; B] {
    a.map(|a| s * a)
}
