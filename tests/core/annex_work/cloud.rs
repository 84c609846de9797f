//! The cloud as those see it who work with the annex, and their ledger: every call and every line is a point at which
//! they may be cut off.

use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use hoist::annex::{
    AnnexCloud, AnnexEvent, AnnexId, AnnexInstance, AnnexJournal, AnnexLeftover, AnnexSpec, NodeLog, ObservedAnnex,
    ObservedState, Pilot, PoolPrice,
};
use hoist::engine::JournalError;
use hoist::provider::{CloudError, CloudErrorKind, InstanceState};
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::annex_work::world::{Effect, Machine, Refusal, Stack, World};

/// The cloud's id of the annex.
pub(crate) const CLOUD_ID: &str = "stack/1";

#[derive(Clone)]
pub(crate) struct SimulatedCloud {
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) cut: Arc<Notify>,
}

impl SimulatedCloud {
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// A point at which whoever works may be cut off; what they were about to do may then come later.
    async fn point(&self, late: Option<Effect>) {
        let burnt = {
            let mut world = self.world();
            world.points += 1;
            let burnt = world.fuse == Some(0);
            world.fuse = world.fuse.map(|fuse| fuse.saturating_sub(1));
            if burnt && let Some(effect) = late {
                world.take_late(effect);
            }
            burnt
        };
        if burnt {
            self.cut.notify_one();
            pending::<()>().await;
        }
        tokio::task::yield_now().await;
    }

    /// A call that changes something.
    async fn call(&self, effects: Vec<Effect>) -> Result<(), CloudError> {
        self.world().changes += 1;
        let trouble = self.trouble();
        for effect in effects {
            self.point(Some(effect.clone())).await;
            if trouble == Some(false) {
                return Err(passing("the service is busy"));
            }
            let mut world = self.world();
            world.advance();
            match world.take(&effect) {
                Ok(()) => {}
                Err(Refusal::Busy) => return Err(passing("another change is under way")),
                Err(Refusal::Used) => return Err(CloudError::new(CloudErrorKind::TokenUsed, "the token was used")),
                Err(Refusal::No(why)) => return Err(CloudError::new(CloudErrorKind::Rejected, why)),
            }
        }
        self.point(None).await;
        if trouble == Some(true) { Err(passing("the answer was lost")) } else { Ok(()) }
    }

    /// A call that asks something.
    async fn ask<T>(&self, answer: impl FnOnce(&World) -> T) -> Result<T, CloudError> {
        self.point(None).await;
        if self.trouble().is_some() {
            return Err(passing("the service is busy"));
        }
        let mut world = self.world();
        world.advance();
        Ok(answer(&world))
    }

    /// Whether this call fails for a reason that passes, and whether after it took effect.
    fn trouble(&self) -> Option<bool> {
        let mut world = self.world();
        let times = world.mood.troubled?;
        world.dice.one_in(times).then(|| world.dice.one_in(2))
    }

    fn must(&self, holds: bool, what: &str) {
        if !holds {
            self.world().wrong.push(what.to_owned());
        }
    }
}

fn passing(message: &str) -> CloudError {
    CloudError::new(CloudErrorKind::Transient, message)
}

#[async_trait]
impl AnnexCloud for SimulatedCloud {
    async fn check(&self, _: &AnnexId, _: &AnnexSpec) -> Result<Vec<CloudError>, CloudError> {
        Ok(Vec::new())
    }

    async fn prices(&self, spec: &AnnexSpec) -> Result<Vec<PoolPrice>, CloudError> {
        Ok(vec![PoolPrice::default(); spec.pools.len()])
    }

    async fn preview(&self, _: &AnnexId, _: &AnnexSpec) -> Result<Value, CloudError> {
        Ok(Value::Null)
    }

    async fn apply(&self, _: &AnnexId, spec: &AnnexSpec, token: &str) -> Result<Option<String>, CloudError> {
        let intended = AnnexEvent::ApplyIntended { token: token.to_owned(), spec: Box::new(spec.clone()) };
        let last = self.world().journal.iter().rev().find(|event| is_intent(event)).cloned();
        self.must(last == Some(intended), "a change was asked for that was not intended last");
        self.must(token.len() <= 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "the token is none");
        let (token, spec) = (token.to_owned(), Box::new(spec.clone()));
        self.call(vec![Effect::Upload { token: token.clone() }, Effect::Apply { spec, token }]).await?;
        Ok(Some(CLOUD_ID.to_owned()))
    }

    async fn look(&self, _: &AnnexId, cloud_id: Option<&str>) -> Result<Option<ObservedAnnex>, CloudError> {
        self.must(cloud_id.is_none_or(|id| id == CLOUD_ID), "the cloud's id is another one");
        self.ask(seen).await
    }

    async fn instances(&self, _: &AnnexId) -> Result<Vec<AnnexInstance>, CloudError> {
        self.ask(|world| world.machines.iter().map(shown).collect()).await
    }

    async fn retire(&self, _: &AnnexId, _: &Pilot, _: &[String]) -> Result<(), CloudError> {
        self.must(false, "no instance runs a pilot");
        Ok(())
    }

    async fn console(&self, _: &str) -> Result<String, CloudError> {
        Ok(String::new())
    }

    async fn logs(&self, _: &AnnexId, _: &str) -> Result<Vec<NodeLog>, CloudError> {
        Ok(Vec::new())
    }

    async fn release(&self, _: &AnnexId, instances: &[String]) -> Result<(), CloudError> {
        let intended = |id: &String| {
            let world = self.world();
            world
                .journal
                .iter()
                .any(|event| matches!(event, AnnexEvent::ReleaseIntended { instances } if instances.contains(id)))
        };
        self.must(instances.iter().all(intended), "an instance is ended that was not intended to be");
        self.call(vec![Effect::Release { instances: instances.to_vec() }]).await
    }

    async fn delete(&self, _: &AnnexId, _: Option<&str>, retain: &[String], token: &str) -> Result<(), CloudError> {
        let intended = AnnexEvent::DeleteIntended { token: token.to_owned(), retain: retain.to_vec() };
        let last = self.world().journal.iter().rev().find(|event| is_intent(event)).cloned();
        self.must(last == Some(intended), "a deletion was asked for that was not intended last");
        self.call(vec![Effect::Delete { retain: retain.to_vec() }, Effect::RemoveFiles]).await
    }

    async fn remains(&self, _: &AnnexId, _: Option<&str>) -> Result<Vec<AnnexLeftover>, CloudError> {
        self.ask(|world| {
            let remain = |kind, id: &String| AnnexLeftover { kind, id: id.clone(), bills: kind == "instance" };
            let mut remains: Vec<AnnexLeftover> = world.alive().iter().map(|id| remain("instance", id)).collect();
            remains.extend(world.files.iter().map(|id| remain("object", id)));
            let visible = world.stack.as_ref().filter(|stack| stack.visible_at <= Instant::now());
            remains.extend(visible.map(|_| remain("stack", &CLOUD_ID.to_owned())));
            remains
        })
        .await
    }

    async fn all(&self) -> Result<Vec<AnnexId>, CloudError> {
        Ok(Vec::new())
    }

    async fn owner(&self, _: &AnnexId) -> Result<Option<String>, CloudError> {
        Ok(None)
    }
}

#[async_trait]
impl AnnexJournal for SimulatedCloud {
    async fn record(&self, event: &AnnexEvent) -> Result<(), JournalError> {
        self.point(None).await;
        {
            let mut world = self.world();
            if world.journal.len() >= world.mood.last_line {
                let message = "annex foo is no longer held by this process".to_owned();
                return Err(JournalError { lock_lost: true, ..JournalError::plain(message) });
            }
            world.journal.push(event.clone());
        }
        self.point(None).await;
        Ok(())
    }
}

fn is_intent(event: &AnnexEvent) -> bool {
    matches!(event, AnnexEvent::ApplyIntended { .. } | AnnexEvent::DeleteIntended { .. })
}

/// What the cloud shows of the annex.
fn seen(world: &World) -> Option<ObservedAnnex> {
    let now = Instant::now();
    let stack = world.stack.as_ref().filter(|stack| stack.visible_at <= now)?;
    let change = stack.change.as_ref().filter(|change| change.visible_at <= now);
    let failed = stack.failed.as_ref().filter(|_| change.is_none());
    let state = match (&stack.deleting, change, failed) {
        (Some(deleting), ..) if deleting.failed.is_empty() => ObservedState::Deleting,
        (Some(deleting), ..) => ObservedState::DeleteFailed(deleting.failed.clone()),
        (None, Some(_), _) => ObservedState::Changing,
        (None, None, Some((_, reason))) => ObservedState::Failed(reason.clone()),
        (None, None, None) => ObservedState::Settled,
    };
    Some(ObservedAnnex {
        state,
        wanted: stack.spec.count,
        expires_at: Some(change.map_or(stack.spec.expires_at, |change| change.spec.expires_at)),
        token: token(stack, world.mood.tells_tokens),
        cloud_id: Some(CLOUD_ID.to_owned()),
        trouble: None,
    })
}

fn token(stack: &Stack, tells: bool) -> Option<String> {
    let change = stack.change.as_ref().filter(|change| change.visible_at <= Instant::now());
    match (change, &stack.failed) {
        (None, Some((token, _))) => Some(token.clone()),
        _ if !tells => None,
        (Some(change), _) => Some(change.token.clone()),
        (None, None) => Some(stack.token.clone()),
    }
}

fn shown((id, machine): (&String, &Machine)) -> AnnexInstance {
    let now = Instant::now();
    let state = match machine.runs_at {
        _ if machine.ended => InstanceState::Terminated,
        Some(at) if at <= now => InstanceState::Running,
        _ => InstanceState::Pending,
    };
    AnnexInstance {
        id: id.clone(),
        state,
        pool: 0,
        instance_type: None,
        zone: None,
        spot: false,
        price: None,
        private_address: None,
        address: None,
        launched_at: Timestamp::UNIX_EPOCH + jiff::SignedDuration::try_from(machine.launched_at.elapsed()).unwrap(),
        astray: false,
    }
}
