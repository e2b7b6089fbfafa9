//! What every file of this crate says first: its format, the version of it, and who wrote it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::content::{content, short};
use super::json;
use crate::{Error, Result};

/// A format, at the version that this program writes; it reads that of before as well.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) format: &'static str,
    pub(super) version: u64,
    /// Turns content of the version before into this one's; `None` where there was none.
    pub(super) upgrade: Option<fn(&mut Map<String, Value>)>,
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
        if let (Some(upgrade), true) = (self.upgrade, whole.version + 1 == self.version) {
            upgrade(&mut whole.content);
        } else if whole.version != self.version {
            return Err(Error::Version { given: whole.version, supported: self.version });
        }
        Ok((json::from_value(whole.content.into(), self.format)?, whole.crate_version))
    }
}
