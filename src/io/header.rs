//! What every file of this crate says first: its format, the version of it, and who wrote it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::content::{content, short};
use super::json;
use crate::{Error, Result};

/// A format, at the one version that this program writes and reads.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) format: &'static str,
    pub(super) version: u64,
    /// What to do about a file of another format.
    pub(super) remedy: &'static str,
}

#[derive(Serialize, Deserialize)]
struct Said<S> {
    format: S,
    version: u64,
    crate_version: S,
}

#[derive(Serialize)]
struct Whole<'a, T> {
    #[serde(flatten)]
    header: Said<&'static str>,
    #[serde(flatten)]
    content: &'a T,
}

impl Header {
    /// Header and content as JSON.
    pub(super) fn encode(&self, content: &impl Serialize) -> Result<Vec<u8>> {
        let crate_version = env!("CARGO_PKG_VERSION");
        json::encode(&Whole {
            header: Said { format: self.format, version: self.version, crate_version },
            content,
        })
    }

    /// From JSON, the header first: what follows it depends on the version. Returns the content,
    /// and the version of the crate that wrote it.
    pub(super) fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<(T, String)> {
        const EXPECTED: &str = "metadata with format and version";
        let mut object: Map<String, Value> = json::decode(bytes, EXPECTED)?;
        let keys = ["format", "version", "crate_version"];
        let header: Map<_, _> = keys.iter().filter_map(|key| object.remove_entry(*key)).collect();
        let said: Said<String> = json::from_value(header.into(), EXPECTED)?;
        if said.format != self.format {
            let (expected, given) =
                (format!("the format `{}`", self.format), format!("`{}`", short(&said.format)));
            return Err(content(expected, given, self.remedy));
        }
        if said.version != self.version {
            return Err(Error::Version { given: said.version, supported: self.version });
        }
        Ok((json::from_value(object.into(), self.format)?, said.crate_version))
    }
}
