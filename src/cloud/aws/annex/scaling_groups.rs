//! The Auto Scaling groups of annexes.

use std::sync::Arc;

use aws_sdk_autoscaling::types::{Activity, AutoScalingGroup, Filter, SuspendedProcess};

use crate::annex::{AnnexId, AnnexSpec, TAG_ANNEX};
use crate::cloud::aws::annex::group_of;
use crate::cloud::aws::api::{AwsSession, Call, CallError};
use crate::cloud::aws::ec2::pages::all_pages;
use crate::provider::CloudError;

/// Maximum number of groups on a page (Auto Scaling API reference, `DescribeAutoScalingGroups`).
const PAGE: i32 = 100;

/// How many activities of a group are read.
const ACTIVITIES: i32 = 10;

/// Process of a group that launches instances in one zone and terminates others elsewhere, so that zones have equally
/// many (Amazon EC2 Auto Scaling User Guide, "Suspend and resume Amazon EC2 Auto Scaling processes").
const REBALANCE: &str = "AZRebalance";

/// Reads the groups of annexes, and changes their sizes.
#[derive(Clone)]
pub(super) struct ScalingGroups {
    session: Arc<AwsSession>,
}

impl ScalingGroups {
    /// Creates access to the groups of this session's account and region. Requests nothing yet.
    pub(super) fn new(session: Arc<AwsSession>) -> Self {
        Self { session }
    }

    /// Returns the groups of an annex.
    pub(super) async fn of_annex(&self, id: &AnnexId) -> Result<Vec<AutoScalingGroup>, CloudError> {
        let client = self.session.autoscaling().await?;
        let ours = Filter::builder().name(format!("tag:{TAG_ANNEX}")).values(id.tag()).build();
        let request = client.describe_auto_scaling_groups().filters(ours).max_records(PAGE);
        let call = Call::autoscaling("DescribeAutoScalingGroups");
        all_pages!(&self.session, call, request, auto_scaling_groups).map_err(|problem| {
            problem.explain(&self.session.scene(), &format!("look at the groups of annex {}", id.name))
        })
    }

    /// Returns the last activities of a group, the newest first.
    pub(super) async fn activities(&self, group: &str) -> Result<Vec<Activity>, CloudError> {
        let client = self.session.autoscaling().await?;
        let request = client.describe_scaling_activities().auto_scaling_group_name(group).max_records(ACTIVITIES);
        let call = Call::autoscaling("DescribeScalingActivities");
        let answer = self.session.call(call, || request.clone().send()).await;
        let answer = answer.map_err(|problem| {
            problem.explain(&self.session.scene(), &format!("look at what the group {group} tried"))
        })?;
        Ok(answer.activities.unwrap_or_default())
    }

    /// Returns the tags of the annexes that have groups.
    pub(super) async fn annexes(&self) -> Result<Vec<String>, CloudError> {
        let client = self.session.autoscaling().await?;
        let ours = Filter::builder().name("tag-key").values(TAG_ANNEX).build();
        let request = client.describe_auto_scaling_groups().filters(ours).max_records(PAGE);
        let call = Call::autoscaling("DescribeAutoScalingGroups");
        let groups = all_pages!(&self.session, call, request, auto_scaling_groups)
            .map_err(|problem| problem.explain(&self.session.scene(), "look at the groups of annexes"))?;
        let tags = groups.into_iter().flat_map(|group| group.tags.unwrap_or_default());
        Ok(tags.filter(|tag| tag.key.as_deref() == Some(TAG_ANNEX)).filter_map(|tag| tag.value).collect())
    }

    /// Returns the total desired size of an annex's groups.
    pub(super) async fn wanted(&self, id: &AnnexId) -> Result<u32, CloudError> {
        let sizes = self.of_annex(id).await?.into_iter().filter_map(|group| group.desired_capacity);
        Ok(sizes.filter_map(|size| u32::try_from(size).ok()).sum())
    }

    /// Returns the desired size of each pool of an annex; 0 without a group.
    pub(super) async fn sizes(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Vec<u32>, CloudError> {
        let groups = self.of_annex(id).await?;
        let size = |place: usize| {
            let name = group_of(id, place);
            let group = groups.iter().find(|group| group.auto_scaling_group_name.as_deref() == Some(&name))?;
            u32::try_from(group.desired_capacity?).ok()
        };
        Ok((0..spec.pools.len()).map(|place| size(place).unwrap_or_default()).collect())
    }

    /// Lets no group of the annex move instances between zones, which ends some. They replace unhealthy ones all the
    /// same. CloudFormation has no such property: it is a call after a group is made.
    pub(super) async fn keep_instances(&self, id: &AnnexId) -> Result<(), CloudError> {
        let client = self.session.autoscaling().await?;
        for group in self.of_annex(id).await? {
            let suspended = |process: &SuspendedProcess| process.process_name.as_deref() == Some(REBALANCE);
            if group.suspended_processes().iter().any(suspended) {
                continue;
            }
            let name = group.auto_scaling_group_name.unwrap_or_default();
            let request = client.suspend_processes().auto_scaling_group_name(&name).scaling_processes(REBALANCE);
            let done = self.session.call(Call::autoscaling("SuspendProcesses"), || request.clone().send()).await;
            self.told(done, &format!("suspend {REBALANCE} of the group {name}"))?;
        }
        Ok(())
    }

    /// Lets the annex's groups need no instances, so that none is launched in the stead of one that ends. A group that
    /// is being deleted needs none any more.
    pub(super) async fn want_none(&self, id: &AnnexId) -> Result<(), CloudError> {
        let client = self.session.autoscaling().await?;
        for group in self.of_annex(id).await?.into_iter().filter(|group| group.desired_capacity != Some(0)) {
            let name = group.auto_scaling_group_name.unwrap_or_default();
            let request = client.set_desired_capacity().auto_scaling_group_name(&name).desired_capacity(0);
            match self.session.call(Call::autoscaling("SetDesiredCapacity"), || request.clone().send()).await {
                // It is gone, or pending delete.
                Err(problem) if problem.code() == Some("ValidationError") => {}
                set => self.told(set, &format!("tell the group {name} that it needs no machines"))?,
            }
        }
        Ok(())
    }

    /// Deletes a group and its instances; one that is gone is no error.
    pub(super) async fn delete(&self, name: &str) -> Result<(), CloudError> {
        let client = self.session.autoscaling().await?;
        let request = client.delete_auto_scaling_group().auto_scaling_group_name(name).force_delete(true);
        match self.session.call(Call::autoscaling("DeleteAutoScalingGroup"), || request.clone().send()).await {
            Err(problem) if problem.fault.message().contains("not found") => Ok(()),
            deleted => self.told(deleted, &format!("delete the group {name}")),
        }
    }

    fn told<T>(&self, answer: Result<T, CallError>, what: &str) -> Result<(), CloudError> {
        answer.map(drop).map_err(|problem| problem.explain(&self.session.scene(), what))
    }

    /// Sets each group's size where the update of the stack does not: a group with released instances is smaller than
    /// in its template, and an update with the same template leaves it so. A group that has to grow beyond its maximum
    /// size is left to the update.
    pub(super) async fn resize(&self, id: &AnnexId, counts: &[u32]) -> Result<(), CloudError> {
        let client = self.session.autoscaling().await?;
        for group in self.of_annex(id).await? {
            let name = group.auto_scaling_group_name.clone().unwrap_or_default();
            let place = (0..counts.len()).find(|&place| group_of(id, place) == name);
            let Some(count) = place.and_then(|place| i32::try_from(counts[place]).ok()) else { continue };
            if group.desired_capacity == Some(count) || group.max_size.is_none_or(|most| most < count) {
                continue;
            }
            let request = client.set_desired_capacity().auto_scaling_group_name(&name).desired_capacity(count);
            let set = self.session.call(Call::autoscaling("SetDesiredCapacity"), || request.clone().send()).await;
            set.map_err(|problem| {
                problem.explain(&self.session.scene(), &format!("give the group {name} {count} machines"))
            })?;
        }
        Ok(())
    }
}
