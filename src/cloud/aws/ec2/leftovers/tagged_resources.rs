//! Lists resources with hoist's tags, by kind, except those that are removed with their instance.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    Filter, NetworkInterfaceAttachment, SecurityGroup, SpotInstanceState, Tag, VolumeAttachment, VolumeState,
};

use crate::annex::TAG_ANNEX;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, CallError};
use crate::cloud::aws::ec2::describe::filter;
use crate::cloud::aws::ec2::pages::all_pages;
use crate::cloud::aws::ec2::tags;
use crate::provider::{Leftover, LeftoverKind, TAG_EXPIRES, TAG_OWNER, TAG_POOL, TAG_RUN};

/// Lists resources with hoist's tags.
pub(super) struct TaggedResources {
    pub(super) session: Arc<AwsSession>,
}

impl TaggedResources {
    pub(super) async fn volumes(&self, client: &Client, ours: &OwnedResources) -> Result<Vec<Leftover>, CallError> {
        let request = client.describe_volumes().set_filters(Some(ours.to_vec()));
        let call = Call::ec2("DescribeVolumes", ApiClass::Describe);
        let found = all_pages!(&self.session, call, request, volumes)?;
        // Without this flag, an attached volume counts as the instance's own.
        let goes = |attachment: &VolumeAttachment| attachment.delete_on_termination != Some(false);
        Ok(found
            .into_iter()
            .filter(|volume| !matches!(volume.state, Some(VolumeState::Deleting | VolumeState::Deleted)))
            .filter(|volume| !volume.attachments().iter().any(goes))
            .filter_map(|volume| {
                let size = volume.size.map(|size| format!("{size} GiB")).unwrap_or_default();
                let user = volume.attachments().iter().find_map(VolumeAttachment::instance_id).map(str::to_owned);
                let zone = volume.availability_zone.map(|zone| format!(" in {zone}")).unwrap_or_default();
                let detail = format!("{size}{zone}{}", attached(user));
                Some(leftover(LeftoverKind::Volume, volume.volume_id?, volume.tags, detail, true))
            })
            .collect())
    }

    pub(super) async fn interfaces(&self, client: &Client, ours: &OwnedResources) -> Result<Vec<Leftover>, CallError> {
        let request = client.describe_network_interfaces().set_filters(Some(ours.to_vec()));
        let call = Call::ec2("DescribeNetworkInterfaces", ApiClass::Describe);
        let found = all_pages!(&self.session, call, request, network_interfaces)?;
        Ok(found
            .into_iter()
            .filter_map(|interface| {
                let attachment = interface.attachment;
                let goes = |it: &NetworkInterfaceAttachment| {
                    it.delete_on_termination == Some(true) || it.device_index == Some(0)
                };
                if attachment.as_ref().is_some_and(goes) {
                    return None;
                }
                let address = interface.private_ip_address.unwrap_or_default();
                let detail = format!("{address}{}", attached(attachment.and_then(|it| it.instance_id)));
                let id = interface.network_interface_id?;
                Some(leftover(LeftoverKind::NetworkInterface, id, interface.tag_set, detail, false))
            })
            .collect())
    }

    pub(super) async fn addresses(&self, client: &Client, ours: &OwnedResources) -> Result<Vec<Leftover>, CallError> {
        let request = client.describe_addresses().set_filters(Some(ours.to_vec()));
        let call = Call::ec2("DescribeAddresses", ApiClass::Describe);
        let answer = self.session.call(call, || request.clone().send()).await?;
        Ok(answer
            .addresses
            .unwrap_or_default()
            .into_iter()
            .filter_map(|address| {
                let detail = format!("{}{}", address.public_ip.unwrap_or_default(), attached(address.instance_id));
                Some(leftover(LeftoverKind::Address, address.allocation_id?, address.tags, detail, true))
            })
            .collect())
    }

    pub(super) async fn snapshots(&self, client: &Client, ours: &OwnedResources) -> Result<Vec<Leftover>, CallError> {
        let request = client.describe_snapshots().owner_ids("self").set_filters(Some(ours.to_vec()));
        let call = Call::ec2("DescribeSnapshots", ApiClass::Describe);
        let found = all_pages!(&self.session, call, request, snapshots)?;
        Ok(found
            .into_iter()
            .filter_map(|snapshot| {
                let size = snapshot.volume_size.map(|size| format!("{size} GiB")).unwrap_or_default();
                let of = snapshot.volume_id.map(|volume| format!(" of {volume}")).unwrap_or_default();
                let detail = format!("{size}{of}");
                Some(leftover(LeftoverKind::Snapshot, snapshot.snapshot_id?, snapshot.tags, detail, true))
            })
            .collect())
    }

    /// Returns the groups of runs, and unused groups of pools.
    pub(super) async fn tagged_groups(
        &self,
        client: &Client,
        run: Option<&str>,
        ours: &OwnedResources,
    ) -> Result<Vec<Leftover>, CallError> {
        let of_pools = [filter("tag-key", [TAG_POOL.to_owned()])];
        let mut found = self.groups_with(client, ours).await?;
        if run.is_none() {
            let pools = self.groups_with(client, &of_pools).await?;
            let ids: Vec<String> = pools.iter().filter_map(|group| group.group_id.clone()).collect();
            let used = if ids.is_empty() { BTreeSet::new() } else { self.groups_in_use(client, ids).await? };
            let is_new = |group: &SecurityGroup| {
                let id = group.group_id.as_ref();
                id.is_some_and(|id| !used.contains(id)) && found.iter().all(|known| known.group_id.as_ref() != id)
            };
            let more: Vec<SecurityGroup> = pools.into_iter().filter(is_new).collect();
            found.extend(more);
        }
        // A group referenced by another group's rules can only be removed after that group.
        found.sort_by_key(|group| {
            let rules = group.ip_permissions.as_deref().unwrap_or_default();
            rules.iter().all(|rule| rule.user_id_group_pairs.as_ref().is_none_or(Vec::is_empty))
        });
        Ok(found
            .into_iter()
            .filter_map(|group| {
                let detail = group.group_name.unwrap_or_default();
                Some(leftover(LeftoverKind::SecurityGroup, group.group_id?, group.tags, detail, false))
            })
            .collect())
    }

    async fn groups_with(&self, client: &Client, filters: &OwnedResources) -> Result<Vec<SecurityGroup>, CallError> {
        let request = client.describe_security_groups().set_filters(Some(filters.to_vec()));
        let call = Call::ec2("DescribeSecurityGroups", ApiClass::Describe);
        all_pages!(&self.session, call, request, security_groups)
    }

    /// Returns the groups among these that have network interfaces.
    async fn groups_in_use(&self, client: &Client, ids: Vec<String>) -> Result<BTreeSet<String>, CallError> {
        let request = client.describe_network_interfaces().filters(filter("group-id", ids));
        let call = Call::ec2("DescribeNetworkInterfaces", ApiClass::Describe);
        let interfaces = all_pages!(&self.session, call, request, network_interfaces)?;
        let groups = interfaces.into_iter().flat_map(|interface| interface.groups.unwrap_or_default());
        Ok(groups.filter_map(|group| group.group_id).collect())
    }

    pub(super) async fn templates(&self, client: &Client, ours: &OwnedResources) -> Result<Vec<Leftover>, CallError> {
        let request = client.describe_launch_templates().set_filters(Some(ours.to_vec()));
        let call = Call::ec2("DescribeLaunchTemplates", ApiClass::Describe);
        let found = all_pages!(&self.session, call, request, launch_templates)?;
        Ok(found
            .into_iter()
            .filter_map(|template| {
                let detail = template.launch_template_name.unwrap_or_default();
                let id = template.launch_template_id?;
                Some(leftover(LeftoverKind::LaunchTemplate, id, template.tags, detail, false))
            })
            .collect())
    }

    pub(super) async fn spot_requests(
        &self,
        client: &Client,
        ours: &OwnedResources,
    ) -> Result<Vec<Leftover>, CallError> {
        let mut filters = ours.to_vec();
        filters.push(filter("state", [SpotInstanceState::Open.as_str().to_owned()]));
        let request = client.describe_spot_instance_requests().set_filters(Some(filters));
        let call = Call::ec2("DescribeSpotInstanceRequests", ApiClass::Describe);
        let found = all_pages!(&self.session, call, request, spot_instance_requests)?;
        Ok(found
            .into_iter()
            .filter(|request| request.state == Some(SpotInstanceState::Open))
            .filter_map(|request| {
                let detail = request.status.and_then(|status| status.message).unwrap_or_default();
                let id = request.spot_instance_request_id?;
                Some(leftover(LeftoverKind::SpotRequest, id, request.tags, detail, true))
            })
            .collect())
    }
}

/// Returns words about the attached instance, if there is one.
fn attached(instance: Option<String>) -> String {
    instance.filter(|id| !id.is_empty()).map(|id| format!(", attached to {id}")).unwrap_or_default()
}

/// Filters that match hoist's resources.
type OwnedResources = [Filter];

fn leftover(kind: LeftoverKind, id: String, tags: Option<Vec<Tag>>, detail: String, bills: bool) -> Leftover {
    let mut tags = tags::read(tags);
    Leftover {
        kind,
        id,
        run: tags.remove(TAG_RUN),
        annex: tags.remove(TAG_ANNEX),
        owner: tags.remove(TAG_OWNER),
        expires_at: tags.remove(TAG_EXPIRES).and_then(|end| end.parse().ok()),
        detail,
        bills,
    }
}
