//! Releases instances from an annex.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::scaling_groups::ScalingGroups;
use crate::annex::{AnnexId, TAG_ANNEX};
use crate::cloud::aws::api::{AwsSession, Call, CallError};
use crate::cloud::aws::ec2::describe::{Describer, filter};
use crate::cloud::aws::ec2::terminate::Terminator;
use crate::cloud::aws::ec2::{instance, tags};
use crate::provider::{CloudError, CloudErrorKind};

/// Number of concurrent calls: more would only wait for the request limits.
const AT_ONCE: usize = 20;

/// Maximum number of values of a filter (EC2 API reference, `DescribeInstances`).
const FILTER_VALUES: usize = 200;

/// Releases instances from annexes.
pub(super) struct Releaser {
    pub(super) session: Arc<AwsSession>,
    pub(super) groups: ScalingGroups,
    pub(super) describer: Describer,
    pub(super) terminator: Arc<Terminator>,
}

impl Releaser {
    /// Terminates these instances and shrinks their groups accordingly. An instance that left its group by itself, but
    /// lives and carries the annex's tag, is terminated; one that is gone counts as released.
    ///
    /// # Errors
    /// An instance does not belong to this annex; then none is terminated.
    pub(super) async fn release(&self, id: &AnnexId, wanted: &[String]) -> Result<(), CloudError> {
        let living = self.living(id, wanted).await?;
        if !living.is_empty() {
            // A group that has lost instances in one zone would end others elsewhere.
            self.groups.keep_instances(id).await?;
        }
        let mut outside = Vec::new();
        for some in living.chunks(AT_ONCE) {
            let mut calls = JoinSet::new();
            for machine in some {
                calls.spawn(leave(Arc::clone(&self.session), machine.clone()));
            }
            for left in calls.join_all().await {
                outside.extend(left?);
            }
        }
        // After a call with a lost answer, the next one finds the instance outside its group.
        let outside = self.living(id, &outside).await?;
        if outside.is_empty() { Ok(()) } else { self.terminator.terminate(&outside).await }
    }

    /// Returns the living instances among `wanted`.
    async fn living(&self, id: &AnnexId, wanted: &[String]) -> Result<Vec<String>, CloudError> {
        let mut living = Vec::new();
        for some in wanted.chunks(FILTER_VALUES) {
            // Unlike a list of ids, a filter accepts ids that do not exist.
            for shown in self.describer.filtered(&[filter("instance-id", some.iter().cloned())]).await? {
                let Some(machine) = shown.instance_id else { continue };
                if tags::read(shown.tags).get(TAG_ANNEX).is_none_or(|tag| *tag != id.tag()) {
                    let message =
                        format!("the instance {machine} does not belong to annex {}, and is left alone", id.name);
                    let hint = format!("`hoist annex status {}` shows what does", id.name);
                    return Err(CloudError::new(CloudErrorKind::Rejected, message).hint(hint));
                }
                let state = shown.state.as_ref().and_then(|state| state.name.as_ref());
                if !instance::state_of(state).is_gone() {
                    living.push(machine);
                }
            }
        }
        let asked: BTreeSet<&String> = wanted.iter().collect();
        living.retain(|machine| asked.contains(machine));
        Ok(living)
    }
}

/// Terminates an instance and shrinks its group; returns the instance if it is in no group.
async fn leave(session: Arc<AwsSession>, machine: String) -> Result<Option<String>, CloudError> {
    let client = session.autoscaling().await?;
    let request =
        client.terminate_instance_in_auto_scaling_group().instance_id(&machine).should_decrement_desired_capacity(true);
    let call = Call::autoscaling("TerminateInstanceInAutoScalingGroup");
    match session.call(call, || request.clone().send()).await {
        Ok(_) => Ok(None),
        Err(problem) if is_outside(&problem) => Ok(Some(machine)),
        // An earlier attempt with a lost answer began this.
        Err(problem) if problem.attempts > 1 && is_leaving(&problem) => Ok(None),
        Err(problem) => Err(problem.explain(&session.scene(), &format!("release {machine}"))),
    }
}

fn is_outside(problem: &CallError) -> bool {
    let message = problem.fault.message();
    problem.code() == Some("ValidationError")
        && (message.contains("not found") || message.contains("No managed instance"))
}

fn is_leaving(problem: &CallError) -> bool {
    problem.code() == Some("ValidationError") && problem.fault.message().contains("not in")
}
