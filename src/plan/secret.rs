//! The sources of secret attributes. Their values are never part of a plan.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::source;
use crate::diagnostics::shown;

/// The minimum number of characters of a secret: a shorter one could not be told from other text in the output of
/// programs.
pub const SHORTEST_SECRET: usize = 6;

/// The source of a secret, which is read only when needed, by the process that needs it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file with an absolute path; a final line end is ignored.
    File(PathBuf),
}

/// The error for a text that is not a source of a secret; the text, escaped for display.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" says of no secret where it is; write \"env:NAME\" or \"file:PATH\"")]
pub(crate) struct NoSecretSource(String);

impl SecretSource {
    /// Parses `env:NAME` or `file:PATH`; a relative path is below `directory`, and `~/` below `home`.
    pub(crate) fn parse(text: &str, directory: &Path, home: Option<&Path>) -> Result<Self, NoSecretSource> {
        match text.split_once(':') {
            Some(("env", name)) if is_variable(name) => Ok(Self::Env(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(source::resolve(directory, path, home))),
            _ => Err(NoSecretSource(shown(text))),
        }
    }
}

impl SecretSource {
    /// Returns the defect of a value that is too short to be kept secret.
    pub fn too_short(&self, value: &str) -> Option<String> {
        let count = value.chars().count();
        (count < SHORTEST_SECRET).then(|| {
            format!(
                "the secret from {self} has less than {SHORTEST_SECRET} characters ({count}): too few to keep it out of what \
                 programs print"
            )
        })
    }

    /// Returns that defect for the value that this process finds, if it finds one.
    pub(super) fn found_too_short(&self) -> Option<String> {
        match self {
            Self::Env(name) => self.too_short(&std::env::var(name).ok()?),
            Self::File(path) => {
                let is_small = |size: u64| size <= 4 * SHORTEST_SECRET as u64 + 2;
                std::fs::metadata(path).ok().filter(|found| found.is_file() && is_small(found.len()))?;
                let text = std::fs::read_to_string(path).ok()?;
                self.too_short(text.trim_end_matches(['\n', '\r']))
            }
        }
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
}

/// Formats as `env:DB_PASSWORD` or `file:/etc/db.password`.
impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}
