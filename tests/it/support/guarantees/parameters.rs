//! Promises about the parameters of one network.

use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;

use super::{Violation, within};
use thalamo::Error;
use thalamo::linalg::{eigenvalues, expm, spectral_abscissa};
use thalamo::network::Network;

/// Largest distance of a target from the spectrum, relative to `1 + |target|`: the accuracy that designs of
/// loops promise. An eigensolver's own error, its backward error times the condition number of the
/// eigenvalue, stays orders of magnitude below it.
const ARRIVED: f64 = 1e-6;
/// Rounding, per unit of order, of what was solved for in the eigenvectors of A: relative to the condition
/// number of that basis.
const BASIS: f64 = 16.0 * f64::EPSILON;
/// Rounding, per unit of order, of a loop's weights relative to the norm of its matrix.
const SENSITIVE: f64 = 128.0 * f64::EPSILON;
/// Samples between two exponentials of their own.
const CHUNK: usize = 50;

/// The exponentials of every motif are eigenvalues of its loop.
///
/// $$ \hat\lambda_k \in \mathrm{spec}(A + u v^T), \qquad v^T (\hat\lambda_k I - A)^{-1} u = 1, $$
///
/// with the matrix formed anew from J, g, u and v. The two statements are equivalent in exact arithmetic. The
/// spectrum (1/tau) is met to $10^{-6} (1 + |\hat\lambda|)$, which leaves room for ill-conditioned
/// eigenvalues; the secular equation, by one linear solve $z = (\hat\lambda I - A)^{-1} u$ and without an
/// eigensolver, to $16 \epsilon N \kappa(R) (1 + |v| |z|)$: v was computed in the basis R of eigenvectors of
/// A and carries its rounding.
///
/// # Errors
/// [`Violation::Exceeded`] with the motif and the eigenvalue that is missed.
pub(crate) fn eigenvalues_placed(network: &Network) -> Result<(), Violation> {
    let a = network.system().matrix();
    let (n, condition) = (a.nrows(), network.system().eigen()?.condition());
    let complex = a.map(|x| Complex64::new(x, 0.0));
    for (index, learned) in network.motifs().iter().enumerate() {
        let own = learned.placed().unwrap().1;
        let spectrum = eigenvalues(&(a + own.input() * own.feedback().transpose()))?;
        let u = own.input().map(|x| Complex64::new(x, 0.0));
        for target in learned.placed().unwrap().0.eigenvalues() {
            let place = || format!("for {target} of motif {index}");
            let nearest = spectrum.iter().map(|z| (z - target).norm()).fold(f64::INFINITY, f64::min);
            within(
                "distance of a target from the spectrum of A + u v^T",
                nearest,
                ARRIVED * (1.0 + target.norm()),
                place,
            )?;
            let shifted = DMatrix::from_diagonal_element(n, n, *target) - &complex;
            let z = shifted
                .lu()
                .solve(&u)
                .ok_or(Error::Singular { what: "target times I - A", remedy: "move the target" })?;
            let secular: Complex64 = own.feedback().iter().zip(z.iter()).map(|(v, z)| z * *v).sum();
            let size = 1.0 + own.feedback().norm() * z.norm();
            within(
                "|v^T (target I - A)^-1 u - 1|",
                (secular - 1.0).norm(),
                BASIS * n as f64 * condition * size,
                place,
            )?;
        }
    }
    Ok(())
}

/// From its initial state, every motif's readout is its sum of exponentials:
///
/// $$ w^T e^{(A + u v^T) t} x_\mathrm{init} = \hat y(t) = \sum_k \alpha_k e^{\hat\lambda_k t} $$
///
/// at every sample, with the matrix and its exponentials formed anew. Limit, in units of the motif:
///
/// $$ 128 \epsilon N \Big( |w| |x_\mathrm{init}| +
///    |A_\mu|_F \int_0^t |w^T e^{A_\mu (t - s)}| \\, |x(s)| \\, ds \Big). $$
///
/// To first order, a change $\delta A$ of the loop's matrix moves the readout by at most $|\delta A|$ times
/// the integral: this is what rounding of the weights allows. Loops with cond(Q) near 1e8 amplify it a
/// million times, and need to.
///
/// # Errors
/// [`Violation::Exceeded`] with the motif and the time.
pub(crate) fn starts_play_fits(network: &Network) -> Result<(), Violation> {
    let a = network.system().matrix();
    let w = &network.system().single_readout()?;
    for (index, learned) in network.motifs().iter().enumerate() {
        let own = learned.placed().unwrap().1;
        let (dt, len) = (learned.motif().dt(), learned.motif().len());
        let system = a + own.input() * own.feedback().transpose();
        let start = own.initial_state();
        if start.len() != w.len() {
            let (expected, given) = ((w.len(), 1), (start.len(), 1));
            let remedy = "use a loop over this cortex";
            return Err(Error::Shape { what: "initial state", expected, given, remedy }.into());
        }
        let states = trajectory(&system, start, dt, len)?;
        let readout = states.tr_mul(w);
        let sizes: Vec<f64> = states.column_iter().map(|x| x.norm()).collect();
        let gains: Vec<f64> =
            trajectory(&system.transpose(), w, dt, len)?.column_iter().map(|row| row.norm()).collect();
        let rounding = SENSITIVE * w.len() as f64;
        for (sample, (y, expected)) in readout.iter().zip(learned.placed().unwrap().0.values(len)).enumerate()
        {
            let gains = gains[..=sample].iter().rev();
            let integral = dt * gains.zip(&sizes).map(|(gain, size)| gain * size).sum::<f64>();
            let limit = rounding * (w.norm() * start.norm() + system.norm() * integral);
            let place = || format!("in motif {index} at t = {:.3} tau", sample as f64 * dt);
            within("|readout - exponentials| from the initial state", (y - expected).abs(), limit, place)?;
        }
    }
    Ok(())
}

/// The only steady state of every preparation is the motif's initial state, and it is reached from anywhere:
///
/// $$ A_\mathrm{prep} x_\mathrm{init} + b = 0, \qquad \max \mathrm{Re}\\, \mathrm{spec}(A_\mathrm{prep}) < 0, \qquad
///    A_\mathrm{prep} = A + U V^T, $$
///
/// with the matrix formed anew from J, g, U and V. Limit of the residual (in units of x per tau):
/// $16 \epsilon N |A_\mathrm{prep}|_F |x_\mathrm{init}|$, the rounding of forming the matrix and one product
/// with it.
///
/// # Errors
/// [`Violation::Exceeded`] with the motif, or with the spectral abscissa of an unstable module.
pub(crate) fn preparation_settles(network: &Network) -> Result<(), Violation> {
    let module = network.preparation();
    let system = network.system().matrix() + module.input() * module.feedback().transpose();
    stable(&system)?;
    let rounding = BASIS * system.nrows() as f64 * system.norm();
    for (index, learned) in network.motifs().iter().enumerate() {
        let start = learned.initial_state();
        let residual = (&system * start + learned.bias()).norm();
        let place = || format!("in motif {index}");
        within("|A_prep x_init + b|", residual, rounding * start.norm(), place)?;
    }
    Ok(())
}

fn stable(system: &DMatrix<f64>) -> Result<(), Violation> {
    // A limit of zero is not to be reached.
    let limit = -f64::MIN_POSITIVE;
    let place = || "in the preparatory module".into();
    within("spectral abscissa of A + U V^T", spectral_abscissa(system)?, limit, place)
}

/// `e^{M n dt} x` for n = 0, ..., len - 1 (N x len): steps within a chunk, an exponential of its own from
/// chunk to chunk.
fn trajectory(
    system: &DMatrix<f64>,
    start: &DVector<f64>,
    dt: f64,
    len: usize,
) -> Result<DMatrix<f64>, Violation> {
    let (step, leap) = (expm(&(system * dt))?, expm(&(system * (dt * CHUNK as f64)))?);
    let mut states = DMatrix::zeros(start.len(), len);
    let mut head = start.clone();
    for first in (0..len).step_by(CHUNK) {
        let mut state = head.clone();
        for n in first..len.min(first + CHUNK) {
            states.set_column(n, &state);
            state = &step * state;
        }
        head = &leap * head;
    }
    Ok(states)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No public constructor makes a network with an unstable module.
    #[test]
    fn an_unstable_module_is_noticed() {
        assert_eq!(stable(&DMatrix::from_diagonal_element(2, 2, -0.5)), Ok(()));
        for abscissa in [0.5, 0.0] {
            let message = stable(&DMatrix::from_diagonal_element(2, 2, abscissa)).unwrap_err().to_string();
            assert!(message.starts_with("spectral abscissa of A + U V^T: expected at most -2"), "{message}");
            assert!(message.ends_with(&format!("{abscissa:.6e} in the preparatory module")), "{message}");
        }
    }
}
