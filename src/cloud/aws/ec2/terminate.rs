//! Terminates instances, including those not yet visible in EC2.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::describe::named;
use super::options::Ec2Timing;
use crate::cloud::LaunchedAt;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, ErrorClass};
use crate::provider::CloudError;

/// Maximum number of ids in a call (EC2 API reference, `TerminateInstances`).
const IDS: usize = 1000;

/// Terminates the instances of an account and region.
pub(in crate::cloud) struct Terminator {
    session: Arc<AwsSession>,
    timing: Ec2Timing,
    launched_at: Arc<LaunchedAt>,
}

impl Terminator {
    /// Creates a terminator; `launched_at` gives the launch time of an instance, as far as the caller knows it, and
    /// `timing` how long it may be invisible after that.
    pub(in crate::cloud) fn new(session: Arc<AwsSession>, timing: Ec2Timing, launched_at: Arc<LaunchedAt>) -> Self {
        Self { session, timing, launched_at }
    }

    /// Terminates these instances. EC2 terminates none of a list with an unknown id, so such ids are set aside: an old
    /// instance is gone, a young one is requested again until it is visible.
    pub(in crate::cloud) async fn terminate(&self, ids: &[String]) -> Result<(), CloudError> {
        for chunk in ids.chunks(IDS) {
            self.terminate_some(chunk.iter().cloned().collect()).await?;
        }
        Ok(())
    }

    async fn terminate_some(&self, mut wanted: BTreeSet<String>) -> Result<(), CloudError> {
        let client = self.session.ec2().await?;
        let mut window = self.timing.until_visible();
        let mut invisible: BTreeSet<String> = BTreeSet::new();
        loop {
            if wanted.is_empty() {
                invisible.retain(|id| self.may_be_young(id));
                if invisible.is_empty() || !window.pause().await {
                    return Ok(());
                }
                wanted = std::mem::take(&mut invisible);
            }
            let request = client.terminate_instances().set_instance_ids(Some(wanted.iter().cloned().collect()));
            let call = Call::ec2("TerminateInstances", ApiClass::TerminateInstances).resources(wanted.len());
            let problem = match self.session.call(call, || request.clone().send()).await {
                Ok(_) => {
                    wanted.clear();
                    continue;
                }
                Err(problem) => problem,
            };
            if problem.class() != ErrorClass::UnknownInstance {
                let which = match wanted.first() {
                    Some(id) if wanted.len() == 1 => id.clone(),
                    _ => format!("{} machines", wanted.len()),
                };
                return Err(problem.explain(&self.session.scene(), &format!("terminate {which}")));
            }
            let unknown = match named(problem.fault.message(), &wanted) {
                // If the message names no id, each may be unknown: the caller asks one by one.
                none if none.is_empty() && wanted.len() > 1 => {
                    return Err(problem.explain(&self.session.scene(), "terminate the instances"));
                }
                none if none.is_empty() => std::mem::take(&mut wanted),
                some => some,
            };
            wanted.retain(|id| !unknown.contains(id));
            invisible.extend(unknown);
        }
    }

    /// Returns whether the instance may be too young to be visible in EC2.
    fn may_be_young(&self, id: &str) -> bool {
        let Some(launched_at) = (self.launched_at)(id) else { return true };
        let age = Timestamp::now().duration_since(launched_at);
        age.is_negative() || age.unsigned_abs() <= self.timing.consistency_window
    }
}
