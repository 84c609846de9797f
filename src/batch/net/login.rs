use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use super::super::work_source::SourceError;
use crate::elastic::fleet::FleetQueue;
use crate::plan::{SecretSource, read_text_file};

/// The largest password in bytes.
const LONGEST: u64 = 64 * 1024;

/// A user of a server, and the place of the password. The password is read anew for every call, so that it can be
/// changed.
#[derive(Clone, Debug, Default)]
pub(in crate::batch) struct Login {
    user: Option<String>,
    password: Option<SecretSource>,
}

impl Login {
    /// Returns the login of a queue.
    ///
    /// # Errors
    /// The password's file can be read by others than its owner.
    pub(in crate::batch) fn of(queue: &FleetQueue) -> Result<Self, SourceError> {
        let login = Self { user: queue.user.clone(), password: queue.password.clone() };
        if let Some(SecretSource::File(path)) = &login.password {
            check_mode(path)?;
        }
        Ok(login)
    }

    /// Returns the user.
    pub(in crate::batch) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Reads the password.
    pub(in crate::batch) fn password(&self) -> Result<Option<SecretString>, SourceError> {
        let Some(source) = &self.password else { return Ok(None) };
        let failed = |reason: String, hint: &str| SourceError {
            message: format!("cannot read the password from {source}: {reason}"),
            hint: Some(hint.to_owned()),
        };
        let value = match source {
            SecretSource::Env(name) => std::env::var(name).map_err(|error| match error {
                std::env::VarError::NotPresent => failed("it is not set".to_owned(), "set it where hoist is started"),
                std::env::VarError::NotUnicode(_) => failed("it is no UTF-8 text".to_owned(), "set it to a text"),
            })?,
            SecretSource::File(path) => {
                check_mode(path)?;
                let text = read_text_file(path, LONGEST);
                text.map_err(|error| failed(error.to_string(), "write the password into it, with mode 0600"))?
            }
        };
        let value = value.trim_end_matches(['\n', '\r']);
        if value.is_empty() {
            return Err(failed("it is empty".to_owned(), "write the password into it"));
        }
        Ok(Some(SecretString::from(value)))
    }

    /// Returns the value of the HTTP header `Authorization` (RFC 7617). None: neither user nor password is given.
    pub(in crate::batch) fn authorization(&self) -> Result<Option<SecretString>, SourceError> {
        let password = self.password()?;
        if self.user.is_none() && password.is_none() {
            return Ok(None);
        }
        let password = password.as_ref().map_or("", |password| password.expose_secret());
        let pair = SecretString::from(format!("{}:{password}", self.user.as_deref().unwrap_or_default()));
        Ok(Some(SecretString::from(format!("Basic {}", STANDARD.encode(pair.expose_secret())))))
    }

    /// Returns what to check when the server refuses the login.
    pub(in crate::batch) fn remedy(&self) -> String {
        match (&self.user, &self.password) {
            (Some(user), Some(password)) => format!("check the user \"{user}\" and the password from {password}"),
            (Some(user), None) => format!("the user \"{user}\" needs password = {{ secret = \"file:PATH\" }}"),
            (None, Some(password)) => format!("check the password from {password}, or add user = \"…\""),
            (None, None) => "add user = \"…\" and password = { secret = \"file:PATH\" } to [queue]".to_owned(),
        }
    }
}

/// Refuses a file that others than its owner and group can read.
fn check_mode(path: &Path) -> Result<(), SourceError> {
    // A file that cannot be looked at fails when it is read.
    let Ok(found) = std::fs::metadata(path) else { return Ok(()) };
    if found.is_file() && found.mode() & 0o007 != 0 {
        let path = path.display();
        return Err(SourceError {
            message: format!("the password in {path} can be read by every user of this machine"),
            hint: Some(format!("chmod 600 {path}")),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::elastic::fleet::QueueKind;

    #[test]
    fn the_password_is_read_anew_and_never_from_a_file_for_all() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("pw");
        let mut queue = FleetQueue::new(QueueKind::Rabbitmq);
        queue.user = Some("ann".to_owned());
        queue.password = Some(SecretSource::File(file.clone()));
        let login = Login::of(&queue).unwrap();
        assert!(login.password().unwrap_err().message.contains("cannot read the password"));
        for password in ["first", "second"] {
            fs::write(&file, format!("{password}\n")).unwrap();
            fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
            assert_eq!(login.password().unwrap().unwrap().expose_secret(), password);
        }
        assert_eq!(login.authorization().unwrap().unwrap().expose_secret(), "Basic YW5uOnNlY29uZA==");
        assert!(!format!("{login:?}").contains("second"));
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        assert!(login.password().unwrap_err().to_string().contains("every user"));
        assert!(Login::of(&queue).is_err());
        assert!(Login::default().authorization().unwrap().is_none());
    }
}
