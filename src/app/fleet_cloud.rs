//! The cloud of a fleet.

use std::sync::Arc;

use super::clouds::Clouds;
use super::exit::CommandError;
use super::workspace::Workspace;
use crate::cloud::{Announcement, LaunchAccess};
use crate::host::ssh::RunKeys;
use crate::provider::Cloud;
use crate::scaler::Fleet;

/// Opens the cloud of a fleet with the launches of its ledger: where tags are set after a launch, a machine that was
/// launched by a process that was killed then is found by the key of its launch.
///
/// # Errors
/// The cloud cannot be opened.
pub(crate) fn fleet_cloud(workspace: &Workspace, fleet: &Fleet) -> Result<Arc<dyn Cloud>, CommandError> {
    let clouds = Clouds::new(workspace)?;
    let tag = fleet.id.tag();
    let announced = fleet.launches().map(|(intent, tags)| Announcement {
        run: tag.clone(),
        token: intent.token.clone(),
        owner: intent.owner.clone(),
        size: intent.names.len(),
        tags,
    });
    let access = LaunchAccess {
        announced: announced.collect(),
        // Nobody connects to workers.
        keys: Arc::new(RunKeys::new(clouds.beside().join("ssh").join(&fleet.id.nonce))),
        by_ssh: Arc::new(|_| false),
        logins: Arc::new(|_| None),
        launched_at: Arc::new(|_| None),
    };
    Ok(clouds.provider(&fleet.cloud)?.open(&fleet.cloud, Some(&access))?)
}
