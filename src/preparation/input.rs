//! The constant inputs that lead to the start of a motif, and when they change.

use nalgebra::DMatrix;

use crate::linalg::expm;
use crate::system::System;
use crate::{Error, Result, check};

/// Time over which inputs are compensated unless told otherwise, times the system's rate: 3 tau for the
/// published network.
const USUAL: f64 = 2.1;

/// The input that leads to the start s of a motif, during preparation $\dot x = M x + b$, $M = A + U V^T$.
///
/// With $b = -M s$ alone, preparation for a time T that begins in the state z ends at $s + e^{M T} (z - s)$:
/// what is left of s itself is the same every time, and can be compensated in advance, for one time $T_c$, by
///
/// $$ b_1 = -M (I - e^{M T_c})^{-1} s, \qquad x(T_c) = s + e^{M T_c} z. $$
///
/// It depends on the system, the module and $T_c$ alone, so that learning a motif concerns no other.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "io", serde(deny_unknown_fields))]
#[non_exhaustive]
pub enum Input {
    /// $b = -M s$ from the beginning: ends at $s + e^{M T} (z - s)$, for every T.
    Published,
    /// $b_1$ from the beginning to the end: ends at $s + e^{M T} z$ for the one preparation that is given,
    /// and elsewhere for others.
    Constant {
        /// The preparation that it is compensated for, $T_c > 0$ (tau).
        preparation: f64,
    },
    /// $b_1$ until $T_c$, then $-M s$: ends at $s + e^{M T} z$ for every $T \ge T_c$. A shorter preparation
    /// is on its way there.
    Compensated {
        /// The shortest preparation that will occur, $T_c > 0$ (tau); it may lie between two samples. `None`
        /// for 2.1 over the [rate of the system](System::rate), about 3 tau for the published network.
        shortest: Option<f64>,
    },
}

impl Input {
    /// When the input switches, $T_c$ (tau); `None` where it does not.
    pub fn switch(self, system: &System) -> Option<f64> {
        match self {
            Self::Compensated { shortest } => Some(shortest.unwrap_or_else(|| USUAL / system.rate())),
            Self::Published | Self::Constant { .. } => None,
        }
    }

    /// Checks what can be checked without a system.
    ///
    /// # Errors
    /// A time that is not positive or not finite.
    pub fn validate(&self) -> Result<()> {
        match *self {
            Self::Constant { preparation: time } | Self::Compensated { shortest: Some(time) } => {
                check::positive("preparation that the input compensates for", time)
            }
            Self::Published | Self::Compensated { shortest: None } => Ok(()),
        }
    }

    /// The same with every time in numbers.
    pub(super) fn resolved(self, system: &System) -> Self {
        match self {
            Self::Compensated { .. } => Self::Compensated { shortest: self.switch(system) },
            other => other,
        }
    }

    /// `(I - e^{M T_c})^{-1}` (N x N), which takes the start of a motif to the fixed point that b_1 holds;
    /// `None` where there is no b_1.
    pub(super) fn compensation(self, system: &DMatrix<f64>) -> Result<Option<DMatrix<f64>>> {
        let time = match self {
            Self::Published | Self::Compensated { shortest: None } => return Ok(None),
            Self::Constant { preparation: time } | Self::Compensated { shortest: Some(time) } => time,
        };
        let identity = DMatrix::identity(system.nrows(), system.nrows());
        let gained = identity - expm(&(system * time))?;
        let remedy = "compensate for a longer preparation";
        let inverse = gained.lu().try_inverse().filter(|all| all.iter().all(|x| x.is_finite()));
        inverse.map(Some).ok_or(Error::Singular { what: "compensation of the input", remedy })
    }
}
