//! The network's matrices as the passes use them: scaled by dt, and transposed once instead of in
//! each step.

use nalgebra::DMatrix;

use super::{Real, TanhNetwork};

#[derive(Debug)]
pub(super) struct StepMatrices<T: Real> {
    /// `dt g J`.
    pub(super) recurrent: DMatrix<T>,
    /// `dt g J^T`.
    pub(super) recurrent_transpose: DMatrix<T>,
    pub(super) module: Option<ModuleMatrices<T>>,
}

/// The transition module's `U V^T`, and its transpose `V U^T` for the backward pass.
#[derive(Debug)]
pub(super) struct ModuleMatrices<T: Real> {
    /// `dt U`.
    pub(super) left: DMatrix<T>,
    /// `V^T`.
    pub(super) right_transpose: DMatrix<T>,
    /// `dt V`.
    pub(super) right: DMatrix<T>,
    /// `U^T`.
    pub(super) left_transpose: DMatrix<T>,
}

impl<T: Real> StepMatrices<T> {
    pub(super) fn new(network: &TanhNetwork<T>) -> Self {
        let dt = T::of(network.dt);
        let scale = T::of(network.dt * network.gain);
        let recurrent = network.recurrent().map(|x| scale * x);
        let recurrent_transpose = recurrent.transpose();
        let module = network.module().map(|m| ModuleMatrices {
            left: m.input.map(|x| dt * x),
            right_transpose: m.feedback.transpose(),
            right: m.feedback.map(|x| dt * x),
            left_transpose: m.input.transpose(),
        });
        Self { recurrent, recurrent_transpose, module }
    }
}
