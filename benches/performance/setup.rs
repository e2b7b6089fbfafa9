//! Problems of the published size, made the same way for every bench.

use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use thalamo::fit::{Fit, fit};
use thalamo::loops::{Horizon, Placement, PlacementOptions, RobustnessCost};
use thalamo::motif::{Motif, step_motifs};
use thalamo::{Cortex, Network, NetworkOptions, System};

pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

pub fn cortex(units: usize) -> Result<System> {
    Ok(System::from(Cortex::random(units, 0.5, 1)?))
}

/// The first step motif and its ten exponentials.
pub fn motif() -> Result<(Motif, Fit)> {
    let motif = step_motifs(1, 1)?.remove(0);
    let exponentials = fit(&motif, &NetworkOptions::published().fit.with(|o| o.seed = 1))?;
    Ok((motif, exponentials))
}

pub fn robustness(cortex: &System, motif: &Motif, fit: &Fit, horizon: Horizon) -> Result<RobustnessCost> {
    let (lambda, alpha) = (fit.eigenvalues(), fit.amplitudes().as_slice());
    let placement = Placement::new(cortex, lambda, &PlacementOptions::published())?;
    Ok(RobustnessCost::new(&placement, alpha, motif.duration(), horizon)?)
}

/// A library of step motifs over N = 99, with quick fits.
pub fn library(motifs: usize, units: usize) -> Result<Network> {
    let options = NetworkOptions::published().with(|o| o.preparation.rank = Some(units.div_ceil(2)));
    Ok(Network::build(cortex(units)?, &step_motifs(motifs, 1)?, &options, 1)?)
}

pub fn normal(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    DMatrix::from_fn(rows, columns, |_, _| StandardNormal.sample(&mut rng))
}

/// `out = m x` by faer's kernel, on one thread.
pub fn product(out: &mut DMatrix<f64>, m: &DMatrix<f64>, x: &DMatrix<f64>) {
    use faer::{Accum, MatMut, MatRef, Par};
    let (rows, columns) = out.shape();
    faer::linalg::matmul::matmul(
        MatMut::from_column_major_slice_mut(out.as_mut_slice(), rows, columns),
        Accum::Replace,
        MatRef::from_column_major_slice(m.as_slice(), m.nrows(), m.ncols()),
        MatRef::from_column_major_slice(x.as_slice(), x.nrows(), x.ncols()),
        1.0,
        Par::Seq,
    );
}

/// `out = m^T x`, the fastest way to multiply one vector.
pub fn transposed_product(out: &mut DMatrix<f64>, m: &DMatrix<f64>, x: &DMatrix<f64>) {
    use faer::{Accum, MatMut, MatRef, Par};
    let (rows, columns) = out.shape();
    faer::linalg::matmul::matmul(
        MatMut::from_column_major_slice_mut(out.as_mut_slice(), rows, columns),
        Accum::Replace,
        MatRef::from_column_major_slice(m.as_slice(), m.nrows(), m.ncols()).transpose(),
        MatRef::from_column_major_slice(x.as_slice(), x.nrows(), x.ncols()),
        1.0,
        Par::Seq,
    );
}
