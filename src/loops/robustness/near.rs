//! Entries of the Gramians at eigenvalues of A that (nearly) sum to zero: not by the displacement equation,
//! which divides by the sum, but over the modes of the loop, section 5.9 of `docs/theory.md`.

use nalgebra::DMatrix;

use super::pairing::Pairing;
use crate::modal::Modes;
use crate::modal::lanes::{Elementwise, add_all, scale_all};
use crate::modal::near::Form;

/// One mode of A, as columns of the Cauchy matrix.
#[derive(Debug, Clone)]
struct Mode {
    /// Where its real and, for a pair, its imaginary part are in a packed vector.
    places: (usize, Option<usize>),
    /// The packed columns there, one or two.
    columns: Vec<Vec<f64>>,
}

/// The entries left out of W or V, for one of the two integrals.
///
/// With b the factor of the left eigenvectors and `g_j = C_j b_j` a column of them,
/// `sum_jm M_jm Y_jm = sum_jm M_jm t_j^T S' t_m` with `t_j = p * g_j` and S' the bracket of the pairing; of a
/// pair both `g` and `i g` with their conjugates are taken, and everything is conjugate-symmetric.
#[derive(Debug, Clone)]
pub(super) struct NearEntries {
    modes: Vec<Mode>,
    form: Form,
}

/// Vectors of an evaluation, one of each for every direction.
#[derive(Debug, Clone)]
pub(super) struct NearVectors<const B: usize> {
    g: Vec<Vec<[f64; B]>>,
    t: Vec<Vec<[f64; B]>>,
    /// `S' sum_m M_jm t_m`.
    image: Vec<Vec<[f64; B]>>,
    scratch: [Vec<[f64; B]>; 3],
}

impl<const B: usize> NearVectors<B> {
    pub(super) fn new(of: &NearEntries, len: usize) -> Self {
        let vector = || vec![[0.0; B]; if of.form.is_empty() { 0 } else { len }];
        let vectors = || of.form.iter().map(|_| vector()).collect::<Vec<_>>();
        Self { g: vectors(), t: vectors(), image: vectors(), scratch: [vector(), vector(), vector()] }
    }
}

impl NearEntries {
    /// From the packed Cauchy matrix over the modes of the loop that take part.
    pub(super) fn new(modes: &Modes, form: &Form, cauchy: &DMatrix<f64>) -> Self {
        let mode = |&j: &usize| {
            let im = (j >= modes.layout.reals).then_some(j + modes.layout.pairs);
            let column = |at: usize| cauchy.column(at).iter().copied().collect();
            Mode { places: (j, im), columns: [Some(j), im].into_iter().flatten().map(column).collect() }
        };
        Self { modes: modes.near.modes.iter().map(mode).collect(), form: form.clone() }
    }

    /// Sum of the entries and of their magnitudes, with b and p as in (5.7); a and c take their place in
    /// (5.10).
    pub(super) fn sum<const B: usize>(
        &self,
        (pairing, of, e): (&Pairing, Elementwise, &[[f64; B]]),
        (b, p): (&[[f64; B]], &[[f64; B]]),
        NearVectors { g, t, image, scratch: [sum, beside, ends] }: &mut NearVectors<B>,
    ) -> ([f64; B], [f64; B]) {
        let (mut value, mut size) = ([0.0; B], [0.0; B]);
        let mut at = 0;
        for Mode { places: (re, im), columns } in &self.modes {
            let x = b[*re];
            let Some(im) = im else {
                combine([(&columns[0], x)], &mut g[at]);
                at += 1;
                continue;
            };
            let y = b[*im];
            combine([(&columns[0], x), (&columns[1], y)], &mut g[at]);
            combine([(&columns[0], y.map(|y| -y)), (&columns[1], x)], &mut g[at + 1]);
            at += 2;
        }
        for (t, g) in t.iter_mut().zip(&*g) {
            of.multiply(p, g, t);
        }
        for (j, row) in self.form.iter().enumerate() {
            sum.fill([0.0; B]);
            for &(m, value) in row {
                for (sum, t) in sum.iter_mut().zip(&t[m]) {
                    *sum = std::array::from_fn(|i| sum[i] + value * t[i]);
                }
            }
            pairing.bracket(of, e, sum, (&mut *beside, &mut *ends), &mut image[j]);
            let part = of.dot(&t[j], &image[j]);
            for i in 0..B {
                value[i] += part[i];
                size[i] += part[i].abs();
            }
        }
        (value, size)
    }

    /// Adds the derivatives of half the integral, times a factor, to those with respect to b and p.
    pub(super) fn add_gradient<const B: usize>(
        &self,
        (of, factor): (Elementwise, [f64; B]),
        p: &[[f64; B]],
        NearVectors { g, image, scratch: [of_g, beside, _], .. }: &mut NearVectors<B>,
        (b_bar, p_bar): (&mut [[f64; B]], &mut [[f64; B]]),
    ) {
        let mut at = 0;
        for Mode { places: (re, im), columns } in &self.modes {
            let directions = if im.is_some() { 2 } else { 1 };
            for turned in 0..directions {
                let image = &mut image[at + turned];
                scale_all(factor, image);
                of.multiply(&g[at + turned], image, beside);
                add_all(beside, p_bar);
                of.multiply(p, image, of_g);
                let x = dot(of, &columns[0], of_g, beside);
                let Some(im) = im else {
                    b_bar[*re] = std::array::from_fn(|i| b_bar[*re][i] + x[i]);
                    continue;
                };
                // C_j = (re - i im) / 2 of the packed columns; the second direction has a factor i.
                let y = dot(of, &columns[1], of_g, beside);
                for i in 0..B {
                    let (to_re, to_im) = if turned == 0 { (x[i], -y[i]) } else { (y[i], x[i]) };
                    b_bar[*re][i] += 0.5 * to_re;
                    b_bar[*im][i] += 0.5 * to_im;
                }
            }
            at += directions;
        }
    }
}

/// `out = sum of columns times factors`.
fn combine<const B: usize, const V: usize>(of: [(&Vec<f64>, [f64; B]); V], out: &mut [[f64; B]]) {
    for (k, out) in out.iter_mut().enumerate() {
        *out = std::array::from_fn(|i| of.iter().map(|(column, factor)| column[k] * factor[i]).sum());
    }
}

/// Product of a fixed column with a vector.
fn dot<const B: usize>(
    of: Elementwise,
    column: &[f64],
    x: &[[f64; B]],
    scratch: &mut [[f64; B]],
) -> [f64; B] {
    scratch.iter_mut().zip(column).for_each(|(s, c)| *s = [*c; B]);
    of.dot(scratch, x)
}
