//! What noise does to the readout, in expectation and in closed form: no trials, no sampling error.
//!
//! While a motif plays, $\dot x = A x$ is seen at $t_k = k\\,dt$, $k < n$, through
//! $y_k = r_k^T x(0)$ with $r_k = (e^{A\\,dt})^{T k} w$. All variances below are those of $y_k$
//! about its noise-free value, and all means are over the n samples, as
//! [`Trajectory::rmse`](crate::play::Trajectory::rmse) takes them: sums over the grid, not
//! integrals that approximate them.
//!
//! | noise | function | variance of $y_k$ |
//! |---|---|---|
//! | in the initial state | [`MotifReadout::initial_variance`] | $r_k^T \Sigma_0 r_k$ |
//! | white, while it plays | [`MotifReadout::process_variance`] | $s^2 \sum_{j<k} r_j^T Q r_j$ |
//! | in the weights | [`MotifReadout::weight_sensitivity`] | $\sum_i s_i^2 (\partial y_k / \partial \theta_i)^2$ |
//!
//! [`expected_rmse`] puts them together for a motif of a network, and takes what enters during its
//! preparation through it. Units: x and y are dimensionless activity, time is in tau, process noise
//! in activity per sqrt(tau).

mod expected;
mod nodes;
mod readout;
mod sensitivity;
mod state;
mod sweep;
mod weights;

pub use expected::{ExpectedError, NoiseModel, expected_rmse};
pub use readout::{MotifReadout, ReadoutVariance};
pub use sensitivity::Approach;
pub use state::InitialNoise;
pub use weights::{LoopWeights, WeightNoise, WeightSensitivity};
