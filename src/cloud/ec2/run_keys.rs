//! The host keys of a run, as launches need them.

use std::io;

use super::options::{HostKey, HostKeys};
use crate::host::ssh::RunKeys;

impl HostKeys for RunKeys {
    fn ephemeral(&self, token: &str) -> io::Result<HostKey> {
        let key = RunKeys::ephemeral(self, token)?;
        Ok(HostKey { private: key.private.expose().to_owned(), public: key.public })
    }

    fn pin(&self, instance_id: &str, public: &str) -> io::Result<()> {
        self.pin_ephemeral(instance_id, public)
    }
}
