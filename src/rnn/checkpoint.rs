//! A training as it stands, to be stored and gone on with.

use super::{Adam, TanhNetwork, TanhOptions, Trainer, TrainingOptions};
use crate::motif::Motif;
use crate::{Error, Result, check};

/// All that a [`Trainer`] needs to go on to the same bits.
///
/// Connectivity and readout are not among it where they are not learned: they follow from `options`.
/// The type is also what trained networks are published as, then without Adam's moments and with a
/// thinned learning curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// How the network was drawn.
    pub options: TanhOptions,
    /// How it is trained.
    pub training: TrainingOptions,
    /// What it is trained on.
    pub motifs: Vec<Motif>,
    /// The network as it stands.
    pub network: TanhNetwork<f32>,
    /// Adam's moments; without them training cannot go on.
    pub adam: Option<Adam<f32>>,
    /// Losses, each the mean of `stride` minibatches.
    pub curve: Vec<f64>,
    /// Minibatches per entry of the curve; training can go on when it is 1.
    pub stride: usize,
}

impl Checkpoint {
    /// The state of a training whose network was drawn with `options`.
    ///
    /// # Errors
    /// [`Error::Disagrees`] when other options would be needed to draw it again.
    pub fn new(trainer: &Trainer, options: &TanhOptions) -> Result<Self> {
        let checkpoint = Self {
            options: options.clone(),
            training: trainer.options.clone(),
            motifs: trainer.motifs.clone(),
            network: trainer.network.clone(),
            adam: Some(trainer.adam.clone()),
            curve: trainer.curve.clone(),
            stride: 1,
        };
        checkpoint.verify()?;
        Ok(checkpoint)
    }

    /// Fails unless `options` draw the same fixed connectivity and readout, to the bit.
    ///
    /// # Errors
    /// [`Error::Disagrees`]; as [`TanhNetwork::random`].
    pub(crate) fn verify(&self) -> Result<()> {
        let mut drawn = TanhNetwork::<f32>::random(&self.options, self.network.motifs())?;
        drawn.parameters = self.network.parameters.clone();
        drawn.module = self.network.module.clone();
        if drawn == self.network {
            return Ok(());
        }
        let what = "fixed connectivity and readout";
        Err(Error::Disagrees { what, difference: f64::INFINITY, limit: 0.0 })
    }

    /// The training, to go on with: what follows has the same bits as without the interruption.
    ///
    /// # Errors
    /// [`Error::Empty`] without Adam's moments; [`Error::Count`] on a thinned learning curve;
    /// [`Error::Shape`] when moments or curve do not fit, [`Error::OutOfRange`] on a negative second moment;
    /// as [`Trainer::new`].
    pub fn into_trainer(self) -> Result<Trainer> {
        let remedy = "resume from a checkpoint, not from a finished network";
        let adam = self.adam.ok_or(Error::Empty { what: "Adam's moments", remedy })?;
        if self.stride != 1 {
            let what = "minibatches per entry of the learning curve";
            return Err(Error::Count { what, expected: "1, as a checkpoint has", given: self.stride });
        }
        let mut trainer = Trainer::new(self.network, &self.motifs, &self.training)?;
        adam.validate()?;
        let remedy = "resume with the network and options the state came from";
        let expected = (trainer.adam.first.len(), 1);
        check::shape("Adam's moments", (adam.first.len(), 1), expected, remedy)?;
        let steps = usize::try_from(adam.steps).unwrap_or(usize::MAX);
        check::shape("learning curve", (self.curve.len(), 1), (steps, 1), remedy)?;
        check::finite("learning curve", &self.curve)?;
        (trainer.adam, trainer.curve) = (adam, self.curve);
        Ok(trainer)
    }
}
