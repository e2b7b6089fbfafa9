//! Motif loops: one rank-one thalamocortical loop per motif.

mod cauchy;
mod design;
mod feasibility;
mod motif_loop;
mod near_unit;
mod placement;
mod race;
mod residues;
#[cfg(feature = "io")]
mod restore;
mod robustness;
mod secular;
mod targets;
mod verdict;

pub use design::{LoopDesign, LoopOptions};
pub use feasibility::{Feasibility, FeasibleModes, feasibility, largest_feasible_modes};
pub use motif_loop::{LoopReport, LoopStart, MotifLoop};
pub use placement::{Placement, PlacementOptions};
pub use robustness::{CostTerms, Horizon, RobustnessCost};
pub use verdict::{Doubt, Verdict};
