//! How well a Lyapunov equation is met.

use super::source::Source;
use crate::linalg::product::{apply, mul_into, view};
use faer::Accum;
use faer::MatRef;
use nalgebra::{DMatrix, DVector};

/// Signs of a quasi-random sequence, the same for every solve.
pub(crate) fn signs(n: usize) -> DVector<f64> {
    const GOLDEN: f64 = 0.618_033_988_749_895;
    DVector::from_fn(n, |i, _| if ((i + 1) as f64 * GOLDEN).fract() < 0.5 { 1.0 } else { -1.0 })
}

/// `|M X + X M^T + Q| / (2 |M| |X| + |Q|)`, X and Q symmetric, `size = |M|`.
pub(crate) fn residual(
    product: &mut DMatrix<f64>,
    m: MatRef<'_, f64>,
    x: &DMatrix<f64>,
    q: Source<'_>,
    size: f64,
) -> f64 {
    mul_into(product, Accum::Replace, 1.0, m, view(x));
    let n = m.nrows();
    let mut error = 0.0;
    for j in 0..n {
        for i in 0..n {
            let e = product[(i, j)] + product[(j, i)] + q.entry(i, j);
            error += e * e;
        }
    }
    let scale = 2.0 * size * x.norm() + q.norm(n);
    if scale > 0.0 { error.sqrt() / scale } else { error.sqrt() }
}

/// The same, estimated as `|(M X + X M^T + Q) z|` for a vector z of signs.
pub(crate) fn probed(
    m: MatRef<'_, f64>,
    (x, q): (&DMatrix<f64>, Source<'_>),
    size: f64,
    z: &DVector<f64>,
    image: &mut DVector<f64>,
    scratch: &mut DVector<f64>,
) -> f64 {
    scratch.gemv(1.0, x, z, 0.0);
    apply(m, scratch.as_slice(), image.as_mut_slice());
    apply(m.transpose(), z.as_slice(), scratch.as_mut_slice());
    image.gemv(1.0, x, scratch, 1.0);
    q.add_image(z, image);
    let scale = 2.0 * size * x.norm() + q.norm(z.len());
    if scale > 0.0 { image.norm() / scale } else { image.norm() }
}
