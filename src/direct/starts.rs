//! Where the search begins.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::cost::DirectCost;
use super::options::DirectOptions;
use crate::linalg::product::view;
use crate::low_rank::LowRank;
use crate::{Error, Result, check};

/// Where one descent began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum DirectOrigin {
    /// Along the steepest descent from no loop at all: the first singular vectors of -dJ/dM.
    Gradient,
    /// Normal U and V.
    Random,
    /// A loop that the caller gave.
    Given,
}

/// Lengths $|u| |v|$ tried along the gradient, and that of random starts, in units of the rate of A.
const LENGTHS: [f64; 6] = [0.4, 0.13, 0.04, 0.013, 0.004, 0.0013];
const RANDOM_LENGTH: f64 = 0.7;

/// How often a random start is halved where it is too far.
const HALVINGS: usize = 12;

/// A point of the search: U and V in units of 1/T, column after column, equally long.
pub(super) type Point = Vec<f64>;

/// All starts that have a value and a gradient.
pub(super) fn starts(
    cost: &mut DirectCost,
    options: &DirectOptions,
    seed: u64,
    given: &[LowRank],
) -> Result<Vec<(DirectOrigin, Point)>> {
    let n = cost.problem.units();
    let rate = check::root_mean_square(cost.problem.matrix.iter().copied()) * (n as f64).sqrt();
    let rate = if rate > 0.0 { rate } else { 1.0 };
    let mut found = Vec::new();
    if let Some(point) = along_gradient(cost, &[], options.rank, rate)? {
        found.push((DirectOrigin::Gradient, point));
    }
    // One at least where nothing leads along the gradient.
    for index in 0..options.random_starts.max(usize::from(found.is_empty())) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(index as u64 + 1);
        let mut point: Point = (0..2 * n * options.rank).map(|_| StandardNormal.sample(&mut rng)).collect();
        let factor = (RANDOM_LENGTH * rate / (n * options.rank) as f64).sqrt();
        point.iter_mut().for_each(|x| *x *= factor);
        for _ in 0..HALVINGS {
            if value(cost, &point)?.is_finite() {
                found.push((DirectOrigin::Random, point));
                break;
            }
            point.iter_mut().for_each(|x| *x *= std::f64::consts::FRAC_1_SQRT_2);
        }
    }
    for weights in given {
        let expected = (n, weights.rank().min(options.rank));
        let remedy = "give loops over the system of the design, of its rank at most";
        check::shape("given loop U V^T", weights.input().shape(), expected, remedy)?;
        let mut point = balanced(weights, cost.problem.duration);
        if weights.rank() < options.rank {
            let Some(longer) = along_gradient(cost, &point, options.rank, rate)? else { continue };
            point = longer;
        }
        if value(cost, &point)?.is_finite() {
            found.push((DirectOrigin::Given, point));
        }
    }
    Ok(found)
}

/// Why a design has nowhere to begin.
pub(super) fn none_left(cost: &DirectCost) -> Error {
    let limit = cost.problem.weights.rightmost;
    match crate::linalg::eigenvalues(&cost.problem.matrix) {
        Ok(values) if values.abscissa() > limit => Error::Unstable {
            what: "T A at the start of a direct design",
            abscissa: values.abscissa(),
            limit,
            remedy: "give a loop to start from that is more stable, or allow eigenvalues farther right",
        },
        Ok(_) => Error::Empty {
            what: "starts of a direct design with a value and a gradient",
            remedy: "give a loop to start from whose eigenvalues differ, or ask for more random starts",
        },
        Err(error) => error,
    }
}

/// J, infinite where it has no value with a gradient: a search cannot begin there.
pub(super) fn value(cost: &mut DirectCost, point: &[f64]) -> Result<f64> {
    let (u, v) = point.split_at(point.len() / 2);
    match cost.scaled(u, v, None, true) {
        Ok(terms) => Ok(terms.map_or(f64::INFINITY, |terms| terms.objective)),
        // An eigenvalue iteration may fail far out.
        Err(Error::EigenNotConverged { .. } | Error::OutOfRange { .. }) => Ok(f64::INFINITY),
        Err(failure) => Err(failure),
    }
}

/// A loop with columns appended up to rank r, along the steepest descent from it and of the best of a few
/// lengths; the loop may have no columns.
fn along_gradient(cost: &mut DirectCost, base: &[f64], rank: usize, rate: f64) -> Result<Option<Point>> {
    let (u, v) = base.split_at(base.len() / 2);
    let Some(slope) = cost.by_loop(u, v)? else { return Ok(None) };
    let Ok(parts) = view(&slope).svd() else { return Ok(None) };
    let n = slope.nrows();
    let more = rank - u.len() / n;
    let columns = |known: &[f64], m: faer::MatRef<'_, f64>, factor: f64| -> Vec<f64> {
        let added = (0..more).flat_map(|j| (0..n).map(move |i| factor * m[(i, j)]));
        known.iter().copied().chain(added).collect()
    };
    let mut best = (f64::INFINITY, None);
    for length in LENGTHS {
        let factor = (length * rate).sqrt();
        let mut point: Point = columns(u, parts.U(), -factor);
        point.extend(columns(v, parts.V(), factor));
        let value = value(cost, &point)?;
        if value < best.0 {
            best = (value, Some(point));
        }
    }
    Ok(best.1)
}

/// U and V of a loop in units of 1/T, balanced.
fn balanced(weights: &LowRank, duration: f64) -> Point {
    let root = duration.sqrt();
    let mut point: Point = weights.input().iter().chain(weights.feedback()).map(|x| x * root).collect();
    balance(&mut point, weights.input().nrows());
    point
}

/// Makes each pair of columns of U and V equally long, which leaves $U V^T$ as it is and is as short as they
/// can be.
pub(super) fn balance(point: &mut [f64], units: usize) {
    let half = point.len() / 2;
    let (u, v) = point.split_at_mut(half);
    for (u, v) in u.chunks_exact_mut(units).zip(v.chunks_exact_mut(units)) {
        let norm = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
        let ratio = (norm(v) / norm(u)).sqrt();
        if ratio > 0.0 && ratio.is_finite() {
            u.iter_mut().for_each(|x| *x *= ratio);
            v.iter_mut().for_each(|x| *x /= ratio);
        }
    }
}
