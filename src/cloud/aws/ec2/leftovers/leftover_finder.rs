//! Finds leftovers of all kinds.

use std::sync::Arc;

use super::tagged_resources::TaggedResources;
use crate::annex::TAG_ANNEX;
use crate::cloud::aws::api::{AwsSession, CallError, ErrorClass};
use crate::cloud::aws::ec2::describe::filter;
use crate::cloud::aws::ec2::offload::Offload;
use crate::provider::{CloudError, Leftover, LeftoverKind, Leftovers, TAG_RUN};

/// Finds leftovers.
pub(in crate::cloud::aws::ec2) struct LeftoverFinder {
    session: Arc<AwsSession>,
    resources: TaggedResources,
    offload: Option<Arc<Offload>>,
}

impl LeftoverFinder {
    /// Creates a finder for this session's region and for the objects of `offload`. Requests nothing yet.
    pub(in crate::cloud::aws::ec2) fn new(session: Arc<AwsSession>, offload: Option<Arc<Offload>>) -> Self {
        let resources = TaggedResources { session: Arc::clone(&session) };
        Self { session, resources, offload }
    }

    /// Returns, of a run or of all runs and annexes, disks, interfaces and addresses that are not removed with an
    /// instance, snapshots, groups, templates, open spot requests, and objects in the bucket.
    pub(in crate::cloud::aws::ec2) async fn find(&self, run: Option<&str>) -> Result<Leftovers, CloudError> {
        let client = self.session.ec2().await?;
        let ours = [match run {
            Some(run) => filter(&format!("tag:{TAG_RUN}"), [run.to_owned()]),
            None => filter("tag-key", [TAG_RUN, TAG_ANNEX].map(str::to_owned)),
        }];
        let mut left = Leftovers::default();
        if self.session.is_compatible() {
            self.take(&mut left, LeftoverKind::Volume, self.resources.volumes(client, &ours).await);
        } else {
            let (volumes, interfaces, addresses, snapshots, groups, templates, requests) = tokio::join!(
                self.resources.volumes(client, &ours),
                self.resources.interfaces(client, &ours),
                self.resources.addresses(client, &ours),
                self.resources.snapshots(client, &ours),
                self.resources.tagged_groups(client, run, &ours),
                self.resources.templates(client, &ours),
                self.resources.spot_requests(client, &ours),
            );
            self.take(&mut left, LeftoverKind::Volume, volumes);
            self.take(&mut left, LeftoverKind::NetworkInterface, interfaces);
            self.take(&mut left, LeftoverKind::Address, addresses);
            self.take(&mut left, LeftoverKind::Snapshot, snapshots);
            self.take(&mut left, LeftoverKind::SecurityGroup, groups);
            self.take(&mut left, LeftoverKind::LaunchTemplate, templates);
            self.take(&mut left, LeftoverKind::SpotRequest, requests);
        }
        let stored = match &self.offload {
            Some(offload) => offload.stored(run).await,
            None => Ok(Vec::new()),
        };
        left.take(LeftoverKind::StoredUserData, stored);
        Ok(left)
    }

    fn take(&self, left: &mut Leftovers, kind: LeftoverKind, answer: Result<Vec<Leftover>, CallError>) {
        let answer = match answer {
            // A cloud that cannot list a kind of resource has none of it.
            Err(problem) if self.session.is_compatible() && problem.class() == ErrorClass::Unsupported => {
                Ok(Vec::new())
            }
            Err(problem) => Err(problem.explain(&self.session.scene(), &format!("list {}", kind.several()))),
            Ok(found) => Ok(found),
        };
        left.take(kind, answer);
    }
}
