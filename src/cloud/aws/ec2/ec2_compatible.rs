//! Launches on clouds that speak only the oldest part of EC2's language (OpenStack's ec2-api and its like).
//!
//! They take no tags at launch, know no fleets, and may launch twice for one token when calls come close together. So
//! each instance is launched by a call of its own, with a token of its own that follows from the launch's token and the
//! slot; before such a call is made again, the cloud is asked whether there is an instance with that token; and the
//! tags are set right after, from a look at the cloud if a crash came in between.

use aws_sdk_ec2::types;
use sha2::{Digest as _, Sha256};

use super::consistency_window::ConsistencyWindow;
use super::describe::filter;
use super::ec2_cloud::Ec2Cloud;
use super::launch_spec::{Ec2LaunchSpec, refused, who};
use super::run_instances::with_all;
use crate::cloud::aws::api::{ApiClass, Call, CallError, ErrorClass};
use crate::provider::{CapacityError, CloudError, CloudErrorKind, Instance, LaunchRequest, Launched, Offer};

/// How many tokens a look asks for at once (the most values of a filter).
const TOKENS: usize = 200;

/// How often a launch whose answer was lost is looked for before it is made again: instances show within seconds.
const LOOKS: usize = 3;

/// The token of one slot of a launch.
pub(super) fn slot_token(token: &str, slot: usize) -> String {
    hex::encode(&Sha256::digest(format!("{token} {slot}"))[..20])
}

impl Ec2Cloud {
    /// Launches the instances of a request one after the other.
    pub(super) async fn run_one_by_one(
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
        if !self.announce(request) || request.repeated {
            for (slot, shown) in self.with_slot_tokens(&request.token, 0..count).await? {
                found[slot] = Some(self.tagged(shown, &specification.tags, slot).await?);
            }
        }
        let mut refusals = Vec::new();
        let mut gone = None;
        for slot in 0..count {
            if found[slot].is_some() {
                continue;
            }
            let answer = match self.run_slot(request, specification, slot).await {
                Ok(Ok(shown)) => self.tagged(shown, &specification.tags, slot).await,
                // What has no room for this one has none for the next.
                Ok(Err(told)) => {
                    refusals = told;
                    break;
                }
                Err(error) => Err(error),
            };
            match answer {
                Ok(instance) => found[slot] = Some(instance),
                Err(error) if error.kind == CloudErrorKind::TokenUsed => gone = Some(error),
                // What was launched already must not be forgotten for what was not.
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

    /// Launches one instance, from the first offer that has room.
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
                return shown.map(Ok).ok_or_else(|| self.no_instance(request));
            }
            Err(problem) => problem,
        };
        if problem.in_doubt || matches!(problem.class(), ErrorClass::TokenMismatch | ErrorClass::TokenGone) {
            if let Some(shown) = self.find_slot(request, slot).await? {
                return Ok(Ok(shown));
            }
            if matches!(problem.class(), ErrorClass::TokenMismatch | ErrorClass::TokenGone) {
                let message = format!("what was launched for {} before is gone", who(request));
                return Err(
                    CloudError::new(CloudErrorKind::TokenUsed, message).hint("`hoist plan repair` launches anew")
                );
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
        match self.not_launched(request, problem) {
            Ok(_) => Ok(Err(self.refusal(offer, problem))),
            Err(error) => Err(error),
        }
    }

    fn no_instance(&self, request: &LaunchRequest) -> CloudError {
        CloudError::new(
            CloudErrorKind::Transient,
            format!("the cloud answered the launch of {} with nothing", who(request)),
        )
    }

    /// The instance that a call made whose answer was lost, once it shows.
    async fn find_slot(&self, request: &LaunchRequest, slot: usize) -> Result<Option<types::Instance>, CloudError> {
        let mut patience = ConsistencyWindow::new(&self.options.timing);
        for _ in 0..LOOKS {
            if let Some((_, shown)) = self.with_slot_tokens(&request.token, slot..slot + 1).await?.pop() {
                return Ok(Some(shown));
            }
            if !patience.pause().await {
                break;
            }
        }
        Ok(None)
    }

    /// The instances of these slots that the cloud shows, by the tokens that they were launched with.
    pub(super) async fn with_slot_tokens(
        &self,
        token: &str,
        slots: std::ops::Range<usize>,
    ) -> Result<Vec<(usize, types::Instance)>, CloudError> {
        let tokens: Vec<(usize, String)> = slots.map(|slot| (slot, slot_token(token, slot))).collect();
        let mut found = Vec::new();
        for chunk in tokens.chunks(TOKENS) {
            let wanted = filter("client-token", chunk.iter().map(|(_, token)| token.clone()));
            for shown in self.filtered(&[wanted]).await? {
                let slot = chunk.iter().find(|(_, token)| shown.client_token.as_ref() == Some(token));
                found.extend(slot.map(|(slot, _)| (*slot, shown)));
            }
        }
        Ok(found)
    }
}
