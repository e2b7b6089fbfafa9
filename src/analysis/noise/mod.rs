//! What noise does to the readout, in expectation and in closed form: no trials, no sampling error.
//!
//! While a motif plays, $\dot x = A x$ is seen at $t_k = k\\,dt$, $k < n$, through $y_k = r_k^T x(0)$ with
//! $r_k = (e^{A\\,dt})^{T k} w$. All variances below are those of $y_k$ about its noise-free value, and all means are
//! over the n samples, as [`Trajectory::rmse`](crate::play::Trajectory::rmse) takes them: sums over the grid,
//! not integrals that approximate them.
//!
//! | noise | function | variance of $y_k$ |
//! |---|---|---|
//! | in the initial state | [`MotifReadout::initial_variance`] | $r_k^T \Sigma_0 r_k$ |
//! | white, during the run | [`MotifReadout::process_variance`], [`accumulated_noise`] | $s^2 \sum_{j<k} r_j^T Q r_j$ |
//! | white, for ever | [`stationary_variance`] | $s^2 w^T X w$ |
//! | in the weights | [`MotifReadout::weight_sensitivity`] | $\sum_i s_i^2 (\partial y_k / \partial \theta_i)^2$ |
//!
//! [`expected_rmse`] puts them together for a motif of a network. Units: x and y are dimensionless activity, time is
//! in tau, process noise in activity per sqrt(tau).

mod expected;
mod initial;
mod nodes;
mod process;
mod readout;
mod sensitivity;
mod sweep;

pub use expected::{ExpectedError, NoiseModel, expected_rmse};
pub use initial::InitialNoise;
pub use process::{accumulated_noise, stationary_variance};
pub use readout::{MotifReadout, ReadoutVariance, readout_gramian};
pub use sensitivity::{Approach, LoopWeights, WeightNoise, WeightSensitivity};
