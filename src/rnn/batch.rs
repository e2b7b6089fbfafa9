//! Loss and gradient of a minibatch by back-propagation through time.

use rayon::prelude::*;

use super::loss::{Learned, Loss, Objective};
use super::matrices::StepMatrices;
use super::pass::{Group, Keep, Pass};
use super::{Parameters, Real, Response, TanhNetwork, Trial, plan};
use crate::{Error, Result};

/// Trials whose columns are multiplied together. Wide enough for the matrix kernel, narrow enough that
/// a minibatch of 90 makes several groups of equal work for the threads.
const GROUP: usize = 23;

/// Loss and gradients of one minibatch.
#[derive(Debug, Clone)]
pub struct Gradient<T: Real> {
    /// The loss.
    pub loss: f64,
    /// Its gradient with respect to the network's parameters.
    pub parameters: Parameters<T>,
    /// Its gradient with respect to `U` and `V`, each N x P, empty unless asked for.
    pub module: [Vec<T>; 2],
    /// Its gradient with respect to the start of each trial, N each.
    pub starts: Vec<Vec<T>>,
}

/// Memory for minibatches of one network, kept from one to the next: the activity of every unit at every step
/// of every trial, and little else.
#[derive(Debug, Default)]
pub struct BatchMemory<T: Real> {
    passes: Vec<Pass<T>>,
}

impl<T: Real> BatchMemory<T> {
    /// Bytes held.
    pub(super) fn bytes(&self) -> usize {
        self.passes.iter().map(Pass::bytes).sum()
    }
}

/// Loss of a minibatch and its gradient by back-propagation through time.
///
/// With $\Lambda_k = \partial E / \partial x_k$ and one column per trial,
///
/// $$ \Lambda_k = (1 - dt) \Lambda_{k+1} + f'(x_k) \odot dt \\, W^T \Lambda_{k+1} + \tfrac{2}{M} e_{k-1} w \odot
/// \tanh'(x_k), \qquad W = g J + u_\mu v_\mu^T + U V^T, $$
///
/// so a step costs two products of an N x N matrix with all trials, three when $J$ is learned. The result has
/// the same bits for any number of threads.
///
/// # Errors
/// As [`respond`]; [`Error::Empty`] without a scored step, [`Error::MissingModule`] when the module is to be
/// learned and there is none. A loss that overflows is returned as it is.
pub fn gradient<T: Real>(
    network: &TanhNetwork<T>,
    trials: &[Trial<T>],
    loss: Loss,
    learned: Learned,
    memory: &mut BatchMemory<T>,
) -> Result<Gradient<T>> {
    if learned == Learned::Module && network.module().is_none() {
        return Err(Error::MissingModule);
    }
    trials.iter().try_for_each(|trial| trial.validate(network))?;
    let steps: usize = match loss {
        Loss::Readout => trials.iter().map(Trial::scored_steps).sum(),
        Loss::Activity => trials.iter().map(Trial::steps).sum(),
    };
    if steps == 0 {
        return Err(Error::Empty { what: "scored steps of a minibatch", remedy: "give trials with targets" });
    }
    let objective = Objective { loss, learned, steps };
    let matrices = StepMatrices::new(network);
    let groups = plan::groups(trials, GROUP);
    memory.passes.resize_with(groups.len(), Pass::default);
    let sums: Vec<f64> = memory
        .passes
        .par_iter_mut()
        .zip(&groups)
        .map(|(pass, group)| {
            let trials: Vec<&Trial<T>> = group.iter().map(|&i| &trials[i]).collect();
            let group = Group { network, matrices: &matrices, trials: &trials };
            pass.forward(group, Keep::History);
            pass.backward(group, objective)
        })
        .collect();
    let loss = sums.iter().sum::<f64>() / steps as f64;
    let mut parameters = Parameters::zeros(network.architecture(), network.units(), network.motifs());
    let mut module = [Vec::new(), Vec::new()];
    let mut starts = vec![Vec::new(); trials.len()];
    for (pass, group) in memory.passes.iter().zip(&groups) {
        parameters.add(&pass.gradient);
        for (sum, part) in module.iter_mut().zip(&pass.module_gradient) {
            sum.resize(part.len(), T::zero());
            sum.iter_mut().zip(part).for_each(|(s, &p)| *s += p);
        }
        for (column, &trial) in pass.adjoint.chunks_exact(network.units()).zip(group) {
            starts[trial] = column.to_vec();
        }
    }
    Ok(Gradient { loss, parameters, module, starts })
}

/// Runs trials without gradients, on rayon's threads, and returns their responses in order.
///
/// # Errors
/// [`Error::Empty`] without trials or without a step, [`Error::Shape`] on a start of another length or a
/// target shorter than its segment, [`Error::NotFinite`] on a NaN or infinity, [`Error::OutOfRange`] on more
/// than 1e7 steps, [`Error::UnknownIndex`] on a motif that is not there, [`Error::MissingModule`] when a
/// transition needs the module of a network that has none.
pub fn respond<T: Real>(network: &TanhNetwork<T>, trials: &[Trial<T>]) -> Result<Vec<Response<T>>> {
    if trials.is_empty() {
        return Err(Error::Empty { what: "trials", remedy: "give at least one" });
    }
    trials.iter().try_for_each(|trial| trial.validate(network))?;
    let matrices = StepMatrices::new(network);
    let parts: Vec<Vec<(usize, Response<T>)>> = plan::groups(trials, GROUP)
        .into_par_iter()
        .map(|indices| {
            let members: Vec<&Trial<T>> = indices.iter().map(|&i| &trials[i]).collect();
            let mut pass = Pass::default();
            pass.forward(Group { network, matrices: &matrices, trials: &members }, Keep::Norms);
            let response = |(column, i): (usize, usize)| (i, pass.response(column, &trials[i]));
            indices.into_iter().enumerate().map(response).collect()
        })
        .collect();
    let mut responses: Vec<(usize, Response<T>)> = parts.into_iter().flatten().collect();
    responses.sort_by_key(|(index, _)| *index);
    Ok(responses.into_iter().map(|(_, response)| response).collect())
}
