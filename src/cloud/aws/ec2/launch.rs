//! Launches: one request becomes one call that is safe to repeat, or one fixed series of such calls.

use jiff::Timestamp;

use super::consistency_window::ConsistencyWindow;
use super::ec2_cloud::Ec2Cloud;
use super::launch_spec::{Ec2LaunchSpec, who};
use super::quota;
use crate::cloud::aws::api::{CallError, ErrorClass};
use crate::provider::{
    CapacityError, CloudError, CloudErrorKind, Instance, InstanceState, LaunchRequest, Launched, Offer,
};

impl Ec2Cloud {
    /// Launches what is asked for, or finds what an earlier call with the same token launched.
    pub(super) async fn launch_with_offers(&self, request: &LaunchRequest) -> Result<Launched, CloudError> {
        let specification = match self.specify(request).await {
            Ok(specification) => specification,
            // A file or a key may be gone since an earlier process launched: what it launched counts.
            Err(error) if request.repeated => {
                let found = self.launched_with(&request.token).await?;
                return if found.is_empty() { Err(error) } else { Ok(found.into()) };
            }
            Err(error) => return Err(error),
        };
        let launched = if self.session.is_compatible() {
            self.run_one_by_one(request, &specification).await?
        } else if let [offer @ Offer { spot: false, .. }] = request.offers.as_slice() {
            self.run_instances(request, &specification, offer).await?
        } else {
            self.run_fleet(request, &specification).await?
        };
        if !launched.instances.is_empty() && launched.instances.iter().all(|instance| instance.state.is_gone()) {
            let message = format!("what was launched for {} is gone again", who(request));
            return Err(CloudError::new(CloudErrorKind::TokenUsed, message).hint("`hoist plan repair` launches anew"));
        }
        self.pin(&specification, &launched.instances).await?;
        Ok(launched)
    }

    /// What a launch with this token made, found by its tag: for calls whose token EC2 knows, though not with these
    /// parameters. Waits for the instances to show themselves; where they never do, they came and went.
    pub(super) async fn adopt(&self, request: &LaunchRequest) -> Result<Launched, CloudError> {
        let mut patience = ConsistencyWindow::new(&self.options.timing);
        loop {
            let found = self.launched_with(&request.token).await?;
            if found.len() >= request.slots.len() || !patience.pause().await {
                if found.is_empty() {
                    let message = format!("what was launched for {} before is gone", who(request));
                    return Err(
                        CloudError::new(CloudErrorKind::TokenUsed, message).hint("`hoist plan repair` launches anew")
                    );
                }
                return Ok(found.into());
            }
        }
    }

    /// From now on, these machines are expected to have the host key that they were given.
    async fn pin(&self, specification: &Ec2LaunchSpec, instances: &[Instance]) -> Result<(), CloudError> {
        let (Some(keys), Some(public)) = (self.options.keys.clone(), specification.host_key.clone()) else {
            return Ok(());
        };
        let ids: Vec<String> = instances.iter().map(|instance| instance.id.clone()).collect();
        let pinned = tokio::task::spawn_blocking(move || ids.iter().try_for_each(|id| keys.pin(id, &public))).await;
        // The machines exist: the call must be repeated, not forgotten.
        let failed = |reason: String| {
            CloudError::new(CloudErrorKind::Transient, format!("cannot record the host key: {reason}"))
        };
        match pinned {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    /// What a failed launch means: no capacity is an answer, everything else an error.
    pub(super) fn not_launched(&self, request: &LaunchRequest, problem: &CallError) -> Result<Launched, CloudError> {
        if is_capacity_error(problem) {
            let refusals = request.offers.iter().map(|offer| self.refusal(offer, problem)).collect();
            return Ok(Launched { instances: Vec::new(), refusals });
        }
        // Whom it concerns is said with it: the same of many services must read the same.
        Err(problem.explain(&self.session.scene(), "launch"))
    }

    /// An offer that had no room, and why.
    pub(super) fn refusal(&self, offer: &Offer, problem: &CallError) -> CapacityError {
        let mut reason = problem.reason(&self.session.scene());
        if problem.class() == ErrorClass::Quota
            && let Some(quota) = quota::of(offer)
        {
            reason.push_str(&format!("; the quota is {quota} in Service Quotas"));
        }
        if problem.class() == ErrorClass::NoSpotRole
            && let Some(hint) = problem.explain(&self.session.scene(), "launch").hint
        {
            reason.push_str(&format!("; {hint}"));
        }
        CapacityError { offer: offer.clone(), reason }
    }
}

/// Whether another offer may have room.
pub(super) fn is_capacity_error(problem: &CallError) -> bool {
    matches!(problem.class(), ErrorClass::NoCapacity | ErrorClass::Quota | ErrorClass::NoSpotRole)
}

/// An instance that a fleet tells of by its id alone.
pub(super) fn just_launched(id: String, request: &LaunchRequest, slot: usize) -> Instance {
    Instance {
        id,
        state: InstanceState::Pending,
        address: None,
        private_address: None,
        launch_index: slot,
        tags: request.tags.clone(),
        launched_at: Timestamp::now(),
        reason: None,
    }
}
