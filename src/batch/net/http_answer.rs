use serde::de::DeserializeOwned;

use super::super::work_source::SourceError;
use super::address::Address;
use super::login::Login;

/// The most characters of a server's answer in a message.
const SHOWN: usize = 200;

/// The answer of an HTTP server.
#[derive(Clone, Debug)]
pub(in crate::batch) struct HttpAnswer {
    /// The status.
    pub(in crate::batch) status: u16,
    /// The address that a redirect names.
    pub(in crate::batch) location: Option<String>,
    /// The body.
    pub(in crate::batch) body: Vec<u8>,
}

impl HttpAnswer {
    /// Whether the status is one of success.
    pub(in crate::batch) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns the beginning of the body, in one line.
    pub(in crate::batch) fn shown(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let words: Vec<&str> = text.split_whitespace().collect();
        let line: String = words.join(" ").chars().filter(|c| !c.is_control()).take(SHOWN).collect();
        if line.is_empty() { "without a word".to_owned() } else { format!("\"{line}\"") }
    }

    /// Returns the body of a success.
    ///
    /// # Errors
    /// Another status: what it means at `label`, and what to check. `missing` is the hint for status 404.
    pub(in crate::batch) fn success(
        self,
        label: &str,
        server: &Address,
        login: &Login,
        missing: &str,
    ) -> Result<Vec<u8>, SourceError> {
        if self.is_success() {
            return Ok(self.body);
        }
        let status = self.status;
        let (reason, hint) = match status {
            300..=399 => {
                let to = self.location.as_deref().unwrap_or("nowhere");
                let reason = format!("{server} sends the reader on to {to:?} (HTTP status {status})");
                (reason, Some("redirects are not followed; write the final address as \"url\"".to_owned()))
            }
            401 => (format!("{server} does not know this login (HTTP status 401)"), Some(login.remedy())),
            403 => {
                let reason = format!("{server} does not permit this (HTTP status 403): {}", self.shown());
                (reason, Some(format!("give the user the right to read it; {}", login.remedy())))
            }
            404 => (format!("{server} does not know it (HTTP status 404)"), Some(missing.to_owned())),
            429 | 500..=599 => (format!("{server} answers with HTTP status {status}: {}", self.shown()), None),
            _ => {
                let reason = format!("{server} answers with HTTP status {status}: {}", self.shown());
                (reason, Some("check \"url\"".to_owned()))
            }
        };
        Err(SourceError { message: format!("cannot read {label}: {reason}"), hint })
    }
}

/// Reads JSON.
///
/// # Errors
/// It is none of this form.
pub(in crate::batch) fn json<T: DeserializeOwned>(
    label: &str,
    server: &Address,
    body: &[u8],
) -> Result<T, SourceError> {
    serde_json::from_slice(body).map_err(|error| SourceError {
        message: format!("cannot read {label}: the answer of {server} is not as expected: {error}"),
        hint: Some("check \"url\": another program may answer there".to_owned()),
    })
}
