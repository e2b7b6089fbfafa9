//! Where to add a unit: a grid of poles scored against the current fit, as in orthogonal matching pursuit.

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;

use crate::fit::objective::amplitudes::start_values;
use crate::fit::objective::gram::Solved;
use crate::fit::objective::sums::{moments, quick_sum};
use crate::fit::poles::{Poles, Unit};
use crate::fit::problem::Problem;

/// One pole of the grid with everything about it that does not depend on the fit.
#[derive(Debug, Clone)]
struct Node {
    pole: Complex64,
    /// `exp(pole/N)` and its N-th power.
    ratio: Complex64,
    power: Complex64,
    /// Mean of `y exp(pole t)`.
    moment: Complex64,
    /// Means of `exp(2 pole t)` and `exp(2 Re pole t)`.
    own: [Complex64; 2],
}

/// The grid.
#[derive(Debug, Clone)]
pub(crate) struct Insertion {
    pairs: Vec<Node>,
    reals: Vec<Node>,
}

/// Decay rates of the grid, in 1/T, beyond the margin.
const DECAYS: [f64; 5] = [0.0, 2.0, 6.0, 18.0, 60.0];
/// Frequencies are spaced by half a Fourier bin up to this one (1/T), and geometrically beyond.
const DENSE_LIMIT: f64 = 40.0 * std::f64::consts::PI;

impl Insertion {
    pub(crate) fn new(problem: &Problem) -> Self {
        let bounds = &problem.bounds;
        let mut frequencies = Vec::new();
        let mut omega = bounds.omega_min.max(1.0);
        while omega <= bounds.omega_max && frequencies.len() < 400 {
            frequencies.push(omega);
            omega = if omega < DENSE_LIMIT { omega + std::f64::consts::PI } else { omega * 1.08 };
        }
        let mut pairs = Vec::new();
        for decay in DECAYS {
            let sigma = bounds.sigma_max - decay;
            if sigma >= bounds.sigma_min {
                let node = |&omega| Node::new(problem, Complex64::new(sigma, omega));
                pairs.extend(frequencies.iter().map(node));
            }
        }
        let mut reals = Vec::new();
        let mut decay = 0.0;
        while bounds.sigma_max - decay >= bounds.sigma_min && reals.len() < 60 {
            reals.push(Node::new(problem, Complex64::new(bounds.sigma_max - decay, 0.0)));
            decay = 1.3 * decay + 0.7;
        }
        Self { pairs, reals }
    }

    /// Up to `count` poles whose addition promises the largest decrease, best first, mutually distinct and
    /// away from `avoid`.
    pub(crate) fn best(
        &self,
        scan: &mut Scan,
        pair: bool,
        avoid: &[Complex64],
        count: usize,
    ) -> Vec<Complex64> {
        let mut scored = self.scored(scan, pair);
        scored.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut chosen: Vec<Complex64> = Vec::with_capacity(count);
        for (pole, _) in scored {
            let far = |other: &Complex64| {
                let gap = pole - other;
                gap.im.abs() > 3.5 || gap.re.abs() > 0.5 * (pole.re.abs().max(other.re.abs()) + 3.0)
            };
            if chosen.len() < count && chosen.iter().chain(avoid).all(far) {
                chosen.push(pole);
            }
        }
        chosen
    }

    /// Every pole of the grid that has room, with its score.
    pub(crate) fn scored(&self, scan: &mut Scan, pair: bool) -> Vec<(Complex64, f64)> {
        let nodes = if pair { &self.pairs } else { &self.reals };
        let room = |node: &&Node| scan.problem.bounds.has_room(scan.poles, node.pole);
        let free: Vec<&Node> = nodes.iter().filter(room).collect();
        let scored = free.into_iter().map(|node| (node.pole, scan.score(node, pair)));
        scored.filter(|(_, score)| score.is_finite()).collect()
    }
}

/// The fit that a unit is added to, with all that its scores share.
pub(crate) struct Scan<'a> {
    problem: &'a Problem,
    poles: &'a Poles,
    solved: &'a Solved,
    /// `exp(pole/N)` and its N-th power, of each unit.
    units: Vec<(Unit, Complex64, Complex64)>,
    /// Values b of the basis at t = 0, and `G_0 b`.
    start: DVector<f64>,
    start_image: DVector<f64>,
    /// `L^-1 Z^T`.
    projection: DMatrix<f64>,
    /// Inner products of the basis with the new columns, and `L^-1 Z^T` times these.
    columns: DMatrix<f64>,
    projected: DMatrix<f64>,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(problem: &'a Problem, poles: &'a Poles, solved: &'a Solved) -> Self {
        let length = problem.samples() as f64;
        let start = start_values(poles);
        let mut projection = solved.z.transpose();
        solved.inner.factor.l_dirty().solve_lower_triangular_mut(&mut projection);
        Self {
            problem,
            poles,
            solved,
            units: poles.iter().map(|u| (u, (u.pole / length).exp(), u.pole.exp())).collect(),
            start_image: &solved.grams[0] * &start,
            start,
            columns: DMatrix::zeros(poles.modes(), 2),
            projected: DMatrix::zeros(projection.nrows(), 2),
            projection,
        }
    }

    /// Twice the decrease of the (ridge) objective when the node joins the basis: `rho^T S^-1 rho`, with rho
    /// the correlation of its columns with the residual and S the Schur complement of their Gram matrix.
    fn score(&mut self, node: &Node, pair: bool) -> f64 {
        let samples = self.problem.samples();
        let weight = 1.0 / samples as f64;
        let factor = if pair { 2.0 } else { 1.0 };
        let columns = &mut self.columns;
        for &(Unit { at, pair, .. }, z, power) in &self.units {
            let plus = weight * quick_sum(node.ratio * z, node.power * power, samples);
            if pair {
                let minus = weight * quick_sum(node.ratio * z.conj(), node.power * power.conj(), samples);
                // Against the columns 2 Re and -2 Im of the unit.
                columns[(at, 0)] = factor * (plus.re + minus.re);
                columns[(at + 1, 0)] = factor * (minus.im - plus.im);
                columns[(at, 1)] = -2.0 * (plus.im + minus.im);
                columns[(at + 1, 1)] = 2.0 * (minus.re - plus.re);
            } else {
                columns[(at, 0)] = factor * plus.re;
                columns[(at, 1)] = -2.0 * plus.im;
            }
        }
        let [own, modulus] = node.own;
        let (mut uu, mut uv, mut vv) = if pair {
            (2.0 * (own.re + modulus.re), -2.0 * own.im, 2.0 * (modulus.re - own.re))
        } else {
            (own.re, 0.0, 0.0)
        };
        let Solved { amplitudes, inner, .. } = self.solved;
        let mut rho = [factor * node.moment.re, -2.0 * node.moment.im];
        (0..2).for_each(|k| rho[k] -= columns.column(k).dot(amplitudes));
        uu += inner.multiplier;
        vv += inner.multiplier;
        if self.problem.start.is_some() && !self.units.is_empty() {
            // The column that starts at a nonzero value is balanced by -kappa b in the others.
            let kappa = factor / self.start.norm_squared();
            uu += kappa * kappa * self.start.dot(&self.start_image)
                - 2.0 * kappa * columns.column(0).dot(&self.start)
                + inner.multiplier * kappa * factor;
            uv -= kappa * columns.column(1).dot(&self.start);
            // Correlation of Phi b with the residual.
            let along = self.solved.moments[0].dot(&self.start) - self.start_image.dot(amplitudes);
            rho[0] -= kappa * along;
            columns.column_mut(0).axpy(-kappa, &self.start_image, 1.0);
        }
        self.projection.mul_to(columns, &mut self.projected);
        let (u, v) = (self.projected.column(0), self.projected.column(1));
        let floor = 1e-9;
        let suu = uu - u.norm_squared() + floor * uu;
        if !pair {
            return rho[0] * rho[0] / suu;
        }
        let suv = uv - u.dot(&v);
        let svv = vv - v.norm_squared() + floor * vv;
        let determinant = suu * svv - suv * suv;
        if suu > 0.0 && determinant > 0.0 {
            (svv * rho[0] * rho[0] - 2.0 * suv * rho[0] * rho[1] + suu * rho[1] * rho[1]) / determinant
        } else {
            0.0
        }
    }
}

impl Node {
    fn new(problem: &Problem, pole: Complex64) -> Self {
        let samples = problem.samples();
        let length = samples as f64;
        let ratio = (pole / length).exp();
        let power = pole.exp();
        let [moment] = moments([problem.weighted[0].as_slice()], pole);
        let own = [
            quick_sum(ratio * ratio, power * power, samples) / length,
            quick_sum(ratio * ratio.conj(), power * power.conj(), samples) / length,
        ];
        Self { pole, ratio, power, moment: moment / length, own }
    }
}
