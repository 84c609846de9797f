//! Tags that are set after a launch, and the instances that lack them because a crash came in between.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_ec2::types;

use super::instance;
use super::options::Ec2Timing;
use super::slot_instances::SlotInstances;
use super::tags::{self, TAG_SLOT, Tags};
use crate::cloud::Announcement;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, ErrorClass};
use crate::provider::{
    CloudError, CloudErrorKind, Instance, InstanceState, LaunchRequest, Selector, TAG_INTENT, TAG_OWNER, TAG_RUN,
};

/// Tags instances after their launch, and knows the launches whose instances may lack tags.
pub(super) struct LateTags {
    session: Arc<AwsSession>,
    slots: SlotInstances,
    timing: Ec2Timing,
    /// The launches that were begun, by their tokens.
    announced: Mutex<BTreeMap<String, Announcement>>,
}

impl LateTags {
    /// `announced` are the launches that earlier processes began.
    pub(super) fn new(
        session: Arc<AwsSession>,
        slots: SlotInstances,
        timing: Ec2Timing,
        announced: &[Announcement],
    ) -> Self {
        let announced = announced.iter().map(|announced| (announced.token.clone(), announced.clone())).collect();
        Self { session, slots, timing, announced: Mutex::new(announced) }
    }

    /// Notes that a launch begins; false where it began before.
    pub(super) fn announce(&self, request: &LaunchRequest) -> bool {
        let tag = |name: &str| request.tags.get(name).cloned().unwrap_or_default();
        let announcement = Announcement {
            run: tag(TAG_RUN),
            token: request.token.clone(),
            owner: tag(TAG_OWNER),
            size: request.slots.len(),
        };
        let mut announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
        announced.insert(request.token.clone(), announcement).is_none()
    }

    /// The instances that `selector` picks and `shown` lacks because they have no tags yet.
    pub(super) async fn missing_from(
        &self,
        selector: &Selector,
        shown: &[Instance],
    ) -> Result<Vec<Instance>, CloudError> {
        match selector {
            Selector::Run(run) => self.untagged(Some(run), shown).await,
            Selector::ManagedByHoist => self.untagged(None, shown).await,
            Selector::Ids(_) => Ok(Vec::new()),
        }
    }

    /// The instances of announced launches, of this run or of all, that `shown` lacks because they have no tags yet.
    /// They get them now: an instance that nobody finds is one that nobody removes.
    async fn untagged(&self, run: Option<&str>, shown: &[Instance]) -> Result<Vec<Instance>, CloudError> {
        let announced: Vec<Announcement> = {
            let announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
            announced.values().filter(|announced| run.is_none_or(|run| announced.run == run)).cloned().collect()
        };
        let mut found = Vec::new();
        for Announcement { run, token, owner, size } in announced {
            let tagged = shown.iter().filter(|instance| instance.tags.get(TAG_INTENT) == Some(&token)).count();
            if tagged >= size {
                continue;
            }
            let known: BTreeSet<&str> = shown.iter().map(|instance| instance.id.as_str()).collect();
            for (slot, untagged) in self.slots.find(&token, 0..size).await? {
                if untagged.instance_id.as_deref().is_some_and(|id| known.contains(id)) {
                    continue;
                }
                let tags = [(TAG_RUN, &run), (TAG_INTENT, &token), (TAG_OWNER, &owner)]
                    .map(|(name, value)| (name.to_owned(), value.clone()));
                found.push(self.tagged(untagged, &tags.into(), slot).await?);
            }
        }
        Ok(found)
    }

    /// The instance of this slot, with these tags: they are set where it lacks them.
    pub(super) async fn tagged(
        &self,
        shown: types::Instance,
        tags: &Tags,
        slot: usize,
    ) -> Result<Instance, CloudError> {
        let mut tags = tags.clone();
        tags.insert(TAG_SLOT.to_owned(), slot.to_string());
        let read = instance::read([shown]).pop();
        let mut instance = read.ok_or_else(|| {
            CloudError::new(CloudErrorKind::Transient, "the cloud answered a launch with an instance without an id")
        })?;
        let is_tagged = [TAG_RUN, TAG_INTENT].iter().all(|tag| instance.tags.contains_key(*tag));
        if !is_tagged && instance.state != InstanceState::Terminated {
            self.tag(&instance.id, &tags).await?;
            instance.tags = tags;
        }
        instance.launch_index = slot;
        Ok(instance)
    }

    /// Tags an instance. It exists by now, so every failure but its absence is one to try again.
    async fn tag(&self, id: &str, tags: &tags::Tags) -> Result<(), CloudError> {
        let client = self.session.ec2().await?;
        let request = client.create_tags().resources(id).set_tags(Some(tags::list(tags)));
        let call = Call::ec2("CreateTags", ApiClass::CreateTags);
        let mut window = self.timing.until_visible();
        loop {
            match self.session.call(call, || request.clone().send()).await {
                Ok(_) => return Ok(()),
                Err(problem) if problem.class() == ErrorClass::UnknownInstance && window.pause().await => {}
                Err(problem) => {
                    let error = problem.explain(&self.session.scene(), &format!("tag {id}"));
                    return Err(CloudError { kind: CloudErrorKind::Transient, ..error });
                }
            }
        }
    }
}
