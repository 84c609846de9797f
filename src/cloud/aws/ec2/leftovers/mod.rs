//! What carries our tags beside instances, and outlived them or never had any.
//!
//! Each kind of thing is asked for by itself, and one that cannot be asked for is named. Instant fleets are left out:
//! they hold nothing once their instances are gone, cost nothing, and EC2 lists them only by id.

mod lists;
mod removal;

use aws_sdk_ec2::types::{Filter, Tag};

use super::describe::filter;
use super::ec2_cloud::Ec2Cloud;
use super::tags;
use crate::cloud::aws::api::{CallError, ErrorClass};
use crate::provider::{CloudError, Leftover, LeftoverKind, Leftovers, TAG_EXPIRES, TAG_OWNER, TAG_RUN};

impl Ec2Cloud {
    /// Disks, interfaces and addresses that no machine takes with it, snapshots, groups, templates, requests for spare
    /// capacity that are still open, and what is stored in the bucket.
    pub(super) async fn left(&self, run: Option<&str>) -> Result<Leftovers, CloudError> {
        let client = self.session.ec2().await?;
        let ours = [match run {
            Some(run) => filter(&format!("tag:{TAG_RUN}"), [run.to_owned()]),
            None => filter("tag-key", [TAG_RUN.to_owned()]),
        }];
        let mut left = Leftovers::default();
        if self.session.is_compatible() {
            self.take(&mut left, LeftoverKind::Volume, self.volumes(client, &ours).await);
        } else {
            let (volumes, interfaces, addresses, snapshots, groups, templates, requests) = tokio::join!(
                self.volumes(client, &ours),
                self.interfaces(client, &ours),
                self.addresses(client, &ours),
                self.snapshots(client, &ours),
                self.tagged_groups(client, run, &ours),
                self.templates(client, &ours),
                self.spot_requests(client, &ours),
            );
            self.take(&mut left, LeftoverKind::Volume, volumes);
            self.take(&mut left, LeftoverKind::NetworkInterface, interfaces);
            self.take(&mut left, LeftoverKind::Address, addresses);
            self.take(&mut left, LeftoverKind::Snapshot, snapshots);
            self.take(&mut left, LeftoverKind::SecurityGroup, groups);
            self.take(&mut left, LeftoverKind::LaunchTemplate, templates);
            self.take(&mut left, LeftoverKind::SpotRequest, requests);
        }
        left.take(LeftoverKind::StoredUserData, self.stored(run).await);
        Ok(left)
    }

    fn take(&self, left: &mut Leftovers, kind: LeftoverKind, answer: Result<Vec<Leftover>, CallError>) {
        let answer = match answer {
            // What the cloud cannot list, it does not have.
            Err(problem) if self.session.is_compatible() && problem.class() == ErrorClass::Unsupported => {
                Ok(Vec::new())
            }
            Err(problem) => Err(problem.explain(&self.session.scene(), &format!("list {}", kind.several()))),
            Ok(found) => Ok(found),
        };
        left.take(kind, answer);
    }
}

/// The filters that pick what is ours.
type OwnedResources = [Filter];

fn leftover(kind: LeftoverKind, id: String, tags: Option<Vec<Tag>>, detail: String, bills: bool) -> Leftover {
    let mut tags = tags::read(tags);
    Leftover {
        kind,
        id,
        run: tags.remove(TAG_RUN),
        owner: tags.remove(TAG_OWNER),
        expires_at: tags.remove(TAG_EXPIRES).and_then(|end| end.parse().ok()),
        detail,
        bills,
    }
}
