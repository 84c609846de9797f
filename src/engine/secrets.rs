//! Secret attributes: read when a program needs them, and masked in everything that is recorded.

use secrecy::{ExposeSecret, SecretString};

use super::mask::Mask;
use super::secret_error::SecretError;
use crate::plan::{SecretSource, Service, read_text_file};

/// The largest secret in bytes: a certificate with its chain and more.
const LONGEST: u64 = 64 * 1024;

/// Hoist's own vocabulary. Masking these words in messages would not help a person who chose one of them as a secret.
const OWN_WORDS: [&str; 24] = [
    "address",
    "arguments",
    "attributes",
    "bootout.json",
    "database",
    "directory",
    "ended with exit code",
    "healthy",
    "hostname",
    "instance",
    "interpreter",
    "localhost",
    "machine",
    "network",
    "password",
    "program",
    "running",
    "secret",
    "service",
    "template",
    "terminate",
    "terminated",
    "time limit",
    "timeout",
];

/// The values of a run's secrets.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets(Vec<(SecretSource, SecretString)>);

impl Secrets {
    /// Reads all secrets; the error names the one that cannot be read.
    pub(super) fn read<'a>(sources: impl IntoIterator<Item = &'a SecretSource>) -> Result<Self, SecretError> {
        sources.into_iter().map(|source| Ok((source.clone(), read(source)?))).collect::<Result<_, _>>().map(Self)
    }

    /// Returns the value of the secret from `source`.
    pub(super) fn get(&self, source: &SecretSource) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == source).map(|(_, value)| value.expose_secret())
    }

    /// Reads the secrets that can be read now, for a command that can do without the others.
    pub(super) fn readable<'a>(sources: impl IntoIterator<Item = &'a SecretSource>) -> Self {
        Self(sources.into_iter().filter_map(|source| Some((source.clone(), read(source).ok()?))).collect())
    }

    /// Adds the values of `other` that are not known yet: a file may contain another value by now, and values that a
    /// program was given before may still be printed. Returns whether there were any.
    pub(super) fn learn(&mut self, other: &Self) -> bool {
        let before = self.0.len();
        for (source, value) in &other.0 {
            let known = |(_, mine): &(SecretSource, SecretString)| mine.expose_secret() == value.expose_secret();
            if !self.0.iter().any(known) {
                self.0.push((source.clone(), value.clone()));
            }
        }
        self.0.len() > before
    }

    /// Returns a mask for these values.
    pub(super) fn mask(&self) -> Mask {
        Mask::new(self.values())
    }

    /// Returns a mask for hoist's own messages about services: names of the plan and hoist's own words are no secret
    /// there, and stay.
    pub(super) fn mask_for<'a>(&self, services: impl IntoIterator<Item = &'a Service>) -> Mask {
        if self.0.is_empty() {
            return Mask::default();
        }
        let mut kept: Vec<String> = OWN_WORDS.map(str::to_owned).into();
        for service in services {
            let programs = service.programs.iter().filter_map(|(_, program)| program.file.path.file_name());
            kept.extend(programs.map(|name| name.to_string_lossy().into_owned()));
            kept.push(service.name.clone());
        }
        kept.retain(|name| self.values().any(|value| name.to_lowercase().contains(&value.to_lowercase())));
        self.mask().keeping(kept)
    }

    fn values(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, value)| value.expose_secret())
    }
}

/// Reads one secret.
pub(super) fn read(source: &SecretSource) -> Result<SecretString, SecretError> {
    let value = match source {
        SecretSource::Env(name) => std::env::var(name).map_err(|error| match error {
            std::env::VarError::NotPresent => SecretError::NotSet(name.clone()),
            std::env::VarError::NotUnicode(_) => SecretError::NotUnicode(name.clone()),
        })?,
        SecretSource::File(path) => {
            let text = read_text_file(path, LONGEST);
            let mut text = text.map_err(|error| SecretError::Unreadable { path: path.clone(), error })?;
            text.truncate(text.trim_end_matches(['\n', '\r']).len());
            text
        }
    };
    match SecretError::of_length(source, &value) {
        Some(error) => Err(error),
        None => Ok(SecretString::from(value)),
    }
}
