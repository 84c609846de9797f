//! Removes resources that outlived their instances.

use std::sync::Arc;

use crate::cloud::aws::api::{ApiClass, AwsSession, Call, ErrorClass};
use crate::cloud::aws::ec2::launch_template::{LaunchTemplates, TemplateName};
use crate::cloud::aws::ec2::offload::{Offload, in_no_bucket};
use crate::provider::{CloudError, CloudErrorKind, Leftover, LeftoverKind};

/// Removes leftovers.
pub(in crate::cloud::aws::ec2) struct LeftoverRemover {
    session: Arc<AwsSession>,
    templates: LaunchTemplates,
    offload: Option<Arc<Offload>>,
}

impl LeftoverRemover {
    /// Creates a remover for this session's region and for the objects of `offload`.
    pub(in crate::cloud::aws::ec2) fn new(
        session: Arc<AwsSession>,
        templates: LaunchTemplates,
        offload: Option<Arc<Offload>>,
    ) -> Self {
        Self { session, templates, offload }
    }

    /// Removes a leftover; a missing one is no error.
    pub(in crate::cloud::aws::ec2) async fn remove(&self, leftover: &Leftover) -> Result<(), CloudError> {
        if leftover.kind == LeftoverKind::StoredUserData {
            return match &self.offload {
                Some(offload) => offload.remove(leftover).await,
                None => Err(in_no_bucket(leftover)),
            };
        }
        let client = self.session.ec2().await?;
        let id = leftover.id.as_str();
        let call = |operation| Call::ec2(operation, ApiClass::Mutate);
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
            LeftoverKind::Address => {
                let request = client.release_address().allocation_id(id);
                session.call(call("ReleaseAddress"), || request.clone().send()).await.map(drop)
            }
            LeftoverKind::Snapshot => {
                let request = client.delete_snapshot().snapshot_id(id);
                session.call(call("DeleteSnapshot"), || request.clone().send()).await.map(drop)
            }
            LeftoverKind::SecurityGroup => {
                let request = client.delete_security_group().group_id(id);
                session.call(call("DeleteSecurityGroup"), || request.clone().send()).await.map(drop)
            }
            LeftoverKind::LaunchTemplate => self.templates.remove(client, TemplateName::Id(id)).await,
            LeftoverKind::SpotRequest => {
                let request = client.cancel_spot_instance_requests().spot_instance_request_ids(id);
                session.call(call("CancelSpotInstanceRequests"), || request.clone().send()).await.map(drop)
            }
            LeftoverKind::Fleet | LeftoverKind::StoredUserData => {
                return Err(CloudError::new(
                    CloudErrorKind::Rejected,
                    format!("{leftover} goes with its instances: terminate those"),
                ));
            }
        };
        match removed {
            Err(problem) if matches!(problem.class(), ErrorClass::UnknownOther | ErrorClass::UnknownGroup) => Ok(()),
            Err(problem) => Err(problem.explain(&session.scene(), &format!("remove {leftover}"))),
            Ok(()) => Ok(()),
        }
    }
}
