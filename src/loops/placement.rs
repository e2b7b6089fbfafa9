//! Placement: the rank-one loop that puts given eigenvalues into the cortex.

use nalgebra::DVector;
use num_complex::Complex64;

use super::residues::{residues, roots};
use super::secular::Root;
use super::targets::{add_stabilising, check_staying, check_targets};
use crate::modal::lanes::Elementwise;
use crate::modal::vector::Layout;
use crate::rate::Rate;
use crate::spectrum::Spectrum;
use crate::system::System;
use crate::{Error, Result, check};

/// Rounds of adding stabilising targets before giving up.
const STABILISING_ROUNDS: usize = 6;

/// What placement accepts and how it treats the eigenvalues nobody asked for.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(remote = "Self", default, deny_unknown_fields))]
#[non_exhaustive]
pub struct PlacementOptions {
    /// Largest accepted condition number of Q. Near 1e8 placement still delivers, at 1e14 it does not.
    pub condition_limit: f64,
    /// The eigenvalues that were not asked for must have real parts at most `-rest_margin`, in 1/tau or
    /// relative to the [rate of the system](System::rate).
    pub rest_margin: Rate,
    /// Where one of them does not, move it to real part `-stabilised_decay` (the same unit as the margin's)
    /// by an additional target, which no motif excites. `None` refuses such a placement instead.
    pub stabilised_decay: Option<Rate>,
}

crate::check::with!(PlacementOptions);

#[cfg(feature = "io")]
crate::check::checked_when_read!(PlacementOptions: |it| it.validate().map(|()| it));

impl Default for PlacementOptions {
    fn default() -> Self {
        Self {
            condition_limit: 1e10,
            rest_margin: Rate::Relative(1.5e-3),
            stabilised_decay: Some(Rate::Relative(0.07)),
        }
    }
}

impl PlacementOptions {
    /// Checks every option.
    ///
    /// # Errors
    /// A condition limit that is not positive, a negative rest margin, a stabilised decay not above it.
    pub fn validate(&self) -> Result<()> {
        check::positive("condition limit", self.condition_limit)?;
        check::non_negative("rest margin", self.rest_margin.number())?;
        self.stabilised_decay.map_or(Ok(()), |decay| check::positive("stabilised decay", decay.number()))
    }

    /// Margin and decay in 1/tau for a system of this rate.
    fn rates(&self, unit: f64) -> Result<(f64, Option<f64>)> {
        let margin = self.rest_margin.per_tau(unit);
        match self.stabilised_decay.map(|decay| decay.per_tau(unit)) {
            Some(given) if given <= margin => Err(Error::OutOfRange {
                what: "stabilised decay (1/tau)",
                expected: "more than the rest margin",
                given,
            }),
            decay => Ok((margin, decay)),
        }
    }

    /// The published setting: a margin of 0.001/tau, decays of 0.05/tau.
    pub fn published() -> Self {
        let (rest_margin, decay) = (Rate::PerTau(1e-3), Rate::PerTau(0.05));
        Self { rest_margin, stabilised_decay: Some(decay), ..Self::default() }
    }
}

/// The part of a loop that its eigenvalues decide, for any direction u.
///
/// With $A = R\\,\mathrm{diag}(\lambda) L$ and K targets $\hat\lambda$, the minimum-norm residues
///
/// $$ Q_{kj} = \frac{1}{\hat\lambda_k - \lambda_j}, \qquad d = Q^+ \mathbf 1, \qquad
///    v = L^T \mathrm{diag}(L u)^{-1} d $$
///
/// give $A + u v^T$ the targets as eigenvalues, whatever u (no entry of $L u$ may vanish). All its
/// eigenvalues solve $\sum_j d_j / (\mu - \lambda_j) = 1$: they depend on the residues d alone.
///
/// ```
/// use nalgebra::DVector;
/// use thalamo::{Complex64, Cortex, System, loops::{Placement, PlacementOptions}};
/// let cortex = System::from(Cortex::random(30, 0.5, 1)?);
/// let targets = [Complex64::new(-0.05, 0.3), Complex64::new(-0.05, -0.3), Complex64::new(-0.1, 0.0)];
/// let placement = Placement::new(&cortex, &targets, &PlacementOptions::default())?;
/// let u = DVector::from_fn(30, |i, _| 1.0 + (i as f64).sin());
/// let v = placement.feedback(&u)?;
/// let achieved = thalamo::linalg::eigenvalues(&(cortex.matrix() + u * v.transpose()))?;
/// let off = |t: &Complex64| achieved.iter().map(|z| (z - t).norm()).fold(f64::INFINITY, f64::min);
/// assert!(targets.iter().map(off).fold(0.0, f64::max) < 1e-9);
/// # Ok::<(), thalamo::Error>(())
/// ```
///
/// Source: Logiaco, Abbott and Escola, Cell Reports 35 (2021) 109090.
#[derive(Debug, Clone)]
pub struct Placement {
    system: System,
    targets: Spectrum,
    stabilising: Spectrum,
    /// Targets and stabilising targets together.
    placed: Spectrum,
    residues: Vec<f64>,
    /// One root of each real eigenvalue and pair; the placed ones first among reals and among pairs.
    roots: Vec<Root>,
    layout: Layout,
    /// Further copies of repeated eigenvalues of A, which no root is.
    staying: Spectrum,
    condition: f64,
}

impl Placement {
    /// Residues for K targets (1/tau; distinct, closed under conjugation, at most as many as A has distinct
    /// eigenvalues) on this cortex.
    ///
    /// # Errors
    /// No targets, more than units or than distinct eigenvalues ([`Error::RepeatedEigenvalues`]), A without a
    /// basis of eigenvectors ([`Error::Defective`]), not finite, a conjugate missing, two targets that
    /// coincide ([`Error::RepeatedTarget`]), a target on an eigenvalue of A ([`Error::TargetOnEigenvalue`]),
    /// a condition number above the limit ([`Error::IllConditionedPlacement`]), or a remaining eigenvalue
    /// that stays right of the margin ([`Error::Unstable`]).
    pub fn new(system: &System, targets: &[Complex64], options: &PlacementOptions) -> Result<Self> {
        options.validate()?;
        let (rest_margin, stabilised_decay) = options.rates(system.rate())?;
        let targets = check_targets(system, targets)?;
        let modes = system.modes()?;
        check_staying(&modes.staying(), rest_margin)?;
        let mut stabilising: Vec<Complex64> = Vec::new();
        for _ in 0..STABILISING_ROUNDS {
            let placement = Self::solve(system, &targets, &stabilising, options)?;
            let mut offending = placement.rest().to_vec();
            offending.retain(|mu| mu.re > -rest_margin);
            match stabilised_decay {
                _ if offending.is_empty() => return Ok(placement),
                None => break,
                Some(decay) => add_stabilising(&mut stabilising, &targets, &offending, decay),
            }
            if targets.len() + stabilising.len() > modes.visible_layout().len() {
                break;
            }
        }
        let last = Self::solve(system, &targets, &[], options)?;
        let remedy = if stabilised_decay.is_none() {
            "allow stabilising targets, or make J smaller"
        } else {
            "use other targets, or make J smaller"
        };
        Err(Error::Unstable {
            what: "loop (its eigenvalues beside the targets)",
            abscissa: last.rest().abscissa(),
            limit: -rest_margin,
            remedy,
        })
    }

    fn solve(
        system: &System,
        targets: &Spectrum,
        stabilising: &[Complex64],
        options: &PlacementOptions,
    ) -> Result<Self> {
        let placed = Spectrum::new(&[targets, stabilising].concat(), 0.0)?;
        let stabilising = Spectrum::new(stabilising, 0.0)?;
        let (residues, condition) = residues(system, &placed, options.condition_limit)?;
        let (roots, layout) = roots(system, &residues, &placed)?;
        let (system, targets, staying) = (system.clone(), targets.clone(), system.modes()?.staying());
        Ok(Self { system, targets, stabilising, placed, residues, roots, layout, staying, condition })
    }

    /// The eigenvalues asked for.
    pub fn targets(&self) -> &Spectrum {
        &self.targets
    }

    /// Targets added to keep the rest of the spectrum stable; empty in nearly every case.
    pub fn stabilising(&self) -> &Spectrum {
        &self.stabilising
    }

    /// Spectrum of the closed loop: all roots of the secular equation, and further copies of repeated
    /// eigenvalues of A.
    pub fn spectrum(&self) -> Spectrum {
        self.roots_after(Layout { reals: 0, pairs: 0 })
    }

    /// The eigenvalues beside targets and stabilising targets.
    pub fn rest(&self) -> Spectrum {
        self.roots_after(self.placed_layout())
    }

    fn roots_after(&self, first: Layout) -> Spectrum {
        let (reals, pairs) = self.roots.split_at(self.layout.reals);
        let (staying_reals, staying_pairs) = self.staying.split_at(self.staying.reals());
        let reals = reals[first.reals..].iter().map(Root::value).chain(staying_reals.iter().copied());
        let pairs = pairs[first.pairs..].iter().map(Root::value);
        let pairs = pairs.chain(staying_pairs.iter().step_by(2).copied());
        Spectrum::from_halves(reals.map(|z| z.re).collect(), pairs.collect())
    }

    /// Condition number of Q in the 2-norm.
    pub fn condition(&self) -> f64 {
        self.condition
    }

    /// The feedback weights v for input weights u: `v = L^T diag(L u)^-1 d`, length N, real.
    ///
    /// # Errors
    /// u of the wrong length, not finite, or without a component along one of the eigenvectors.
    pub fn feedback(&self, u: &DVector<f64>) -> Result<DVector<f64>> {
        let units = self.system.units();
        check::shape("input weights u", (u.len(), 1), (units, 1), "give one weight per unit")?;
        check::finite("input weights u", u.as_slice())?;
        let modes = self.system.modes()?;
        let elementwise = Elementwise::over(modes.layout);
        let (mut a, mut inverse, mut b) = (vec![[0.0]; units], vec![[0.0]; units], vec![[0.0]; units]);
        modes.left.apply(u.as_slice().as_chunks().0, &mut a);
        elementwise.reciprocal(&a, &mut inverse);
        modes.clear_hidden(&mut inverse);
        elementwise.multiply(self.residues.as_chunks().0, &inverse, &mut b);
        let mut v = DVector::zeros(units);
        modes.left_transposed.apply(&b, v.as_mut_slice().as_chunks_mut().0);
        if v.iter().all(|x| x.is_finite()) {
            return Ok(v);
        }
        Err(Error::Singular {
            what: "feedback v (u has no component along some eigenvector of A)",
            remedy: "choose another u, a random one for instance",
        })
    }

    pub(crate) fn system(&self) -> &System {
        &self.system
    }

    pub(crate) fn residues(&self) -> &[f64] {
        &self.residues
    }

    pub(crate) fn roots(&self) -> &[Root] {
        &self.roots
    }

    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    pub(crate) fn placed_layout(&self) -> Layout {
        Layout::of(&self.placed)
    }

    pub(crate) fn placed(&self) -> &Spectrum {
        &self.placed
    }
}
