//! The two thalamic modules: a rank-one loop per motif, and one preparatory module for all.

mod cauchy;
mod feasibility;
mod loop_design;
mod modes;
mod motif_loop;
mod placement;
mod preparation;
mod preparation_cost;
mod race;
mod residues;
pub(crate) mod restore;
mod robustness;
mod robustness_batch;
mod robustness_gradient;
mod robustness_tables;
mod robustness_value;
mod robustness_workspace;
mod secular;
mod verdict;

pub use feasibility::{Feasibility, FeasibleModes, ModesRow, feasibility, largest_feasible_modes};
pub use loop_design::{LoopDesign, LoopOptions};
pub(crate) use modes::CortexModes;
pub use motif_loop::{LoopReport, LoopStart, MotifLoop};
pub use placement::{Placement, PlacementOptions};
pub use preparation::{Preparation, PreparationOptions, PreparationReport, WeightBound};
pub use preparation_cost::{PreparationCost, PreparationTerms};
pub use restore::{LoopParts, PreparationHistory};
pub use robustness::{CostTerms, Horizon, RobustnessCost};
pub use robustness_batch::{RobustnessBatch, RobustnessHessian};
pub use verdict::{Obstacle, Verdict};
