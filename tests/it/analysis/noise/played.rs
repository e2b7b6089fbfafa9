//! A motif whose weights can be perturbed, played by exponentials alone, and its sensitivities by quadrature.

use super::{DT, Matrix, Vector};
use crate::support::*;
use rand_chacha::ChaCha8Rng;
use thalamo::Network;
use thalamo::analysis::noise::*;
use thalamo::linalg::expm;

/// A motif with its preparation, weights of which can be perturbed; played by exponentials alone.
pub(crate) struct Played {
    pub(crate) system: Matrix,
    pub(crate) preparation: Matrix,
    pub(crate) bias: Vector,
    pub(crate) start: Vector,
    pub(crate) duration: f64,
    pub(crate) readout: Vector,
    pub(crate) input: Vector,
    pub(crate) feedback: Vector,
    pub(crate) gain: f64,
    pub(crate) samples: usize,
}

impl Played {
    pub(crate) fn of(network: &Network, duration: f64, start: Vector) -> Self {
        let learned = &network.motifs()[0];
        Self {
            system: learned.motif_loop().system().clone(),
            preparation: network.preparation().system().clone(),
            bias: learned.bias().clone(),
            start,
            duration,
            readout: network.system().single_readout().unwrap(),
            input: learned.motif_loop().input().column(0).into_owned(),
            feedback: learned.motif_loop().feedback().column(0).into_owned(),
            gain: network.system().cortex().unwrap().gain(),
            samples: learned.motif().len(),
        }
    }

    /// Random systems of any stability and spectrum, with an unrelated preparation.
    pub(crate) fn random(n: usize, seed: u64, samples: usize, duration: f64) -> Self {
        let mut rng = rng(seed);
        let scale = 1.0 / (n as f64).sqrt();
        let mut system = normal_matrix(n, n, &mut rng) * scale;
        if seed.is_multiple_of(3) {
            // Defective: one eigenvalue, one eigenvector.
            system = Matrix::from_fn(n, n, |i, j| if i == j { -0.3 } else { f64::from(j == i + 1) });
        }
        let mut vector = || normal_vector(n, &mut rng);
        let (input, feedback, readout, start, bias) = (vector(), vector(), vector(), vector(), vector());
        let preparation = normal_matrix(n, n, &mut rng) * scale - Matrix::identity(n, n) * 1.5;
        Self { system, preparation, bias, start, duration, readout, input, feedback, gain: 0.5, samples }
    }

    pub(crate) fn fixed_point(&self) -> Vector {
        -self.preparation.clone().lu().solve(&self.bias).unwrap()
    }

    /// Readout with `u + du`, `v + dv`, `J + dJ` in full, `du dv^T` included; the bias stays.
    pub(crate) fn play(&self, du: &Vector, dv: &Vector, dj: &Matrix) -> Vec<f64> {
        let n = self.start.len();
        let recurrent = dj * self.gain;
        let (u, v) = (&self.input, &self.feedback);
        let system = &self.system + (u + du) * (v + dv).transpose() - u * v.transpose() + &recurrent;
        // The affine flow through the augmented matrix: no fixed point needed.
        let mut affine = Matrix::zeros(n + 1, n + 1);
        affine.view_mut((0, 0), (n, n)).copy_from(&(&self.preparation + &recurrent));
        affine.view_mut((0, n), (n, 1)).copy_from(&self.bias);
        let flow = expm(&(affine * self.duration)).unwrap();
        let mut x = flow.view((0, 0), (n, n)) * &self.start + flow.view((0, n), (n, 1));
        let step = expm(&(system * DT)).unwrap();
        let mut readout = Vec::with_capacity(self.samples);
        for _ in 0..self.samples {
            readout.push(self.readout.dot(&x));
            x = &step * x;
        }
        readout
    }

    pub(crate) fn play_scaled(&self, draw: &(Vector, Vector, Matrix), scale: f64) -> Vec<f64> {
        self.play(&(&draw.0 * scale), &(&draw.1 * scale), &(&draw.2 * scale))
    }

    pub(crate) fn quiet(&self) -> Vec<f64> {
        let n = self.start.len();
        self.play(&Vector::zeros(n), &Vector::zeros(n), &Matrix::zeros(n, n))
    }

    pub(crate) fn motif(&self) -> MotifReadout {
        MotifReadout::new(&self.system, &self.readout, DT, self.samples).unwrap()
    }

    pub(crate) fn sensitivity(&self) -> WeightSensitivity {
        let fixed_point = self.fixed_point();
        let approach = Approach::Preparation {
            system: &self.preparation,
            fixed_point: &fixed_point,
            start: &self.start,
            duration: self.duration,
        };
        self.motif().weight_sensitivity(&self.weights(), &approach).unwrap()
    }

    pub(crate) fn weights(&self) -> LoopWeights<'_> {
        LoopWeights { input: &self.input, feedback: &self.feedback, gain: self.gain }
    }

    /// A perturbation with standard normal entries times the three standard deviations.
    pub(crate) fn draw(&self, noise: &WeightNoise, rng: &mut ChaCha8Rng) -> (Vector, Vector, Matrix) {
        let n = self.start.len();
        let du = normal_vector(n, rng) * noise.input;
        let dv = normal_vector(n, rng) * noise.feedback;
        (du, dv, normal_matrix(n, n, rng) * noise.recurrent)
    }
}

/// `int_0^t e^{A^T (t - r)} w (e^{A r} x)^T dr` by Simpson's rule on 200 and 400 panels, extrapolated.
pub(crate) fn integral(a: &Matrix, w: &Vector, x: &Vector, t: f64) -> Matrix {
    let rule = |panels: usize| {
        let h = t / panels as f64;
        let step = expm(&(a * h)).unwrap();
        let (mut states, mut costates) = (vec![x.clone()], vec![w.clone()]);
        for k in 0..panels {
            states.push(&step * &states[k]);
            costates.push(step.tr_mul(&costates[k]));
        }
        let mut sum = Matrix::zeros(w.len(), w.len());
        for k in 0..=panels {
            let weight = if k == 0 || k == panels { 1.0 } else { f64::from(2 + 2 * (k as u32 % 2)) };
            sum += &costates[panels - k] * states[k].transpose() * (weight * h / 3.0);
        }
        sum
    };
    let (coarse, fine) = (rule(200), rule(400));
    &fine + (&fine - &coarse) / 15.0
}
