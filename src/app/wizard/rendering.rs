//! Rendering of the answers into files, checked like all user data.

use std::collections::BTreeSet;
use std::path::Path;

use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

use crate::app::{CommandError, Interaction};
use crate::diagnostics::Severity;
use crate::template::Templates;
use crate::user_data::{LintOptions, lint};
use crate::wizard::{Answers, Cluster, PasswordSource, WizardError, password, render};

/// Renderer of clusters from answers.
pub(crate) struct Rendering<'a> {
    answers: &'a Answers,
    templates: Templates,
}

/// Findings to report before user data is used.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Secrets that are not allowed, by the names that allow them.
    pub(crate) secrets: BTreeSet<String>,
    /// Warnings.
    pub(crate) warnings: Vec<String>,
}

impl<'a> Rendering<'a> {
    /// Creates a renderer with the user's templates.
    pub(crate) fn new(answers: &'a Answers, directory: Option<&Path>) -> Result<Self, CommandError> {
        let templates = Templates::of_user(directory)?;
        Ok(Self { answers, templates })
    }

    /// Renders the answers without creating anything: an existing password is read, a missing one is not created.
    pub(crate) fn rehearse(&self, name: &str) -> Result<Cluster, CommandError> {
        let password = match &self.answers.password {
            PasswordSource::File(path) if path.exists() => Some(read_password(path)?),
            PasswordSource::File(_) => Some(stand_in()),
            PasswordSource::Kept(_) => None,
        };
        self.with(password.as_ref(), name)
    }

    /// Renders the answers. Creates the password file if there is none.
    pub(crate) fn make(&self, name: &str) -> Result<Cluster, CommandError> {
        let password = match &self.answers.password {
            PasswordSource::File(path) => Some(read_password(path)?),
            PasswordSource::Kept(_) => None,
        };
        self.with(password.as_ref(), name)
    }

    fn with(&self, password: Option<&SecretString>, name: &str) -> Result<Cluster, CommandError> {
        render(self.answers, &self.templates, password, name).map_err(|error| match error {
            WizardError::Template(error) => error.into(),
            error => CommandError::new(format!("{error}; nothing was written")),
        })
    }
}

fn read_password(path: &Path) -> Result<SecretString, CommandError> {
    password::of_file(path).map_err(|error| CommandError::new(error.to_string()))
}

/// Returns a dummy password of the length of a real one, used for nothing else.
fn stand_in() -> SecretString {
    let digest = Sha256::digest(format!("{:?} {}", std::time::Instant::now(), std::process::id()));
    SecretString::from(hex::encode(digest))
}

/// Checks user data.
///
/// # Errors
/// It does not work.
pub(crate) fn look_at(
    user: &dyn Interaction,
    name: &str,
    data: &[u8],
    allowed: &[String],
) -> Result<Findings, CommandError> {
    let options = LintOptions::allowing(allowed);
    let mut found = Findings::default();
    let mut is_wrong = false;
    for finding in lint(data, &options).findings {
        let message = format!("{name}:{finding}");
        match (&finding.secret, finding.diagnostic.severity) {
            (Some(secret), Severity::Error) => drop(found.secrets.insert(secret.clone())),
            (None, Severity::Error) => {
                is_wrong = true;
                user.say(&message);
            }
            (_, Severity::Note) => {}
            _ => found.warnings.push(message),
        }
    }
    if is_wrong {
        let message = "the master's user data would not work; nothing was written".to_owned();
        return Err(CommandError::new(message).hint("look at your own templates, which outrank hoist's"));
    }
    Ok(found)
}
