//! Whether a pool's name is that of the pool that this machine belongs to.

use crate::batch::htcondor::pool::HTCondor;

impl HTCondor {
    /// Returns the pool as HTCondor's configuration here has it, if the pool was given the name that this configuration
    /// gives it (`COLLECTOR_NAME`), which need not be the name of a machine; else the pool as it is. None: the
    /// configuration cannot be read.
    pub(super) async fn settle(&self) -> Option<Self> {
        let Some(given) = self.given() else { return Some(self.clone()) };
        let own = self.known_config("COLLECTOR_NAME").await?;
        Some(if own.eq_ignore_ascii_case(given) { self.here() } else { self.clone() })
    }

    /// The same; the pool as it is where the configuration cannot be read.
    #[must_use]
    pub async fn or_here(self) -> Self {
        self.settle().await.unwrap_or(self)
    }
}
