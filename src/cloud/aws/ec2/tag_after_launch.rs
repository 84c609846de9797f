//! Sets tags after a launch, and finds instances that lack them because of a crash in between.

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

/// Tags instances after their launch, and records launches whose instances may lack tags.
pub(super) struct LateTags {
    session: Arc<AwsSession>,
    slots: SlotInstances,
    timing: Ec2Timing,
    /// Begun launches by their tokens.
    announced: Mutex<BTreeMap<String, Announcement>>,
}

impl LateTags {
    /// Creates the tagger; `announced` are launches begun by earlier processes.
    pub(super) fn new(
        session: Arc<AwsSession>,
        slots: SlotInstances,
        timing: Ec2Timing,
        announced: &[Announcement],
    ) -> Self {
        let announced = announced.iter().map(|announced| (announced.token.clone(), announced.clone())).collect();
        Self { session, slots, timing, announced: Mutex::new(announced) }
    }

    /// Records that a launch begins; returns false if it began before.
    pub(super) fn announce(&self, request: &LaunchRequest) -> bool {
        let tag = |name: &str| request.tags.get(name).cloned().unwrap_or_default();
        let announcement = Announcement {
            run: tag(TAG_RUN),
            token: request.token.clone(),
            owner: tag(TAG_OWNER),
            size: request.slots.len(),
            tags: request.tags.clone(),
        };
        let mut announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
        announced.insert(request.token.clone(), announcement).is_none()
    }

    /// Returns the instances that match `selector` but are missing from `shown` because they have no tags yet.
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

    /// Returns the instances of announced launches, of this run or of all, that are missing from `shown` because they
    /// have no tags yet. They are tagged now: an instance that cannot be found is never removed.
    async fn untagged(&self, run: Option<&str>, shown: &[Instance]) -> Result<Vec<Instance>, CloudError> {
        let announced: Vec<Announcement> = {
            let announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
            announced.values().filter(|announced| run.is_none_or(|run| announced.run == run)).cloned().collect()
        };
        let known: BTreeSet<&str> = shown.iter().map(|instance| instance.id.as_str()).collect();
        let mut found = Vec::new();
        for Announcement { run, token, owner, size, mut tags } in announced {
            let tagged = shown.iter().filter(|instance| instance.tags.get(TAG_INTENT) == Some(&token)).count();
            if tagged >= size {
                continue;
            }
            let own = [(TAG_RUN, &run), (TAG_INTENT, &token), (TAG_OWNER, &owner)];
            tags.extend(own.map(|(name, value)| (name.to_owned(), value.clone())));
            for (slot, untagged) in self.slots.find(&token, 0..size).await? {
                if untagged.instance_id.as_deref().is_some_and(|id| known.contains(id)) {
                    continue;
                }
                found.push(self.tagged(untagged, &tags, slot).await?);
            }
        }
        Ok(found)
    }

    /// Returns the instance of this slot, after setting these tags if it lacks them.
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

    /// Tags an instance. It exists by now, so every failure is transient.
    async fn tag(&self, id: &str, tags: &Tags) -> Result<(), CloudError> {
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
