//! Implements launches' `HostKeys` with the keys of a run.

use std::io;

use super::options::{ConsoleHostKey, HostKeys};
use crate::host::ssh::RunKeys;

impl HostKeys for RunKeys {
    fn ephemeral(&self, token: &str) -> io::Result<ConsoleHostKey> {
        let key = RunKeys::ephemeral(self, token)?;
        Ok(ConsoleHostKey { private: key.private.expose().to_owned(), public: key.public })
    }

    fn pin(&self, instance_id: &str, public: &str) -> io::Result<()> {
        self.pin_ephemeral(instance_id, public)
    }
}
