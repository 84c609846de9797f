//! Launches on clouds that support only the oldest part of the EC2 API (such as OpenStack's ec2-api).
//!
//! They take no tags at launch, have no fleets, and may launch twice for one token when calls come close together. So
//! each instance is launched by its own call, with its own token derived from the launch's token and the slot. Before
//! such a call is repeated, the cloud is asked for an instance with that token. Tags are set right after the launch; if
//! a crash came in between, the untagged instances are found by their tokens.

use std::sync::Arc;

use aws_sdk_ec2::types;

use super::launch_failure::{gone, not_launched, refusal};
use super::launch_spec::{Ec2LaunchSpec, refused, who};
use super::options::Ec2Timing;
use super::run_instances::with_all;
use super::slot_instances::{SlotInstances, slot_token};
use super::tag_after_launch::LateTags;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, CallError, ErrorClass};
use crate::provider::{CapacityError, CloudError, CloudErrorKind, Instance, LaunchRequest, Launched, Offer};

/// How often the instance of a launch with a lost answer is looked for before the call is repeated: instances show
/// within seconds.
const LOOKS: usize = 3;

/// Launches instances with one call for each slot.
pub(super) struct CompatibleLauncher {
    session: Arc<AwsSession>,
    slots: SlotInstances,
    tags: Arc<LateTags>,
    timing: Ec2Timing,
}

impl CompatibleLauncher {
    /// Creates a launcher; `slots` finds instances of earlier calls, and `tags` sets tags after the launch.
    pub(super) fn new(session: Arc<AwsSession>, slots: SlotInstances, tags: Arc<LateTags>, timing: Ec2Timing) -> Self {
        Self { session, slots, tags, timing }
    }

    /// Launches the instances of a request one by one.
    pub(super) async fn launch(
        &self,
        request: &LaunchRequest,
        specification: &Ec2LaunchSpec,
    ) -> Result<Launched, CloudError> {
        if let Some(offer) = request.offers.iter().find(|offer| offer.spot) {
            return Err(refused(format!("{} asks for {offer}, and this cloud sells no spot capacity", who(request)))
                .hint("`market = \"on-demand\"` in the plan"));
        }
        let count = request.slots.len();
        let mut found: Vec<Option<Instance>> = vec![None; count];
        if !self.tags.announce(request) || request.repeated {
            for (slot, shown) in self.slots.find(&request.token, 0..count).await? {
                found[slot] = Some(self.tags.tagged(shown, &specification.tags, slot).await?);
            }
        }
        let mut refusals = Vec::new();
        let mut gone = None;
        for slot in 0..count {
            if found[slot].is_some() {
                continue;
            }
            let answer = match self.run_slot(request, specification, slot).await {
                Ok(Ok(shown)) => self.tags.tagged(shown, &specification.tags, slot).await,
                // A cloud without room for this instance has none for the next.
                Ok(Err(told)) => {
                    refusals = told;
                    break;
                }
                Err(error) => Err(error),
            };
            match answer {
                Ok(instance) => found[slot] = Some(instance),
                Err(error) if error.kind == CloudErrorKind::TokenUsed => gone = Some(error),
                // Launched instances must not be forgotten because others failed.
                Err(error) if found.iter().any(Option::is_some) => {
                    return Err(CloudError { kind: CloudErrorKind::Transient, ..error });
                }
                Err(error) => return Err(error),
            }
        }
        match gone {
            Some(error) if found.iter().all(Option::is_none) => Err(error),
            _ => Ok(Launched { instances: found.into_iter().flatten().collect(), refusals }),
        }
    }

    /// Launches one instance from the first offer with capacity.
    async fn run_slot(
        &self,
        request: &LaunchRequest,
        specification: &Ec2LaunchSpec,
        slot: usize,
    ) -> Result<Result<types::Instance, Vec<CapacityError>>, CloudError> {
        let mut refusals = Vec::new();
        for offer in &request.offers {
            match self.run_offer(request, specification, offer, slot).await? {
                Ok(shown) => return Ok(Ok(shown)),
                Err(refusal) => refusals.push(refusal),
            }
        }
        Ok(Err(refusals))
    }

    async fn run_offer(
        &self,
        request: &LaunchRequest,
        specification: &Ec2LaunchSpec,
        offer: &Offer,
        slot: usize,
    ) -> Result<Result<types::Instance, CapacityError>, CloudError> {
        let client = self.session.ec2().await?;
        let token = slot_token(&request.token, slot);
        let run = with_all(client.run_instances(), specification, offer, 1).client_token(&token);
        let call = Call::ec2("RunInstances", ApiClass::RunInstances).resources(1).once();
        let problem = match self.session.call(call, || run.clone().send()).await {
            Ok(reservation) => {
                let shown = reservation.instances.unwrap_or_default().into_iter().next();
                return shown.map(Ok).ok_or_else(|| no_instance(request));
            }
            Err(problem) => problem,
        };
        if problem.in_doubt || matches!(problem.class(), ErrorClass::TokenMismatch | ErrorClass::TokenGone) {
            if let Some(shown) = self.find_slot(request, slot).await? {
                return Ok(Ok(shown));
            }
            if matches!(problem.class(), ErrorClass::TokenMismatch | ErrorClass::TokenGone) {
                return Err(gone(request));
            }
        }
        self.slot_refused(request, offer, &problem)
    }

    fn slot_refused(
        &self,
        request: &LaunchRequest,
        offer: &Offer,
        problem: &CallError,
    ) -> Result<Result<types::Instance, CapacityError>, CloudError> {
        match not_launched(&self.session.scene(), request, problem) {
            Ok(_) => Ok(Err(refusal(&self.session.scene(), offer, problem))),
            Err(error) => Err(error),
        }
    }

    /// Returns the instance of a call with a lost answer, once it is visible.
    async fn find_slot(&self, request: &LaunchRequest, slot: usize) -> Result<Option<types::Instance>, CloudError> {
        let mut window = self.timing.until_visible();
        for _ in 0..LOOKS {
            if let Some((_, shown)) = self.slots.find(&request.token, slot..slot + 1).await?.pop() {
                return Ok(Some(shown));
            }
            if !window.pause().await {
                break;
            }
        }
        Ok(None)
    }
}

fn no_instance(request: &LaunchRequest) -> CloudError {
    CloudError::new(
        CloudErrorKind::Transient,
        format!("the cloud answered the launch of {} with nothing", who(request)),
    )
}
