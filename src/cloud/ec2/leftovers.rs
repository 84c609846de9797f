//! What carries our tags beside instances, and outlived them or never had any.
//!
//! Instant fleets are left out: they hold nothing once their instances are gone, cost nothing, and EC2 lists them only by id.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, NetworkInterfaceStatus, SpotInstanceState, Tag, VolumeState};

use super::describe::filter;
use super::pages::all_pages;
use super::template::TemplateName;
use super::{Ec2Cloud, tags};
use crate::cloud::aws::{Call, Class, Group, Problem};
use crate::engine::{CloudError, CloudErrorKind, Leftover, LeftoverKind, TAG_EXPIRES, TAG_OWNER, TAG_RUN};

impl Ec2Cloud {
    /// Disks and interfaces that belong to no machine, templates, requests for spare capacity that are still open, and what is
    /// stored in the bucket.
    pub(super) async fn left(&self, run: Option<&str>) -> Result<Vec<Leftover>, CloudError> {
        let client = self.session.ec2().await?;
        let ours = vec![match run {
            Some(run) => filter(&format!("tag:{TAG_RUN}"), [run.to_owned()]),
            None => filter("tag-key", [TAG_RUN.to_owned()]),
        }];
        let explain = |problem: Problem| problem.explain(&self.session.scene(), "look for what is left");
        let mut left = self.volumes(client, &ours).await.map_err(explain)?;
        if !self.session.is_compatible() {
            left.extend(self.interfaces(client, &ours).await.map_err(explain)?);
            left.extend(self.templates(client, &ours).await.map_err(explain)?);
            left.extend(self.spot_requests(client, &ours).await.map_err(explain)?);
        }
        left.extend(self.stored(run).await?);
        Ok(left)
    }

    async fn volumes(&self, client: &Client, ours: &[Filter]) -> Result<Vec<Leftover>, Problem> {
        let request = client.describe_volumes().set_filters(Some(ours.to_vec()));
        let call = Call::ec2("DescribeVolumes", Group::Describe);
        let found = all_pages!(&self.session, call, request, volumes)?;
        let is_left = |state: Option<&VolumeState>| matches!(state, Some(VolumeState::Available | VolumeState::Error));
        Ok(found
            .into_iter()
            .filter(|volume| is_left(volume.state.as_ref()))
            .filter_map(|volume| {
                let size = volume.size.map(|size| format!("{size} GiB")).unwrap_or_default();
                let zone = volume.availability_zone.map(|zone| format!(" in {zone}")).unwrap_or_default();
                Some(leftover(LeftoverKind::Volume, volume.volume_id?, volume.tags, format!("{size}{zone}"), true))
            })
            .collect())
    }

    async fn interfaces(&self, client: &Client, ours: &[Filter]) -> Result<Vec<Leftover>, Problem> {
        let request = client.describe_network_interfaces().set_filters(Some(ours.to_vec()));
        let call = Call::ec2("DescribeNetworkInterfaces", Group::Describe);
        let found = all_pages!(&self.session, call, request, network_interfaces)?;
        Ok(found
            .into_iter()
            .filter(|interface| interface.status == Some(NetworkInterfaceStatus::Available))
            .filter_map(|interface| {
                let detail = interface.private_ip_address.unwrap_or_default();
                let id = interface.network_interface_id?;
                Some(leftover(LeftoverKind::NetworkInterface, id, interface.tag_set, detail, false))
            })
            .collect())
    }

    async fn templates(&self, client: &Client, ours: &[Filter]) -> Result<Vec<Leftover>, Problem> {
        let request = client.describe_launch_templates().set_filters(Some(ours.to_vec()));
        let call = Call::ec2("DescribeLaunchTemplates", Group::Describe);
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

    async fn spot_requests(&self, client: &Client, ours: &[Filter]) -> Result<Vec<Leftover>, Problem> {
        let mut filters = ours.to_vec();
        filters.push(filter("state", [SpotInstanceState::Open.as_str().to_owned()]));
        let request = client.describe_spot_instance_requests().set_filters(Some(filters));
        let call = Call::ec2("DescribeSpotInstanceRequests", Group::Describe);
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

    /// Removes a leftover; one that is gone is removed.
    pub(super) async fn clear(&self, leftover: &Leftover) -> Result<(), CloudError> {
        if leftover.kind == LeftoverKind::StoredUserData {
            return self.remove_stored(leftover).await;
        }
        let client = self.session.ec2().await?;
        let id = leftover.id.as_str();
        let call = |operation| Call::ec2(operation, Group::Mutate);
        let session = &self.session;
        let removed = match leftover.kind {
            LeftoverKind::Volume => {
                let request = client.delete_volume().volume_id(id);
                session.call(call("DeleteVolume"), || request.clone().send()).await.map(drop)
            }
            LeftoverKind::NetworkInterface => {
                let request = client.delete_network_interface().network_interface_id(id);
                session.call(call("DeleteNetworkInterface"), || request.clone().send()).await.map(drop)
            }
            LeftoverKind::LaunchTemplate => self.remove_template(client, TemplateName::Id(id)).await,
            LeftoverKind::SpotRequest => {
                let request = client.cancel_spot_instance_requests().spot_instance_request_ids(id);
                session.call(call("CancelSpotInstanceRequests"), || request.clone().send()).await.map(drop)
            }
            LeftoverKind::Fleet | LeftoverKind::StoredUserData => {
                return Err(CloudError::new(
                    CloudErrorKind::Refused,
                    format!("{leftover} goes with its instances: terminate those"),
                ));
            }
        };
        match removed {
            Err(problem) if problem.class() == Class::UnknownOther => Ok(()),
            Err(problem) => Err(problem.explain(&session.scene(), &format!("remove {leftover}"))),
            Ok(()) => Ok(()),
        }
    }
}

fn leftover(kind: LeftoverKind, id: String, tags: Option<Vec<Tag>>, detail: String, bills: bool) -> Leftover {
    let mut tags = tags::read(tags);
    let expires_at = tags.remove(TAG_EXPIRES).and_then(|at| at.parse().ok());
    Leftover { kind, id, run: tags.remove(TAG_RUN), owner: tags.remove(TAG_OWNER), expires_at, detail, bills }
}
