//! Where to add a unit: a grid of poles scored against the current fit, as in orthogonal matching pursuit.

use num_complex::Complex64;

use crate::fit::cholesky;
use crate::fit::objective::derivatives::Evaluation;
use crate::fit::objective::gram::GramPath;
use crate::fit::objective::sums::{moments, quick_sum};
use crate::fit::poles::Poles;
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

/// The fit that a unit is added to; `gram` and `fit` hold the solution at `spectrum`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Current<'a> {
    pub(crate) problem: &'a Problem,
    pub(crate) spectrum: &'a Poles,
    pub(crate) gram: &'a GramPath,
    pub(crate) fit: &'a Evaluation,
}

/// The grid and its workspace.
#[derive(Debug, Clone)]
pub(crate) struct Insertion {
    pairs: Vec<Node>,
    reals: Vec<Node>,
    scores: Vec<(f64, usize)>,
    columns: [Vec<f64>; 2],
    neighbours: Vec<[Complex64; 2]>,
    start_values: Vec<f64>,
    start_image: Vec<f64>,
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
                pairs.extend(
                    frequencies.iter().map(|&omega| Node::new(problem, Complex64::new(sigma, omega))),
                );
            }
        }
        let mut reals = Vec::new();
        let mut decay = 0.0;
        while bounds.sigma_max - decay >= bounds.sigma_min && reals.len() < 60 {
            reals.push(Node::new(problem, Complex64::new(bounds.sigma_max - decay, 0.0)));
            decay = 1.3 * decay + 0.7;
        }
        Self {
            pairs,
            reals,
            scores: Vec::new(),
            columns: [Vec::new(), Vec::new()],
            neighbours: Vec::new(),
            start_values: Vec::new(),
            start_image: Vec::new(),
        }
    }

    /// Up to `count` poles whose addition promises the largest decrease, best first, mutually distinct and
    /// away from `avoid`.
    pub(crate) fn best(
        &mut self,
        current: &Current,
        pair: bool,
        avoid: &[Complex64],
        count: usize,
    ) -> Vec<Complex64> {
        let mut scores = std::mem::take(&mut self.scores);
        self.scan(current, pair, &mut scores);
        let nodes = if pair { &self.pairs } else { &self.reals };
        scores.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut chosen: Vec<Complex64> = Vec::with_capacity(count);
        for &(_, index) in &scores {
            let pole = nodes[index].pole;
            let far = |other: &Complex64| {
                let gap = pole - other;
                gap.im.abs() > 3.5 || gap.re.abs() > 0.5 * (pole.re.abs().max(other.re.abs()) + 3.0)
            };
            if chosen.len() < count && chosen.iter().chain(avoid).all(far) {
                chosen.push(pole);
            }
        }
        self.scores = scores;
        chosen
    }

    /// Scores of all nodes with room, with their positions in the grid.
    fn scan(&mut self, current: &Current, pair: bool, scores: &mut Vec<(f64, usize)>) {
        let nodes = std::mem::take(if pair { &mut self.pairs } else { &mut self.reals });
        self.prepare(current);
        scores.clear();
        for (index, node) in nodes.iter().enumerate() {
            if current.problem.bounds.has_room(current.spectrum, node.pole) {
                let score = self.score(current, node, pair);
                if score.is_finite() {
                    scores.push((score, index));
                }
            }
        }
        *(if pair { &mut self.pairs } else { &mut self.reals }) = nodes;
    }

    /// Every pole of the grid with its score.
    #[cfg(test)]
    pub(crate) fn scored(&mut self, current: &Current, pair: bool) -> Vec<(Complex64, f64)> {
        let mut scores = Vec::new();
        self.scan(current, pair, &mut scores);
        let nodes = if pair { &self.pairs } else { &self.reals };
        scores.into_iter().map(|(score, index)| (nodes[index].pole, score)).collect()
    }

    fn prepare(&mut self, &Current { problem, spectrum, gram, .. }: &Current) {
        let n = spectrum.modes();
        self.neighbours.clear();
        for unit in 0..spectrum.units() {
            let rate = spectrum.pole(unit);
            self.neighbours.push([(rate / problem.samples() as f64).exp(), rate.exp()]);
        }
        crate::fit::objective::amplitudes::start_values(spectrum, &mut self.start_values);
        self.start_image.clear();
        self.start_image.resize(n, 0.0);
        cholesky::multiply(&gram.grams[0], n, &self.start_values, &mut self.start_image);
    }

    /// Decrease of the (ridge) objective when the node joins the basis: `rho^T S^-1 rho / 2`, with rho the correlation
    /// of its columns with the residual and S the Schur complement of their Gram matrix.
    fn score(&mut self, current: &Current, node: &Node, pair: bool) -> f64 {
        let &Current { problem, spectrum, gram, fit } = current;
        let n = spectrum.modes();
        let samples = problem.samples();
        let weight = 1.0 / samples as f64;
        let width = if pair { 2 } else { 1 };
        for column in &mut self.columns {
            column.clear();
        }
        for unit in 0..spectrum.units() {
            let [z, power] = self.neighbours[unit];
            let plus = weight * quick_sum(node.ratio * z, node.power * power, samples);
            let [u, v] = &mut self.columns;
            match (unit < spectrum.pairs, pair) {
                (true, _) => {
                    let minus = weight * quick_sum(node.ratio * z.conj(), node.power * power.conj(), samples);
                    // Against the columns 2 Re and -2 Im of the unit.
                    let half = if pair { 2.0 } else { 1.0 };
                    u.extend([half * (plus.re + minus.re), half * (minus.im - plus.im)]);
                    v.extend([-2.0 * (plus.im + minus.im), 2.0 * (minus.re - plus.re)]);
                }
                (false, true) => {
                    u.push(2.0 * plus.re);
                    v.push(-2.0 * plus.im);
                }
                (false, false) => u.push(plus.re),
            }
        }
        let [own, modulus] = node.own;
        let (mut uu, mut uv, mut vv) = if pair {
            (2.0 * (own.re + modulus.re), -2.0 * own.im, 2.0 * (modulus.re - own.re))
        } else {
            (own.re, 0.0, 0.0)
        };
        let moment = if pair { [2.0 * node.moment.re, -2.0 * node.moment.im] } else { [node.moment.re, 0.0] };
        let mut rho = [0.0; 2];
        for k in 0..width {
            rho[k] = moment[k] - cholesky::dot(&self.columns[k], &fit.amplitudes);
        }
        uu += fit.multiplier;
        vv += fit.multiplier;
        if gram.null_space.dropped == 1 {
            // The column that starts at a nonzero value is balanced by -kappa b in the others.
            let start = if pair { 2.0 } else { 1.0 };
            let kappa = start / cholesky::dot(&self.start_values, &self.start_values);
            let [u, v] = &mut self.columns;
            uu += kappa * kappa * cholesky::dot(&self.start_values, &self.start_image)
                - 2.0 * kappa * cholesky::dot(u, &self.start_values)
                + fit.multiplier * kappa * start;
            if pair {
                uv -= kappa * cholesky::dot(v, &self.start_values);
            }
            // Correlation of Phi b with the residual.
            let along: f64 = cholesky::dot(&gram.moments[0], &self.start_values)
                - cholesky::dot(&self.start_image, &fit.amplitudes);
            rho[0] -= kappa * along;
            for (u, g) in u.iter_mut().zip(&self.start_image) {
                *u -= kappa * g;
            }
        }
        let drop = gram.null_space.dropped;
        for column in self.columns.iter_mut().take(width) {
            gram.null_space.reflect(column);
            cholesky::forward(&gram.inner.factor, n - drop, &mut column[drop..]);
        }
        let [u, v] = &self.columns;
        let floor = 1e-9;
        let suu = uu - cholesky::dot(&u[drop..], &u[drop..]) + floor * uu;
        if !pair {
            return rho[0] * rho[0] / suu;
        }
        let suv = uv - cholesky::dot(&u[drop..], &v[drop..]);
        let svv = vv - cholesky::dot(&v[drop..], &v[drop..]) + floor * vv;
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
