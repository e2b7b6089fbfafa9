//! The robustness cost at several points at once, and its curvature.

use std::sync::Arc;

use super::forward::Formula;
use super::workspace::Workspace;
use crate::modal::algebra::{Dual, Independent};
use crate::optim::BatchObjective;

/// A [`RobustnessCost`](crate::loops::RobustnessCost) at B points at once, see
/// [`RobustnessCost::batch`](crate::loops::RobustnessCost::batch).
///
/// ```
/// use thalamo::{Complex64, Cortex, System, optim::{BatchObjective, Objective}};
/// use thalamo::loops::{Horizon, Placement, PlacementOptions, RobustnessCost};
/// let cortex = System::from(Cortex::random(30, 0.5, 1)?);
/// let modes = [Complex64::new(-0.05, 0.3), Complex64::new(-0.05, -0.3)];
/// let amplitudes = [Complex64::new(0.0, 0.4), Complex64::new(0.0, -0.4)];
/// let placement = Placement::new(&cortex, &modes, &PlacementOptions::default())?;
/// let mut cost = RobustnessCost::new(&cortex, &placement, &modes, &amplitudes, 50.0, Horizon::Motif)?;
/// let points: Vec<[f64; 4]> = (0..30).map(|i| [1.0, 2.0, 3.0, 4.0].map(|k| (k * i as f64).cos())).collect();
/// let mut gradients = vec![[0.0; 4]; 30];
/// let values = cost.batch::<4>().evaluate(&points, &mut gradients);
/// // Bit for bit what each point gives by itself.
/// let (third, mut gradient): (Vec<f64>, _) = (points.iter().map(|p| p[2]).collect(), vec![0.0; 30]);
/// assert_eq!(cost.evaluate(&third, &mut gradient), values[2]);
/// assert!(gradient.iter().zip(&gradients).all(|(g, batch)| *g == batch[2]));
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RobustnessBatch<'a, const B: usize> {
    formula: Arc<Formula<'a>>,
    work: Workspace<B>,
}

impl<'a, const B: usize> RobustnessBatch<'a, B> {
    pub(super) fn new(formula: Arc<Formula<'a>>) -> Self {
        let work = Workspace::new::<Independent>(&formula);
        Self { formula, work }
    }
}

impl<const B: usize> BatchObjective<B> for RobustnessBatch<'_, B> {
    fn dimension(&self) -> usize {
        self.formula.units()
    }

    fn evaluate(&mut self, u: &[[f64; B]], gradient: &mut [[f64; B]]) -> [f64; B] {
        let units = self.formula.units();
        if u.len() != units || gradient.len() != units {
            return [f64::INFINITY; B];
        }
        evaluate(&self.formula, &mut self.work, u, gradient)
    }
}

/// `ln C` and its gradient; infinite where either is no number.
pub(super) fn evaluate<const B: usize>(
    formula: &Formula<'_>,
    work: &mut Workspace<B>,
    u: &[[f64; B]],
    gradient: &mut [[f64; B]],
) -> [f64; B] {
    let at = formula.forward::<Independent, B>(u, work);
    formula.backward::<Independent, B>(&at, work, gradient);
    std::array::from_fn(|i| {
        let finite = gradient.iter().all(|g| g[i].is_finite());
        if finite { formula.objective(at.activity[i], at.noise_gain[i]) } else { f64::INFINITY }
    })
}

/// Products with the Hessian of a [`RobustnessCost`](crate::loops::RobustnessCost), in $O(N^2)$: the gradient's derivative
/// along a direction, exact to rounding, by carrying a derivative beside every number of the evaluation.
///
/// ```
/// use thalamo::{Complex64, Cortex, System, optim::Objective};
/// use thalamo::loops::{Horizon, Placement, PlacementOptions, RobustnessCost};
/// let cortex = System::from(Cortex::random(30, 0.5, 1)?);
/// let modes = [Complex64::new(-0.05, 0.3), Complex64::new(-0.05, -0.3)];
/// let amplitudes = [Complex64::new(0.0, 0.4), Complex64::new(0.0, -0.4)];
/// let placement = Placement::new(&cortex, &modes, &PlacementOptions::default())?;
/// let mut cost = RobustnessCost::new(&cortex, &placement, &modes, &amplitudes, 50.0, Horizon::Motif)?;
/// let u: Vec<f64> = (0..30).map(|i| (i as f64).sin()).collect();
/// let (mut gradient, mut product) = (vec![0.0; 30], vec![0.0; 30]);
/// cost.evaluate(&u, &mut gradient);
/// cost.hessian().product(&u, &u, &mut product);
/// // The value depends on the direction of u alone: along u the gradient shrinks in proportion.
/// assert!(product.iter().zip(&gradient).all(|(hu, g)| (hu + g).abs() < 1e-8));
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RobustnessHessian<'a> {
    formula: Arc<Formula<'a>>,
    work: Workspace<2>,
    point: Vec<[f64; 2]>,
    gradient: Vec<[f64; 2]>,
}

impl<'a> RobustnessHessian<'a> {
    pub(super) fn new(formula: Arc<Formula<'a>>) -> Self {
        let (work, zeros) = (Workspace::new::<Dual>(&formula), vec![[0.0; 2]; formula.units()]);
        Self { formula, work, point: zeros.clone(), gradient: zeros }
    }

    /// The product of the Hessian at u and a direction, into `product`; returns the value `ln C` at u.
    ///
    /// Infinite, with `product` left unspecified, where the cost is, where the product overflows, and for slices of
    /// other lengths than N.
    pub fn product(&mut self, u: &[f64], direction: &[f64], product: &mut [f64]) -> f64 {
        let units = self.formula.units();
        if [u.len(), direction.len(), product.len()] != [units; 3] {
            return f64::INFINITY;
        }
        for ((point, u), d) in self.point.iter_mut().zip(u).zip(direction) {
            *point = [*u, *d];
        }
        let at = self.formula.forward::<Dual, 2>(&self.point, &mut self.work);
        self.formula.backward::<Dual, 2>(&at, &mut self.work, &mut self.gradient);
        product.iter_mut().zip(&self.gradient).for_each(|(p, [_, derivative])| *p = *derivative);
        let finite = product.iter().all(|p| p.is_finite());
        if finite { self.formula.objective(at.activity[0], at.noise_gain[0]) } else { f64::INFINITY }
    }
}
