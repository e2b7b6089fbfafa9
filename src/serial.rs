//! Serialisation of value types (feature `serde`). What is read passes the same checks as what is constructed.
//!
//! The types derive both traits with `serde(remote = "Self")`, which leaves the derived code in functions of their own;
//! the traits call these, and a check after reading.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::fit::{Fit, FitOptions};
use crate::loops::{LoopOptions, PlacementOptions};
use crate::motif::{Motif, OscillationOptions, StepOptions};
use crate::network::NoiseTolerance;
use crate::optim::LbfgsOptions;
use crate::play::{Noise, Sequence};
use crate::preparation::PreparationOptions;

/// Reads a value as derived, then passes it through a check that returns it or one rebuilt from it.
macro_rules! checked {
    ($($type:ty: |$value:ident| $check:expr;)*) => { $(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$type>::serialize(self, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let $value = <$type>::deserialize(deserializer)?;
                $check.map_err(serde::de::Error::custom)
            }
        }
    )* };
}

checked! {
    FitOptions: |it| it.validate().map(|()| it);
    LbfgsOptions: |it| it.check().map(|()| it);
    PlacementOptions: |it| it.check().map(|()| it);
    LoopOptions: |it| it.check().map(|()| it);
    PreparationOptions: |it| it.check().map(|()| it);
    NoiseTolerance: |it| it.check().map(|()| it);
    StepOptions: |it| it.validate().map(|()| it);
    OscillationOptions: |it| it.validate().map(|()| it);
    Noise: |it| it.check().map(|()| it);
    Motif: |it| Motif::new(it.dt(), it.values().to_vec());
    Sequence: |it| Sequence::new(it.motifs());
    Fit: |it| Fit::new(it.eigenvalues(), it.amplitudes(), it.dt())
        .and_then(|fit| fit.with_report(it.report().clone()));
}

/// JSON has no infinities: numbers that are not finite are written as words.
pub(crate) mod any_float {
    use super::*;

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Number {
        Finite(f64),
        Word(String),
    }

    pub(crate) fn serialize<S: Serializer>(x: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        let number = if x.is_finite() { Number::Finite(*x) } else { Number::Word(x.to_string()) };
        number.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        match Number::deserialize(deserializer)? {
            Number::Finite(x) => Ok(x),
            Number::Word(word) => word.parse().map_err(serde::de::Error::custom),
        }
    }
}
