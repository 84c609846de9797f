//! `requestId`: the memory of which request was made with which id.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ask::Ask;
use super::error::GoogleError;

#[derive(Debug, Default)]
pub(super) struct Requests(BTreeMap<String, Remembered>);

#[derive(Debug)]
struct Remembered {
    content: String,
    operation: String,
    at: Duration,
}

impl Requests {
    /// The operation that the same request began before.
    pub(super) fn recall(&self, id: &str, ask: &Ask, since: Duration) -> Result<Option<&str>, GoogleError> {
        match self.0.get(id).filter(|remembered| remembered.at >= since) {
            None => Ok(None),
            Some(remembered) if remembered.content == content(ask) => Ok(Some(&remembered.operation)),
            // Nothing says what Google does then, so nobody may rely on it.
            Some(_) => Err(GoogleError::unknown_here(format!("The request id {id} belongs to another request."))),
        }
    }

    pub(super) fn remember(&mut self, id: &str, ask: &Ask, operation: &str, at: Duration) {
        let operation = operation.to_owned();
        self.0.insert(id.to_owned(), Remembered { content: content(ask), operation, at });
    }
}

/// What counts when requests are compared.
fn content(ask: &Ask) -> String {
    format!("{} {:?} {}", ask.method, ask.path, ask.body)
}
