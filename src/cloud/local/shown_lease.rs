//! The end of a lease as the cloud shows it.

use super::state_dir::StateDir;
use crate::host::read_lease;
use crate::provider::{Instance, TAG_EXPIRES};

/// Shows the current end of the instance's lease in its tags, as clouds do whose leases are tags.
pub(super) fn show_lease(root: &StateDir, instance: &mut Instance) {
    if let Some(tag) = instance.tags.get_mut(TAG_EXPIRES)
        && let Some(ends) = read_lease(&root.instance(&instance.id)).ok().flatten()
    {
        *tag = ends.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    }
}
