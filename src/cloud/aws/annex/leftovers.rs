//! Finds leftovers of an annex with fresh requests.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::StackStatus;
use jiff::{SignedDuration, Timestamp};

use super::annex_stack::StackFinder;
use super::describe;
use super::files::AnnexFiles;
use super::scaling_groups::ScalingGroups;
use super::setup_reader::SetupReader;
use super::tagged_things::TaggedThings;
use crate::annex::{AnnexId, AnnexLeftover};
use crate::provider::CloudError;

/// For how long the files of a new annex may be there before its stack.
const FILES_FIRST: SignedDuration = SignedDuration::from_mins(15);

/// Finds leftovers of annexes.
pub(super) struct AnnexLeftovers {
    pub(super) stacks: StackFinder,
    pub(super) groups: ScalingGroups,
    pub(super) things: TaggedThings,
    pub(super) files: AnnexFiles,
    pub(super) setup: SetupReader,
}

impl AnnexLeftovers {
    /// Returns the annexes that have a group, or files that were stored a while ago.
    pub(super) async fn annexes(&self) -> Result<BTreeSet<AnnexId>, CloudError> {
        let mut found: BTreeSet<AnnexId> =
            self.groups.annexes().await?.iter().filter_map(|tag| AnnexId::of_tag(tag)).collect();
        if let Some(setup) = self.setup.outputs().await? {
            found.extend(self.files.annexes(&setup, Timestamp::now() - FILES_FIRST).await?);
        }
        Ok(found)
    }

    /// Returns the stack, and all instances, groups, disks, launch templates with the annex's tag, and files below its
    /// prefix. The schedule that ends its lease and its role are deleted with the stack and not looked up: users cannot
    /// list either by tag.
    pub(super) async fn find(&self, id: &AnnexId, cloud_id: Option<&str>) -> Result<Vec<AnnexLeftover>, CloudError> {
        let mut left = Vec::new();
        let mut add = |kind: &'static str, bills: bool, ids: Vec<String>| {
            left.extend(ids.into_iter().map(|id| AnnexLeftover { kind, id, bills }));
        };
        let stack = self.stacks.find(id, cloud_id).await?;
        let stack = stack.filter(|stack| describe::status(stack) != StackStatus::DeleteComplete);
        add("stack", false, stack.iter().map(describe::id_of).collect());
        let groups = self.groups.of_annex(id).await?;
        add("group", true, groups.into_iter().filter_map(|group| group.auto_scaling_group_name).collect());
        add("instance", true, self.things.living(id).await?);
        let volumes = self.things.volumes(id).await?;
        add("volume", true, volumes.into_iter().map(|volume| volume.id).collect());
        add("launch template", false, self.things.launch_templates(id).await?);
        if let Some(setup) = self.setup.outputs().await? {
            add("file", true, self.files.list(id, &setup).await?);
        }
        Ok(left)
    }
}
