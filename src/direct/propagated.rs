//! The objective by propagation on a fine grid: slow, for every matrix, without eigenvectors.
//!
//! With $F = e^{M h}$ the states are $x_{q+1} = F x_q$ and the rows of readouts $H_{q+1} = F^T H_q$;
//! integrals are those of polynomials of degree eight through nine points, exact to rounding for the steps
//! taken. The gradient is that of these very numbers: the sweep backwards, and the derivative of the
//! exponential by one of twice the order.

use faer::Accum;
use nalgebra::{DMatrix, DVector};

use super::barrier::barrier;
use super::errors::{ModuleMemory, driven};
use super::problem::Problem;
use super::start_state::{StartState, ridge};
use super::terms::{DirectTerms, excess};
use crate::linalg::product::{apply, frobenius, mul_into, one_norm, product, view};
use crate::linalg::{eigenvalues, expm};
use crate::{Error, Result};

/// Intervals between the points of one polynomial, and the weights of the points times [`DIVISOR`].
const PANEL: usize = 8;
const WEIGHTS: [f64; PANEL + 1] = [989.0, 5888.0, -928.0, 10496.0, -4540.0, 10496.0, -928.0, 5888.0, 989.0];
const DIVISOR: f64 = 14175.0 / 4.0;

/// Largest norm of M times the length of a panel: the integrals are then right to about 1e-11.
const PANEL_NORM: f64 = 1.5;

/// Most numbers kept of the states and rows.
const MOST: f64 = 5e7;

/// A value, its start, and its derivative by M where that was asked for.
#[derive(Debug)]
pub(super) struct Propagated {
    pub(super) terms: DirectTerms,
    pub(super) start: DVector<f64>,
    pub(super) by_loop: Option<DMatrix<f64>>,
}

/// The fine grid.
struct Grid {
    steps: usize,
    /// Fine steps between two samples that are kept.
    every: usize,
    length: f64,
    /// Weights of the integral from 0 to 1.
    weights: Vec<f64>,
}

impl Grid {
    fn new(problem: &Problem, closed: &DMatrix<f64>) -> Option<Self> {
        let norm = (one_norm(closed) * one_norm(&closed.transpose())).sqrt();
        let wanted = (PANEL as f64 * norm / PANEL_NORM / problem.full as f64).ceil().max(1.0);
        let kept = problem.full as f64 * wanted * (problem.units() * (problem.outputs() + 1)) as f64;
        if kept >= MOST || kept.is_nan() {
            return None;
        }
        let mut fine = wanted as usize;
        while !(fine * problem.full).is_multiple_of(PANEL) {
            fine += 1;
        }
        let (steps, every) = (fine * problem.full, fine * problem.stride);
        let length = 1.0 / steps as f64;
        let mut weights = vec![0.0; steps + 1];
        for panel in (0..steps).step_by(PANEL) {
            for (to, w) in weights[panel..].iter_mut().zip(WEIGHTS) {
                *to += w * length / DIVISOR;
            }
        }
        Some(Self { steps, every, length, weights })
    }
}

/// The parts of the objective of a closed loop M, but for its size; `None` where an eigenvalue is too far
/// right, the numbers are not finite, or M is too large for the grid.
///
/// U and V are needed for the errors of their weights. What these add has no derivative here: there is no
/// value where one is asked for and it counts. The best start is that without errors of the loop.
pub(super) fn propagated(
    problem: &Problem,
    closed: &DMatrix<f64>,
    uv: Option<[&[f64]; 2]>,
    start: Option<&[f64]>,
    gradient: bool,
) -> Result<Option<Propagated>> {
    let (n, d) = (problem.units(), problem.outputs());
    if uv.is_some() && problem.weights.errors.of_loop() && gradient {
        return Ok(None);
    }
    let Some(grid) = Grid::new(problem, closed) else { return Ok(None) };
    let values = eigenvalues(closed)?;
    if values.abscissa() > problem.weights.rightmost {
        return Ok(None);
    }
    let step = expm(&(closed * grid.length))?;
    let back = step.transpose();
    // Rows of readouts: D columns for every point.
    let mut rows = DMatrix::zeros(n, d * (grid.steps + 1));
    rows.columns_mut(0, d).copy_from(&problem.readout);
    march(&back, &mut rows, d);
    let weighted = |q: usize, columns: &DMatrix<f64>| {
        grid.weights[q] * columns.columns(q * d, d).iter().map(|x| x * x).sum::<f64>()
    };
    let gain: f64 = (0..=grid.steps).map(|q| weighted(q, &rows)).sum();
    let mut covered = product(view(&problem.covariance), view(&rows));
    let noise = (0..=grid.steps)
        .map(|q| grid.weights[q] * rows.columns(q * d, d).dot(&covered.columns(q * d, d)))
        .sum::<f64>();
    let mut module = problem.module.clone().map(ModuleMemory::new);
    if let Some(module) = &mut module {
        let mut weighted = rows.clone();
        for (q, weight) in grid.weights.iter().enumerate() {
            weighted.columns_mut(q * d, d).scale_mut(*weight);
        }
        module.begin_with(&product(view(&weighted), view(&rows).transpose()));
    }
    let start = match start {
        Some(start) => DVector::from_column_slice(start),
        None => match best_start(problem, &grid, &step, &rows, gain, module.as_ref()) {
            Some(start) => start,
            None => return Ok(None),
        },
    };
    let mut states = DMatrix::zeros(n, grid.steps + 1);
    states.column_mut(0).copy_from(&start);
    march(&step, &mut states, 1);
    let misses = DMatrix::from_fn(d, problem.samples.nrows(), |o, m| {
        problem.readout.column(o).dot(&states.column(m * grid.every)) - problem.samples[(m, o)]
    });
    let squares = |q: usize| states.column(q).norm_squared();
    let mut module_errors = 0.0;
    if let Some(module) = &mut module {
        module_errors = module.value(start.as_slice());
        mul_into(&mut covered, Accum::Add, 1.0, view(module.covariance()), view(&rows));
    }
    let weight_errors = match uv {
        Some(uv) => driven(closed, (grid.length, &grid.weights), &problem.readout, &start, uv)?,
        None => 0.0,
    };
    let terms = DirectTerms {
        fit: misses.norm_squared() / misses.ncols() as f64,
        noise,
        gain,
        activity: (0..=grid.steps).map(|q| grid.weights[q] * squares(q)).sum::<f64>() / n as f64,
        end: squares(grid.steps) / n as f64,
        barrier: values.iter().map(|z| excess(z.re).powi(2)).sum(),
        abscissa: values.abscissa(),
        weight_errors,
        module_errors,
        ..DirectTerms::default()
    };
    let parts = [terms.fit, noise, gain, terms.activity, terms.end, weight_errors, module_errors];
    let finite = parts.iter().all(|x| x.is_finite());
    if !finite {
        return Ok(None);
    }
    let by_loop = if gradient {
        let swept = sweep(problem, &grid, &step, (&rows, &covered), &states, &misses, &terms);
        let mut by_loop = by_exponent(&(closed * grid.length), &swept)? * grid.length;
        if terms.barrier > 0.0 && problem.weights.barrier > 0.0 {
            let Some(barrier) = barrier(closed) else { return Ok(None) };
            by_loop += barrier * problem.weights.barrier;
        }
        Some(by_loop)
    } else {
        None
    };
    Ok(Some(Propagated { terms, start, by_loop }))
}

/// Fills blocks of columns, each the step's image of the one before.
fn march(step: &DMatrix<f64>, blocks: &mut DMatrix<f64>, width: usize) {
    let size = step.nrows() * width;
    let data = blocks.as_mut_slice();
    for at in (size..data.len()).step_by(size) {
        let (past, future) = data.split_at_mut(at);
        apply(view(step), &past[at - size..], &mut future[..size]);
    }
}

fn best_start(
    problem: &Problem,
    grid: &Grid,
    step: &DMatrix<f64>,
    rows: &DMatrix<f64>,
    gain: f64,
    module: Option<&ModuleMemory>,
) -> Option<DVector<f64>> {
    let (n, d) = (problem.units(), problem.outputs());
    let count = problem.samples.nrows();
    let seen = DMatrix::from_fn(n, d * count, |i, c| rows[(i, c / d * grid.every * d + c % d)]);
    let targets = DVector::from_fn(d * count, |c, _| problem.samples[(c / d, c % d)]);
    let mut solver = StartState::new(n, d);
    solver.state.gemv(1.0 / count as f64, &seen, &targets, 0.0);
    let scale = 1.0 / count as f64;
    mul_into(&mut solver.matrix, Accum::Replace, scale, view(&seen), view(&seen).transpose());
    // The integral of e^(M^T t) e^(M t): one panel, and sums over panels by doubling.
    let mut power = DMatrix::identity(n, n);
    let mut panel = DMatrix::zeros(n, n);
    for (q, w) in WEIGHTS.iter().enumerate() {
        let weight = w * grid.length / DIVISOR;
        mul_into(&mut panel, Accum::Add, weight, view(&power).transpose(), view(&power));
        if q < PANEL {
            power = product(view(step), view(&power));
        }
    }
    let panels = grid.steps / PANEL;
    let (mut whole, mut over) = (panel.clone(), power.clone());
    for bit in (0..panels.ilog2()).rev() {
        let image = product(view(&whole), view(&over));
        mul_into(&mut whole, Accum::Add, 1.0, view(&over).transpose(), view(&image));
        over = product(view(&over), view(&over));
        if (panels >> bit) & 1 == 1 {
            let image = product(view(&panel), view(&over));
            mul_into(&mut whole, Accum::Add, 1.0, view(&over).transpose(), view(&image));
            over = product(view(&over), view(&power));
        }
    }
    solver.matrix += whole * (problem.weights.relative * gain / n as f64);
    let weight = problem.weights.end / n as f64;
    mul_into(&mut solver.matrix, Accum::Add, weight, view(&over).transpose(), view(&over));
    if let Some(module) = module {
        module.add_form(&mut solver.matrix);
    }
    let ridge = ridge(solver.matrix.trace(), n);
    (0..n).for_each(|i| solver.matrix[(i, i)] += ridge);
    solver.solve(&problem.readout, problem.first.as_ref()).then_some(solver.state)
}

/// The derivative by the step F, backwards through states and rows.
fn sweep(
    problem: &Problem,
    grid: &Grid,
    step: &DMatrix<f64>,
    (rows, covered): (&DMatrix<f64>, &DMatrix<f64>),
    states: &DMatrix<f64>,
    misses: &DMatrix<f64>,
    terms: &DirectTerms,
) -> DMatrix<f64> {
    let (n, d) = (problem.units(), problem.outputs());
    let weights = &problem.weights;
    let isotropic = weights.isotropic(terms.activity);
    let moving = 2.0 * weights.relative * terms.gain / n as f64;
    let back = step.transpose();
    // Adjoints of the points 1, 2, ...
    let mut by_states = DMatrix::zeros(n, grid.steps);
    let mut by_rows = DMatrix::zeros(n, d * grid.steps);
    let (mut of_state, mut of_rows) = (DVector::zeros(n), DMatrix::zeros(n, d));
    for q in (1..=grid.steps).rev() {
        if q == grid.steps {
            of_state += states.column(q) * (2.0 * weights.end / n as f64);
        } else {
            of_state = &back * of_state;
            of_rows = step * of_rows;
        }
        of_state += states.column(q) * (moving * grid.weights[q]);
        if q.is_multiple_of(grid.every) && q / grid.every < misses.ncols() {
            let miss = misses.column(q / grid.every) * (2.0 / misses.ncols() as f64);
            of_state += &problem.readout * miss;
        }
        let own = covered.columns(q * d, d) + rows.columns(q * d, d) * isotropic;
        of_rows += own * (2.0 * grid.weights[q]);
        by_states.column_mut(q - 1).copy_from(&of_state);
        by_rows.columns_mut((q - 1) * d, d).copy_from(&of_rows);
    }
    let past = |m: &DMatrix<f64>, width: usize| m.columns(0, width * grid.steps).into_owned();
    let (past_states, past_rows) = (past(states, 1), past(rows, d));
    let mut out = product(view(&by_states), view(&past_states).transpose());
    mul_into(&mut out, Accum::Add, 1.0, view(&past_rows), view(&by_rows).transpose());
    out
}

/// The derivative by E of a function of $e^E$ whose derivative by that is G: the upper right block of the
/// exponential of $(E^T, G; 0, E^T)$.
fn by_exponent(exponent: &DMatrix<f64>, by_exponential: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    let n = exponent.nrows();
    let size = frobenius(by_exponential);
    if size == 0.0 || !size.is_finite() {
        let what = "derivative of a motif's objective";
        return Err(Error::OutOfRange { what, expected: "a finite number > 0", given: size });
    }
    let mut block = DMatrix::zeros(2 * n, 2 * n);
    let transposed = exponent.transpose();
    block.view_mut((0, 0), (n, n)).copy_from(&transposed);
    block.view_mut((n, n), (n, n)).copy_from(&transposed);
    block.view_mut((0, n), (n, n)).copy_from(&(by_exponential / size));
    Ok(expm(&block)?.view((0, n), (n, n)) * size)
}
