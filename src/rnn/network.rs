//! A tanh network: what is shared, what each motif has, and the transition module.

use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{Architecture, Parameters, Real, TransitionModule, real::finite};
use crate::{Error, Result, check};

/// More units than this are taken for a mistake: the state history of one minibatch would fill 40
/// GB.
const MAX_UNITS: usize = 10_000;

/// More motifs than this are taken for a mistake.
const MAX_MOTIFS: usize = 10_000;

/// How a tanh network is drawn.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "io", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct TanhOptions {
    /// The architecture.
    pub architecture: Architecture,
    /// Number of units N.
    pub units: usize,
    /// Gain $g$ of the fixed connectivity $g J$, $J_{ij} \sim N(0, 1/N)$; in the control network,
    /// whose gain is 1, the initial scale: $J_{ij} \sim N(0, g^2/N)$.
    pub gain: f64,
    /// Initial scale $g_0$ of the loops, $u_\mu, v_\mu \sim N(0, g_0^2/N)$ (multiplicative only).
    pub loop_gain: f64,
    /// Euler step, in tau, in (0, 1].
    pub dt: f64,
    /// Seed of every random number.
    pub seed: u64,
}

crate::check::with!(TanhOptions);

impl TanhOptions {
    /// The paper's network: 300, 100 or 50 units, gain 1.4, loop gain 1.5, dt 0.1 tau, seed 1.
    pub fn new(architecture: Architecture) -> Self {
        let units = match architecture {
            Architecture::Additive => 300,
            Architecture::Multiplicative => 100,
            Architecture::Control => 50,
        };
        Self { architecture, units, gain: 1.4, loop_gain: 1.5, dt: 0.1, seed: 1 }
    }

    /// Fails on a value outside its range.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] on no units or too many, a gain or a step.
    pub fn validate(&self) -> Result<()> {
        if !(1..=MAX_UNITS).contains(&self.units) {
            return Err(Error::OutOfRange {
                what: "units N",
                expected: "1 to 10000",
                given: self.units as f64,
            });
        }
        check::non_negative("gain g", self.gain)?;
        check::non_negative("loop gain g_0", self.loop_gain)?;
        step(self.dt)
    }
}

fn step(dt: f64) -> Result<()> {
    if dt > 0.0 && dt <= 1.0 {
        Ok(())
    } else {
        Err(Error::OutOfRange { what: "Euler step dt", expected: "more than 0, at most 1 tau", given: dt })
    }
}

/// A network of tanh units that plays motif $\mu$ under $b_\mu$ and, if multiplicative,
/// $u_\mu v_\mu^T$; see [`Architecture`] for the equations. Simulated by Euler steps
///
/// $$ x_{k+1} = x_k + dt \\,\bigl(-x_k + h_\mu(\tanh x_k)\bigr), \qquad y_k = w^T \tanh x_{k+1}. $$
///
/// ```
/// use thalamo::rnn::{Architecture, TanhNetwork, TanhOptions};
/// let network = TanhNetwork::<f32>::random(&TanhOptions::new(Architecture::Control), 10)?;
/// assert_eq!(network.parameters().count(), 3050);
/// # Ok::<(), thalamo::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TanhNetwork<T: Real> {
    architecture: Architecture,
    /// Gain $g$ of the connectivity, 1 in a control network.
    pub(super) gain: f64,
    /// Euler step, in tau.
    pub(super) dt: f64,
    fixed_recurrent: DMatrix<T>,
    fixed_readout: DVector<T>,
    pub(super) parameters: Parameters<T>,
    pub(super) module: Option<TransitionModule<T>>,
}

impl<T: Real> TanhNetwork<T> {
    /// A network drawn at random for `motifs` motifs, with zero biases.
    ///
    /// Connectivity and readout come from one stream of the seed and each motif's loop from its own, so
    /// motif $\mu$ starts the same however many there are.
    ///
    /// # Errors
    /// As [`TanhOptions::validate`]; [`Error::OutOfRange`] on no motifs or too many.
    pub fn random(options: &TanhOptions, motifs: usize) -> Result<Self> {
        options.validate()?;
        if !(1..=MAX_MOTIFS).contains(&motifs) {
            return Err(Error::OutOfRange {
                what: "motif count",
                expected: "1 to 10000",
                given: motifs as f64,
            });
        }
        let &TanhOptions { architecture, units, gain, loop_gain, dt, seed } = options;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let std = 1.0 / (units as f64).sqrt();
        let control = architecture == Architecture::Control;
        let scale = T::of(if control { gain * std } else { std });
        let recurrent = DMatrix::from_fn(units, units, |_, _| scale * T::normal(&mut rng));
        let readout = DVector::from_fn(units, |_, _| T::of(std) * T::normal(&mut rng));
        let gain = if control { 1.0 } else { gain };
        let mut network = Self::new(architecture, recurrent, readout, gain, dt)?;
        let Parameters { biases, mut left, mut right, .. } = Parameters::zeros(architecture, units, motifs);
        for (motif, (mut u, mut v)) in left.column_iter_mut().zip(right.column_iter_mut()).enumerate() {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(1 + motif as u64);
            let loops = u.iter_mut().chain(v.iter_mut());
            loops.for_each(|entry| *entry = T::of(loop_gain * std) * T::normal(&mut rng));
        }
        network.parameters = Parameters { biases, left, right, ..network.parameters };
        Ok(network)
    }

    /// A network without motifs from its connectivity `J` (N x N), readout `w` (N), gain `g` and step `dt`
    /// (tau).
    ///
    /// # Errors
    /// [`Error::Empty`] without units, [`Error::Shape`] on shapes that do not match,
    /// [`Error::NotFinite`] on a NaN or infinity, [`Error::OutOfRange`] on a gain or step.
    pub fn new(
        architecture: Architecture,
        recurrent: DMatrix<T>,
        readout: DVector<T>,
        gain: f64,
        dt: f64,
    ) -> Result<Self> {
        let units = readout.len();
        if units == 0 {
            return Err(Error::Empty { what: "readout w", remedy: "give one weight per unit" });
        }
        let remedy = "give J as N x N for the N of w";
        check::shape("connectivity J", recurrent.shape(), (units, units), remedy)?;
        finite("connectivity J", recurrent.as_slice())?;
        finite("readout w", readout.as_slice())?;
        check::non_negative("gain g", gain)?;
        step(dt)?;
        let mut parameters = Parameters::zeros(architecture, units, 0);
        let (mut fixed_recurrent, mut fixed_readout) = (recurrent, readout);
        if architecture == Architecture::Control {
            parameters.recurrent = std::mem::replace(&mut fixed_recurrent, DMatrix::zeros(0, 0));
            parameters.readout = std::mem::replace(&mut fixed_readout, DVector::zeros(0));
        }
        Ok(Self { architecture, gain, dt, fixed_recurrent, fixed_readout, parameters, module: None })
    }

    /// The same network with other learned numbers, for as many motifs as they have columns.
    ///
    /// # Errors
    /// [`Error::Shape`] when an array has a shape that the architecture does not ask for,
    /// [`Error::NotFinite`] on a NaN or infinity.
    pub fn with_parameters(mut self, parameters: Parameters<T>) -> Result<Self> {
        let names = ["biases", "loops u", "loops v", "connectivity J", "readout w"];
        let expected = Parameters::<T>::zeros(self.architecture, self.units(), parameters.biases.ncols());
        let shapes = parameters.shapes().into_iter().zip(expected.shapes());
        for (what, (given, expected)) in names.into_iter().zip(shapes) {
            check::shape(what, given, expected, "take the parameters of a network of the same architecture")?;
        }
        for (what, array) in names.into_iter().zip(parameters.arrays()) {
            finite(what, array)?;
        }
        self.parameters = parameters;
        Ok(self)
    }

    /// The same network with a transition module, which acts in the transition phases of a
    /// [`Trial`](super::Trial).
    ///
    /// From then on the biases of a multiplicative network act in transition phases only and its loops
    /// in motif phases only; in the other architectures biases act in both.
    ///
    /// # Errors
    /// [`Error::Empty`] without columns, [`Error::Shape`] when U and V have different shapes or are for
    /// another number of units, [`Error::NotFinite`] on a NaN or infinity.
    pub fn with_module(mut self, module: TransitionModule<T>) -> Result<Self> {
        let TransitionModule { input, feedback } = &module;
        if input.is_empty() {
            return Err(Error::Empty { what: "transition module U", remedy: "give N x P numbers" });
        }
        let expected = (self.units(), input.ncols());
        for (what, matrix) in [("transition module U", input), ("transition module V", feedback)] {
            check::shape(what, matrix.shape(), expected, "give U and V as N x P for the same N")?;
            finite(what, matrix.as_slice())?;
        }
        self.module = Some(module);
        Ok(self)
    }

    /// The architecture.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// Number of units N.
    pub fn units(&self) -> usize {
        self.readout().len()
    }

    /// Number of motifs.
    pub fn motifs(&self) -> usize {
        self.parameters.biases.ncols()
    }

    /// Connectivity $J$ without its gain, N x N.
    pub fn recurrent(&self) -> &DMatrix<T> {
        match self.architecture {
            Architecture::Control => &self.parameters.recurrent,
            _ => &self.fixed_recurrent,
        }
    }

    /// Readout $w$, N.
    pub fn readout(&self) -> &DVector<T> {
        match self.architecture {
            Architecture::Control => &self.parameters.readout,
            _ => &self.fixed_readout,
        }
    }

    /// What is learned.
    pub fn parameters(&self) -> &Parameters<T> {
        &self.parameters
    }

    /// The transition module, if there is one.
    pub fn module(&self) -> Option<&TransitionModule<T>> {
        self.module.as_ref()
    }
}
