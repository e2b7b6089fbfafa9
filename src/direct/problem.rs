//! One motif over one system, free of units: states in the scale c, time in the duration T.

use std::sync::Arc;

use nalgebra::{DMatrix, DVector};

use super::errors::{ModuleErrors, Prepared};
use super::options::DirectOptions;
use super::rank_one::OpenBasis;
use super::terms::Weights;
use crate::motif::Motif;
use crate::system::System;
use crate::{Result, check};

/// Every how many samples one is kept where there are too many.
const STRIDE: usize = 3;

/// What the objective needs to know, all of it free of units.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    /// A T.
    pub(super) matrix: DMatrix<f64>,
    /// W, columns times the output weights (N x D).
    pub(super) readout: DMatrix<f64>,
    /// S (N x N).
    pub(super) covariance: DMatrix<f64>,
    /// Samples over c, times the output weights (n x D).
    pub(super) samples: DMatrix<f64>,
    /// The first of them, where the readout must start.
    pub(super) first: Option<DVector<f64>>,
    /// Mean over the samples of their squared length.
    pub(super) power: f64,
    /// Every how many of the motif's samples one is kept, and how many the motif has.
    pub(super) stride: usize,
    pub(super) full: usize,
    pub(super) weights: Weights,
    /// The preparatory module, where its errors count.
    pub(super) module: Option<ModuleErrors>,
    /// Eigenvectors of A T, if there are.
    pub(super) open: Option<Arc<OpenBasis>>,
    /// T and c.
    pub(super) duration: f64,
    pub(super) scale: f64,
}

impl Problem {
    /// With all samples.
    pub(super) fn new(
        system: &System,
        prepared: Prepared<'_>,
        motif: &Motif,
        options: &DirectOptions,
    ) -> Result<Self> {
        options.validate()?;
        let covariance = prepared.covariance;
        let (units, outputs) = (system.units(), system.outputs());
        let expected = (motif.len(), outputs);
        check::shape("motif", motif.samples().shape(), expected, "give one column per output of the system")?;
        check::shape("covariance S", covariance.shape(), (units, units), "give S as N x N")?;
        check::finite("covariance S", covariance.as_slice())?;
        crate::linalg::lyapunov::check_symmetric("covariance S", covariance)?;
        let variances = covariance.diagonal();
        check::non_negative(
            "smallest variance of S",
            variances.iter().copied().fold(f64::INFINITY, f64::min),
        )?;
        check::count("rank of a direct loop", options.rank, 1..=units, "1 to the number of units N")?;
        let ones = vec![1.0; outputs];
        let given = if options.output_weights.is_empty() { &ones } else { &options.output_weights };
        check::shape("output weights", (given.len(), 1), (outputs, 1), "give one weight per output")?;
        let own = check::root_mean_square(motif.samples().iter().copied());
        let scale = options.scale.unwrap_or(own);
        let weighted = |m: &DMatrix<f64>, unit: f64| {
            DMatrix::from_fn(m.nrows(), m.ncols(), |i, o| m[(i, o)] / unit * given[o])
        };
        let samples = weighted(motif.samples(), scale);
        let duration = motif.duration();
        let matrix = system.matrix() * duration;
        check::no_overflow("A T", matrix.as_slice())?;
        let power = samples.norm_squared() / samples.nrows() as f64;
        check::no_overflow("motif in units of its scale", &[power])?;
        Ok(Self {
            matrix,
            readout: weighted(system.readout(), 1.0),
            covariance: covariance.clone(),
            first: options.exact_start.then(|| samples.row(0).transpose()),
            power,
            stride: 1,
            full: samples.nrows(),
            samples,
            weights: Weights::new(options),
            module: ModuleErrors::new(prepared.module, units, [options.module_error, options.input_error])?,
            open: system.eigen().ok().map(|eigen| Arc::new(OpenBasis::new(eigen, duration))),
            duration,
            scale,
        })
    }

    /// The same with every third sample, where there are more than this.
    pub(super) fn thinned(&self, most: usize) -> Self {
        if self.full <= most {
            return self.clone();
        }
        let kept = self.full.div_ceil(STRIDE);
        let samples = DMatrix::from_fn(kept, self.samples.ncols(), |n, o| self.samples[(n * STRIDE, o)]);
        let power = samples.norm_squared() / kept as f64;
        Self { samples, power, stride: STRIDE, ..self.clone() }
    }

    pub(super) fn units(&self) -> usize {
        self.readout.nrows()
    }

    pub(super) fn outputs(&self) -> usize {
        self.readout.ncols()
    }

    /// Time between two samples, in units of T.
    pub(super) fn spacing(&self) -> f64 {
        self.stride as f64 / self.full as f64
    }
}
