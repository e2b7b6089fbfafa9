//! The one list of the arrays that belong to a network. Files, fingerprints, comparisons bit by bit
//! and networks made anew from their numbers follow it: an array is added by one line here.

use nalgebra::{DMatrix, DVector};

use super::library::Network;
use super::motif::LearnedMotif;
use crate::preparation::Preparation;
use crate::system::System;
use crate::{Complex64, Result};

/// One array of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Its name in files: `J`, or `motif_0/u`.
    pub name: String,
    /// What it is, in words.
    pub words: &'static str,
    /// The motif that it belongs to; `None` for what all motifs share.
    pub motif: Option<usize>,
    /// Its numbers.
    pub numbers: Numbers,
}

/// The numbers of one array.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Numbers {
    /// A single one.
    Number(f64),
    /// A list.
    Vector(Vec<f64>),
    /// One column per loop, neuron of a module, or unit.
    Matrix(DMatrix<f64>),
    /// A list of complex ones.
    Complex(Vec<Complex64>),
}

impl Array {
    /// Its numbers bit by bit, which tells 0 from -0; column by column, complex ones as real and
    /// imaginary part.
    pub fn bits(&self) -> Vec<u64> {
        let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect();
        match &self.numbers {
            Numbers::Number(x) => vec![x.to_bits()],
            Numbers::Vector(x) => bits(x),
            Numbers::Matrix(x) => bits(x.as_slice()),
            Numbers::Complex(z) => z.iter().flat_map(|z| [z.re.to_bits(), z.im.to_bits()]).collect(),
        }
    }
}

/// Whatever holds arrays by name, such as a file.
pub(crate) trait Source {
    fn contains(&self, name: &str) -> bool;
    fn number(&self, name: &str) -> Result<f64>;
    /// A list of any length.
    fn series(&self, name: &str) -> Result<Vec<f64>>;
    /// One entry per unit.
    fn per_unit(&self, name: &str) -> Result<DVector<f64>>;
    /// One row per unit.
    fn columns(&self, name: &str) -> Result<DMatrix<f64>>;
    /// One row per unit, or a list with one entry per unit for a single column.
    fn one_or_more(&self, name: &str) -> Result<Columns>;
    fn complex(&self, name: &str) -> Result<Vec<Complex64>>;
}

/// A type that an array may have.
trait Kind: Sized {
    fn read(source: &impl Source, name: &str) -> Result<Self>;
    /// `None` where the owner has no such array.
    fn numbers(self) -> Option<Numbers>;
}

impl<T: Kind> Kind for Option<T> {
    fn read(source: &impl Source, name: &str) -> Result<Self> {
        if source.contains(name) { T::read(source, name).map(Some) } else { Ok(None) }
    }

    fn numbers(self) -> Option<Numbers> {
        self.and_then(T::numbers)
    }
}

macro_rules! kinds {
    ($($type:ty: $method:ident, $make:expr;)*) => {$(
        impl Kind for $type {
            fn read(source: &impl Source, name: &str) -> Result<Self> {
                source.$method(name)
            }

            fn numbers(self) -> Option<Numbers> {
                Some($make(self))
            }
        }
    )*};
}

kinds! {
    f64: number, Numbers::Number;
    Vec<f64>: series, Numbers::Vector;
    DVector<f64>: per_unit, |x: DVector<f64>| Numbers::Vector(x.data.into());
    DMatrix<f64>: columns, Numbers::Matrix;
    Vec<Complex64>: complex, Numbers::Complex;
    Columns: one_or_more, |Columns(x): Columns| match x.ncols() {
        1 => Numbers::Vector(x.data.into()),
        _ => Numbers::Matrix(x),
    };
}

/// A column per loop, one row per unit; a list where there is one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Columns(pub(crate) DMatrix<f64>);

/// Declares arrays that belong together: each with its field and type, its name in files, what it
/// is in words, and how it is got from its owner.
macro_rules! arrays {
    ($(#[$doc:meta])* $name:ident of $owner:ident {
        $($field:ident: $kind:ty = $file:literal, $words:literal, $get:expr;)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub(crate) struct $name {
            $(#[doc = $words] pub(crate) $field: $kind,)*
        }

        impl $name {
            /// From whatever holds them by name, after a prefix.
            pub(crate) fn read(source: &impl Source, prefix: &str) -> Result<Self> {
                Ok(Self { $($field: Kind::read(source, &format!("{prefix}{}", $file))?,)* })
            }

            pub(crate) fn list(owner: &$owner, motif: Option<usize>) -> Vec<Array> {
                let prefix = motif.map(motif_prefix).unwrap_or_default();
                $(let $field: fn(&$owner) -> $kind = $get;)*
                let all = [$((format!("{prefix}{}", $file), $words, Kind::numbers($field(owner))),)*];
                let there = |(name, words, numbers)| Some(Array { name, words, motif, numbers: numbers? });
                all.into_iter().filter_map(there).collect()
            }
        }
    };
}

arrays! {
    /// The system: by connectivity and gain where it was made from them, else by its matrix.
    SystemArrays of System {
        recurrent: Option<DMatrix<f64>> = "J", "connectivity J", |s| s.cortex().map(|c| c.recurrent().clone());
        readout: DVector<f64> = "w", "readout w", |s| DVector::from_column_slice(s.readout().as_slice());
        gain: Option<f64> = "gain", "gain g", |s| s.cortex().map(|c| c.gain());
        matrix: Option<DMatrix<f64>> = "A", "system A", |s| s.cortex().is_none().then(|| s.matrix().clone());
    }
}

arrays! {
    /// The preparatory module.
    ModuleArrays of Preparation {
        input: DMatrix<f64> = "U_prep", "weights U", |p| p.input().clone();
        feedback: DMatrix<f64> = "V_prep", "weights V", |p| p.feedback().clone();
        switch: Option<f64> = "switch", "time at which inputs switch", |p| p.switch();
    }
}

arrays! {
    /// What belongs to one motif alone.
    MotifArrays of LearnedMotif {
        target: Vec<f64> = "target", "target series", |m| m.motif().values().to_vec();
        eigenvalues: Option<Vec<Complex64>> = "eigenvalues", "eigenvalues",
            |m| m.placed().map(|(fit, _)| fit.eigenvalues().to_vec());
        amplitudes: Option<Vec<Complex64>> = "amplitudes", "amplitudes",
            |m| m.placed().map(|(fit, _)| fit.amplitudes().as_slice().to_vec());
        input: Columns = "u", "weights u", |m| Columns(m.weights().input().clone());
        feedback: Columns = "v", "weights v", |m| Columns(m.weights().feedback().clone());
        initial_state: DVector<f64> = "x_init", "initial state", |m| m.initial_state().clone();
        starting_bias: Option<DVector<f64>> = "b_start", "bias b_1 until the switch", |m| m.starting_bias().cloned();
        bias: DVector<f64> = "b", "bias b", |m| m.bias().clone();
    }
}

/// What the names of a motif's arrays begin with.
pub(crate) fn motif_prefix(index: usize) -> String {
    format!("motif_{index}/")
}

impl Network {
    /// All arrays: those that all motifs share, then motif by motif.
    ///
    /// ```
    /// # use thalamo::{Cortex, Network, NetworkOptions, motif::oscillating_motifs};
    /// # let mut options = NetworkOptions::default();
    /// # options.preparation.rank = Some(15);
    /// let motifs = oscillating_motifs(1, 1)?;
    /// let network = Network::build(Cortex::random(40, 0.5, 1)?, &motifs, &options, 1)?;
    /// let names: Vec<_> = network.arrays().into_iter().map(|array| array.name).collect();
    /// assert_eq!(names[..4], ["J", "w", "gain", "U_prep"]);
    /// assert_eq!(names.last().unwrap(), "motif_0/b");
    /// # Ok::<(), thalamo::Error>(())
    /// ```
    pub fn arrays(&self) -> Vec<Array> {
        let own = |(index, learned)| MotifArrays::list(learned, Some(index));
        let mut all = SystemArrays::list(self.system(), None);
        all.extend(ModuleArrays::list(self.preparation(), None));
        all.extend(self.motifs().iter().enumerate().flat_map(own));
        all
    }
}
