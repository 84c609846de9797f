use std::net::SocketAddr;

use clap::Args;

use crate::app::elastic::is_public;
use crate::app::{CommandError, Exit};

/// The address of metrics and health.
#[derive(Args, Debug)]
pub(super) struct ListenOption {
    /// Serve /metrics (OpenMetrics) and /healthz at this address, such as 127.0.0.1:9188
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,

    /// Allow --listen at an address that other machines reach; nobody is asked for a password there
    #[arg(long, requires = "listen")]
    listen_publicly: bool,
}

impl ListenOption {
    /// Returns the address, if there is one.
    ///
    /// # Errors
    /// Other machines reach it, and that is not allowed.
    pub(super) fn address(&self) -> Result<Option<SocketAddr>, CommandError> {
        match self.listen.filter(|address| is_public(*address) && !self.listen_publicly) {
            None => Ok(self.listen),
            Some(address) => {
                let message =
                    format!("--listen {address}: other machines could read there, and nobody is asked for a password");
                Err(CommandError::with_exit(Exit::Usage, message)
                    .hint(format!("127.0.0.1:{} is for this machine alone", address.port()))
                    .hint("--listen-publicly allows it"))
            }
        }
    }
}
