//! Secret attributes: read when a program needs them, and taken out of everything that is recorded.

use secrecy::{ExposeSecret, SecretString};

use super::host::{Finished, OUTPUT_LIMIT};
use crate::plan::SecretSource;

/// The shortest secret: shorter ones could not be told from other text in a program's output.
const SHORTEST: usize = 6;

/// The largest secret, a certificate with its chain and more.
const LONGEST: u64 = 64 * 1024;

/// What stands in the place of a secret.
const MASK: &str = "[secret]";

/// The values of a run's secrets.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets(Vec<(SecretSource, SecretString)>);

impl Secrets {
    /// Reads them all; the error says which one cannot be read.
    pub(super) fn read<'a>(sources: impl IntoIterator<Item = &'a SecretSource>) -> Result<Self, String> {
        sources.into_iter().map(|source| Ok((source.clone(), read(source)?))).collect::<Result<_, _>>().map(Self)
    }

    /// The value of the secret from `source`.
    pub(super) fn get(&self, source: &SecretSource) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == source).map(|(_, value)| value.expose_secret())
    }

    /// The text with every secret masked: whole, as JSON writes it, and the lines of those that have several.
    pub(super) fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for (_, value) in &self.0 {
            let value = value.expose_secret();
            let json = serde_json::Value::from(value).to_string();
            let lines = value.lines().map(str::trim).filter(|line| line.len() >= SHORTEST);
            for form in [value, json.trim_matches('"')].into_iter().chain(lines) {
                if masked.contains(form) {
                    masked = masked.replace(form, MASK);
                }
            }
        }
        masked
    }

    /// What a program printed, masked. Of output that was cut the first line goes: it may begin within a secret.
    pub(super) fn mask_finished(&self, mut finished: Finished) -> Finished {
        if self.0.is_empty() {
            return finished;
        }
        if finished.output.len() + MASK.len() >= OUTPUT_LIMIT {
            finished.output = finished.output.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
        }
        finished.output = self.mask(&finished.output);
        finished
    }
}

/// Reads one secret.
pub(super) fn read(source: &SecretSource) -> Result<SecretString, String> {
    let value = match source {
        SecretSource::Env(name) => match std::env::var(name) {
            Ok(value) => value,
            Err(std::env::VarError::NotPresent) => {
                return Err(format!("the environment variable {name}, which holds a secret, is not set"));
            }
            Err(std::env::VarError::NotUnicode(_)) => {
                return Err(format!("the secret in the environment variable {name} is not UTF-8"));
            }
        },
        SecretSource::File(path) => {
            let size = std::fs::metadata(path).map(|metadata| metadata.len());
            match size {
                Ok(size) if size > LONGEST => {
                    return Err(format!("the secret in {} has {size} bytes; the limit is {LONGEST}", path.display()));
                }
                _ => {}
            }
            let text = std::fs::read_to_string(path);
            let mut text = text.map_err(|error| format!("cannot read the secret in {}: {error}", path.display()))?;
            text.truncate(text.trim_end_matches(['\n', '\r']).len());
            text
        }
    };
    if value.len() < SHORTEST {
        return Err(format!(
            "the secret from {source} has less than {SHORTEST} characters: too few to keep it out of what programs print"
        ));
    }
    Ok(SecretString::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(value: &str) -> Secrets {
        Secrets(vec![(SecretSource::Env("X".to_owned()), SecretString::from(value))])
    }

    #[test]
    fn every_form_is_masked() {
        let secrets = secrets("pa\"ss\\word");
        assert_eq!(
            secrets.mask("it is pa\"ss\\word, in JSON \"pa\\\"ss\\\\word\""),
            "it is [secret], in JSON \"[secret]\""
        );
        assert!(!format!("{secrets:?}").contains("word"));
    }

    #[test]
    fn lines_of_a_secret_are_masked_alone() {
        let secrets = secrets("-----BEGIN KEY-----\nabcdefgh\nij\n-----END KEY-----");
        assert_eq!(secrets.mask("line: abcdefgh, ij"), "line: [secret], ij");
    }

    #[test]
    fn a_cut_output_loses_the_line_that_may_begin_within_a_secret() {
        let output = format!("cret-tail\n{}", "x".repeat(OUTPUT_LIMIT - 10));
        let finished = Finished { outcome: super::super::Outcome::Exit(0), output, took: std::time::Duration::ZERO };
        assert!(!secrets("secret-tail").mask_finished(finished).output.contains("cret-tail"));
    }
}
