//! Geometric sums with polynomial weights, and the same sums against data.

use num_complex::Complex64;

/// Sums computed side by side; the compiler turns the inner loops into vector instructions.
pub(crate) const LANES: usize = 4;

type Lane = [f64; LANES];

/// `S_p = sum_{n < samples} n^p z^n` for p = 0, 1, 2 and [`LANES`] ratios z at once: `[[re, im]; 3]`.
///
/// Binary doubling: the sum over 2m terms is the sum over m terms plus itself shifted by m,
///
/// $$ S_p^{(2m)} = S_p^{(m)} + z^m \sum_q \binom{p}{q} m^{p-q} S_q^{(m)}, $$
///
/// which neither cancels nor needs a special case at z = 1.
pub(crate) fn geometric_sums(re: &Lane, im: &Lane, samples: usize) -> [[Lane; 2]; 3] {
    let mut sums = [[[0.0; LANES]; 2]; 3];
    if samples == 0 {
        return sums;
    }
    sums[0][0] = [1.0; LANES];
    let (mut wr, mut wi) = (*re, *im); // z^m
    let mut m = 1_usize;
    for bit in (0..samples.ilog2()).rev() {
        let shift = m as f64;
        let odd = (samples >> bit) & 1 == 1;
        for l in 0..LANES {
            let (a, b) = (wr[l], wi[l]);
            let (s0r, s0i) = (sums[0][0][l], sums[0][1][l]);
            let (s1r, s1i) = (sums[1][0][l], sums[1][1][l]);
            let (s2r, s2i) = (sums[2][0][l], sums[2][1][l]);
            let (t1r, t1i) = (s1r + shift * s0r, s1i + shift * s0i);
            let (t2r, t2i) = (s2r + shift * (s1r + t1r), s2i + shift * (s1i + t1i));
            sums[0][0][l] = s0r + (a * s0r - b * s0i);
            sums[0][1][l] = s0i + (a * s0i + b * s0r);
            sums[1][0][l] = s1r + (a * t1r - b * t1i);
            sums[1][1][l] = s1i + (a * t1i + b * t1r);
            sums[2][0][l] = s2r + (a * t2r - b * t2i);
            sums[2][1][l] = s2i + (a * t2i + b * t2r);
            wr[l] = a * a - b * b;
            wi[l] = 2.0 * a * b;
        }
        m *= 2;
        if odd {
            let n = m as f64;
            for l in 0..LANES {
                let (a, b) = (wr[l], wi[l]);
                sums[0][0][l] += a;
                sums[0][1][l] += b;
                sums[1][0][l] += n * a;
                sums[1][1][l] += n * b;
                sums[2][0][l] += n * n * a;
                sums[2][1][l] += n * n * b;
                wr[l] = a * re[l] - b * im[l];
                wi[l] = a * im[l] + b * re[l];
            }
            m += 1;
        }
    }
    sums
}

/// Below this magnitude the terms of a decaying sum no longer count, and denormal numbers would slow the
/// loop.
const NEGLIGIBLE_EXPONENT: f64 = -600.0;

/// `sum_n (n/N)^p y_n exp(rate n/N)` for p < P; `weighted[p]` holds `(n/N)^p y_n`.
#[allow(clippy::needless_range_loop)] // lanes, side by side
pub(crate) fn moments<const P: usize>(weighted: [&[f64]; P], rate: Complex64) -> [Complex64; P] {
    let samples = weighted.first().map_or(0, |y| y.len());
    let step = rate / samples as f64;
    let used = if rate.re < NEGLIGIBLE_EXPONENT {
        let count = (NEGLIGIBLE_EXPONENT / step.re).ceil();
        if count < samples as f64 { count as usize } else { samples }
    } else {
        samples
    };
    let stride = (step * LANES as f64).exp();
    let mut powers = [[0.0; LANES]; 2];
    for l in 0..LANES {
        let z = (step * l as f64).exp();
        powers[0][l] = z.re;
        powers[1][l] = z.im;
    }
    let mut acc = [[[0.0; LANES]; 2]; P];
    let chunks = used.div_ceil(LANES).min(samples / LANES);
    let body = chunks * LANES;
    for start in (0..body).step_by(LANES) {
        for (y, acc) in weighted.iter().zip(&mut acc) {
            let y = &y[start..start + LANES];
            for l in 0..LANES {
                acc[0][l] += y[l] * powers[0][l];
                acc[1][l] += y[l] * powers[1][l];
            }
        }
        for l in 0..LANES {
            let (er, ei) = (powers[0][l], powers[1][l]);
            powers[0][l] = er * stride.re - ei * stride.im;
            powers[1][l] = er * stride.im + ei * stride.re;
        }
    }
    let mut out = acc.map(|[re, im]| Complex64::new(re.iter().sum(), im.iter().sum()));
    for n in body..used {
        let e = Complex64::new(powers[0][n - body], powers[1][n - body]);
        for (out, y) in out.iter_mut().zip(weighted) {
            *out += e * y[n];
        }
    }
    out
}

/// `sum_{n < samples} z^n` in closed form, from z and `z^samples`: cheap, for screening only.
pub(crate) fn quick_sum(z: Complex64, power: Complex64, samples: usize) -> Complex64 {
    let gap = Complex64::new(1.0 - z.re, -z.im);
    let size = gap.norm_sqr();
    if size < 1e-20 {
        return Complex64::new(samples as f64, 0.0);
    }
    (Complex64::new(1.0, 0.0) - power) * gap.conj() / size
}
