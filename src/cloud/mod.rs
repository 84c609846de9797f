//! Clouds, which provide instances.

#[cfg(feature = "aws")]
pub mod aws;
pub mod faults;
#[cfg(feature = "gce")]
pub mod gce;
#[cfg(any(feature = "aws", feature = "gce"))]
mod instance_data;
mod launch_access;
pub mod local;
mod provider;
mod registry;
pub mod sim;
mod users_templates;

pub use launch_access::{Announcement, LaunchAccess, LaunchedAt, Login, Logins};
pub use provider::{Provider, ProviderEnvironment};
pub use registry::{Providers, without_aws};
pub use users_templates::users_templates;

use std::collections::BTreeMap;
use std::time::Duration;

/// The tag by which a rehearsal tells the local cloud that instances are to die by themselves: a JSON object from
/// service names to seconds after the launch. As a tag it works even when no hoist process is running by then.
pub const TAG_DIES_AFTER: &str = "hoist:rehearse-dies-after";

/// Returns how long after its launch the instance of `service` is to die, from the tags of the launch.
fn dies_after(tags: &BTreeMap<String, String>, service: &str) -> Option<Duration> {
    let after: BTreeMap<String, f64> = serde_json::from_str(tags.get(TAG_DIES_AFTER)?).ok()?;
    Duration::try_from_secs_f64(*after.get(service)?).ok()
}
