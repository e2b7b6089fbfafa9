//! Integrals over one step to the last digit.

use nalgebra::DMatrix;

use crate::linalg::expm;
use crate::linalg::product::{one_norm, product, view};
use crate::{Error, Result};

/// Positive nodes and weights of the Gauss-Legendre rule of eight points on [-1, 1].
const RULE: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_3),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_47),
    (0.960_289_856_497_536_2, 0.101_228_536_290_376_26),
];

/// Most panels of one step.
const PANELS: usize = 512;

/// `e^{A s}` at the nodes s of a quadrature rule over a step h that is exact to rounding for
/// products of two exponentials of A.
///
/// Eight Gauss-Legendre points on a panel of length p integrate `f(s) = e^{A (p - s)} M e^{A s}`,
/// whose sixteenth derivative is at most `(2 |A|)^16 e^{|A| p} |M|`, with an error of less than
/// `2e-18 e^{|A| p}` of `p |M|` where `|A| p <= 1`: far below the rounding of one multiplication.
#[derive(Debug)]
pub(super) struct StepNodes {
    /// In ascending order of s; those of `h - s` are the same backwards.
    exponentials: Vec<DMatrix<f64>>,
    weights: Vec<f64>,
}

/// Panels that the rule needs over a step of a system.
pub(super) fn panels(system: &DMatrix<f64>, step: f64) -> Result<usize> {
    // |A|_2 <= sqrt(|A|_1 |A|_inf)
    let norm = (one_norm(system) * one_norm(&system.transpose())).sqrt().min(system.norm()) * step;
    if norm <= PANELS as f64 {
        return Ok((norm.ceil() as usize).max(1));
    }
    Err(Error::OutOfRange { what: "norm of A times the step", expected: "at most 512", given: norm })
}

impl StepNodes {
    pub(super) fn new(system: &DMatrix<f64>, step: f64) -> Result<Self> {
        let panels = panels(system, step)?;
        let panel = step / panels as f64;
        let points = RULE.iter().rev().map(|&(x, w)| (-x, w)).chain(RULE);
        let (mut exponentials, mut weights) = (Vec::new(), Vec::new());
        for (x, weight) in points {
            exponentials.push(expm(&(system * (0.5 * panel * (1.0 + x))))?);
            weights.push(0.5 * panel * weight);
        }
        let whole = expm(&(system * panel))?;
        let rule = exponentials.len();
        for index in rule..rule * panels {
            exponentials.push(product(view(&exponentials[index - rule]), view(&whole)));
            weights.push(weights[index - rule]);
        }
        Ok(Self { exponentials, weights })
    }

    /// Number of nodes q.
    pub(super) fn len(&self) -> usize {
        self.weights.len()
    }

    /// `e^{A s}` and the weight of each node.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (&DMatrix<f64>, f64)> {
        self.exponentials.iter().zip(self.weights.iter().copied())
    }

    /// Weight of node m.
    pub(super) fn weight(&self, m: usize) -> f64 {
        self.weights[m]
    }

    /// `e^{A (h - s)}` at node m.
    pub(super) fn remaining(&self, m: usize) -> &DMatrix<f64> {
        &self.exponentials[self.exponentials.len() - 1 - m]
    }
}
