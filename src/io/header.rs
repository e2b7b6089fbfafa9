//! What every file of this crate says first: its format, the version of it, and who wrote it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::content::{content, short};
use super::json;
use crate::{Error, Result};

/// A format, at the version that this program writes; it reads older ones as well.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) format: &'static str,
    pub(super) version: u64,
    /// What turns content of each version into that of the next, from version 1 on.
    pub(super) upgrades: &'static [fn(&mut Map<String, Value>)],
    /// What to do about a file of another format.
    pub(super) remedy: &'static str,
}

#[derive(Serialize, Deserialize)]
struct Whole<T> {
    format: String,
    version: u64,
    crate_version: String,
    #[serde(flatten)]
    content: T,
}

impl Header {
    /// Header and content as JSON.
    pub(super) fn encode(&self, content: &impl Serialize) -> Result<Vec<u8>> {
        let crate_version = env!("CARGO_PKG_VERSION").into();
        json::encode(&Whole { format: self.format.into(), version: self.version, crate_version, content })
    }

    /// From JSON, the header first: what follows it depends on the version. Returns the content,
    /// and the version of the crate that wrote it.
    pub(super) fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<(T, String)> {
        let mut whole: Whole<Map<String, Value>> = json::decode(bytes, "metadata with format and version")?;
        if whole.format != self.format {
            let given = format!("`{}`", short(&whole.format));
            return Err(content(format!("the format `{}`", self.format), given, self.remedy));
        }
        let steps = self.version.checked_sub(whole.version).and_then(|steps| usize::try_from(steps).ok());
        let first = steps.and_then(|steps| self.upgrades.len().checked_sub(steps));
        let Some(first) = first else {
            return Err(Error::Version { given: whole.version, supported: self.version });
        };
        self.upgrades[first..].iter().for_each(|upgrade| upgrade(&mut whole.content));
        Ok((json::from_value(whole.content.into(), self.format)?, whole.crate_version))
    }
}
