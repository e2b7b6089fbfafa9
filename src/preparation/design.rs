//! Designing a module: descent of the cost from a stable start.

use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::cost::PreparationCost;
use super::module::{Preparation, PreparationHistory, unstable};
use super::null::Null;
use super::options::PreparationOptions;
use super::weights::{Weights, normalise_columns};
use crate::low_rank::LowRank;
use crate::optim::minimise;
use crate::system::System;
use crate::{Error, Result, check};

impl Preparation {
    /// Optimises U and V by L-BFGS with the adjoint gradient from the stable start `V = -U`, random unit
    /// columns. Where A itself is unstable they are an orthonormal basis of the invariant subspace of its
    /// rightmost eigenvalues, which $A - U U^T$ has one unit further left; random columns again where more
    /// eigenvalues are on the axis than U has columns.
    ///
    /// # Errors
    /// A rank outside 1..=N, a negative beta, a penalty that is not positive, or a cortex that the start
    /// cannot stabilise ([`Error::Unstable`]: raise the rank). For an output-null module as well: a rank that
    /// is not above the number of outputs, or readout weights that are zero or depend on each other.
    pub fn optimise(system: &System, options: &PreparationOptions, seed: u64) -> Result<Self> {
        let rank = options.rank_of(system)?;
        options.validate()?;
        let null = options.null(system)?;
        let free = rank - null.as_ref().map_or(0, Null::columns);
        let held = null.as_ref().map(|null| null.closed(system)).transpose()?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let u = DMatrix::from_fn(system.units(), free, |_, _| StandardNormal.sample(&mut rng));
        let held = held.as_ref().unwrap_or(system);
        let unstable = held.spectrum()?.abscissa() >= 0.0;
        let subspace = if unstable { Some(rightmost_subspace(held, u.clone())) } else { None };
        let from = |mut u: DMatrix<f64>| {
            if let Some(null) = &null {
                null.project(u.as_mut_slice());
            }
            normalise_columns(&mut u);
            u *= options.rate.per_tau(system.rate()).sqrt();
            let v = -&u;
            Self::descend(system, options, null.as_ref(), [u, v])
        };
        match subspace.map(from) {
            // More eigenvalues on the axis than columns: random ones move all of them a little.
            None | Some(Err(Error::Unstable { .. })) => from(u),
            Some(made) => made,
        }
    }

    /// Optimises from given U and V (N x P), which must make $A + U V^T$ stable. An output-null module
    /// ([`PreparationOptions::output_null`]) has D columns that follow from the readout: of the others, which
    /// are to be given (N x (P - D)), what the readout sees of U is taken away.
    ///
    /// # Errors
    /// As [`Preparation::optimise`]; weights of another number of units, or another rank than the options'.
    pub fn optimise_from(system: &System, options: &PreparationOptions, start: LowRank) -> Result<Self> {
        options.validate()?;
        let null = options.null(system)?;
        let rank = options.rank_of(system)? - null.as_ref().map_or(0, Null::columns);
        let remedy = if null.is_some() { "give both as N x (P - D)" } else { "give both as N x P" };
        check::shape("U and V", start.input().shape(), (system.units(), rank), remedy)?;
        Self::descend(system, options, null.as_ref(), [start.input().clone(), start.feedback().clone()])
    }

    fn descend(
        system: &System,
        options: &PreparationOptions,
        null: Option<&Null>,
        [u, v]: [DMatrix<f64>; 2],
    ) -> Result<Self> {
        let held = null.map(|null| null.closed(system)).transpose()?;
        let held = held.as_ref().unwrap_or(system);
        // From here on time is in units of 1/rate; the published rate, 1/tau, leaves every bit as it is.
        let rate = options.rate.per_tau(system.rate());
        let root = rate.sqrt();
        let given = LowRank::new(u.clone(), v.clone())?.closed(held)?;
        let slow = System::new(held.matrix() / rate, held.readout().clone())?;
        let beta = if null.is_some() { 0.0 } else { options.beta };
        let cost = PreparationCost::new(&slow, beta)?;
        let mut objective = Weights::new(cost, options.bound, null.cloned(), [u / root, v / root]);
        let start = objective.point();
        let Some(initial) = objective.terms_at(&start)? else {
            return Err(unstable(&given));
        };
        let minimum = minimise(&mut objective, &start, &options.optimiser)?;
        objective.set(&minimum.point);
        let history = PreparationHistory {
            initial_cost_per_unit: initial.total() / (rate * system.units() as f64),
            evaluations: minimum.evaluations,
            iterations: minimum.iterations,
            status: minimum.status,
        };
        let (u, v) = (objective.u * root, objective.v * root);
        let weights = match null {
            Some(null) => null.with([&u, &v], root)?,
            None => LowRank::new(u, v)?,
        };
        let asked = (options.smoothness_of(system), options.null_rate_of(system));
        Self::restore(system, weights, asked, Some(history))
    }
}

/// Orthonormal columns that span the eigenvectors of the rightmost eigenvalues, as many as there are columns;
/// a pair that does not fit leaves the last column to the one given.
fn rightmost_subspace(system: &System, mut columns: DMatrix<f64>) -> DMatrix<f64> {
    // Without eigenvectors the random columns are as good as any.
    let Ok(eigen) = system.eigen() else { return columns };
    let mut order: Vec<usize> = (0..system.units()).filter(|&i| eigen.values()[i].im >= 0.0).collect();
    order.sort_by(|&a, &b| eigen.values()[b].re.total_cmp(&eigen.values()[a].re));
    let mut filled = 0;
    for index in order {
        let vector = eigen.right().column(index);
        let width = if eigen.values()[index].im > 0.0 { 2 } else { 1 };
        if filled + width > columns.ncols() {
            break;
        }
        columns.set_column(filled, &vector.map(|z| z.re));
        if width == 2 {
            columns.set_column(filled + 1, &vector.map(|z| z.im));
        }
        filled += width;
    }
    columns.qr().q()
}
