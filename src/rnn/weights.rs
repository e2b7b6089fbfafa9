//! The network's matrices as the passes use them: scaled by dt, and transposed once instead of in each step.

use nalgebra::DMatrix;

use super::{Real, TanhNetwork};

#[derive(Debug)]
pub(super) struct Weights<T: Real> {
    /// `dt g J`.
    pub(super) recurrent: DMatrix<T>,
    /// `dt g J^T`.
    pub(super) recurrent_transpose: DMatrix<T>,
    /// `dt U` and `V^T`, then `dt V` and `U^T`, empty without a module.
    pub(super) module: Option<[DMatrix<T>; 4]>,
}

impl<T: Real> Weights<T> {
    pub(super) fn new(network: &TanhNetwork<T>) -> Self {
        let dt = T::of(network.dt());
        let scale = T::of(network.dt() * network.gain());
        let recurrent = network.recurrent().map(|x| scale * x);
        let recurrent_transpose = recurrent.transpose();
        let module = network.module().map(|m| {
            [m.left().map(|x| dt * x), m.right().transpose(), m.right().map(|x| dt * x), m.left().transpose()]
        });
        Self { recurrent, recurrent_transpose, module }
    }
}
