//! Annexes on the local cloud: groups of its instances that share a lease.
//!
//! An annex is a directory, `annexes/NAME.NONCE/`: `annex.json` holds its desired state, and is written before it is
//! acted on; `lease` holds the end of its lease, and is watched by the inits of its instances; the other files are
//! those that the instances are launched with. No daemon manages an annex: an interrupted change is continued by
//! whoever looks at the annex next. So is the replacement of an instance that died; one that left by itself or was
//! ended is not replaced. When the lease is over every instance ends by itself, even without a hoist process.

mod files;
mod group_file;
mod node_logs;
mod preflight;
mod reconcile;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::locks::LockScope;
use super::termination_request::by_ids;
use super::{Inner, LocalCloud};
use crate::annex::{
    AnnexCloud, AnnexId, AnnexInstance, AnnexLeftover, AnnexSpec, NodeLog, ObservedAnnex, ObservedState, Pilot,
    PoolPrice, TAG_ANNEX, split,
};
use crate::host::entry;
use crate::plan::local_time;
use crate::provider::{Cloud as _, CloudError, CloudErrorKind, EntryProgram, Instance, InstanceState};
use crate::template::Templates;
use files::{GroupFiles, retire};
use group_file::{GroupFile, Member};
use reconcile::{GroupReconciler, TAG_POOL, end, instances, is_known, lease, over};

/// The instance type and zone of its instances.
const LOCAL: &str = "local";

/// Annexes whose instances are hosts on this machine.
#[derive(Clone, Debug)]
pub struct LocalAnnexes {
    cloud: LocalCloud,
    templates: Templates,
}

impl LocalAnnexes {
    /// Annexes on this cloud; their instances' user data is rendered from these templates.
    pub fn new(cloud: LocalCloud, templates: Templates) -> Self {
        Self { cloud, templates }
    }

    /// Runs a blocking operation on an annex.
    async fn at<T: Send + 'static>(
        &self,
        id: &AnnexId,
        act: impl FnOnce(&Inner, &AnnexId) -> Result<T, CloudError> + Send + 'static,
    ) -> Result<T, CloudError> {
        let id = id.clone();
        self.cloud.blocking(move |inner| act(inner, &id)).await
    }
}

#[async_trait]
impl AnnexCloud for LocalAnnexes {
    async fn check(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Vec<CloudError>, CloudError> {
        let (spec, templates) = (spec.clone(), self.templates.clone());
        self.at(id, move |inner, id| {
            clear_ended(inner)?;
            preflight::check(inner, id, &spec, &templates)
        })
        .await
    }

    async fn prices(&self, spec: &AnnexSpec) -> Result<Vec<PoolPrice>, CloudError> {
        Ok(vec![PoolPrice::free(); spec.pools.len()])
    }

    async fn preview(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Value, CloudError> {
        let (spec, templates) = (spec.clone(), self.templates.clone());
        self.at(id, move |inner, id| {
            let files = GroupFiles::read(&inner.root, id, &spec, &templates)?;
            let counts = split(spec.count, &spec.pools);
            let pools: Vec<Value> = counts.iter().map(|count| json!({"instances": count})).collect();
            Ok(json!({
                "directory": inner.root.annex(id),
                "tag": id.tag(),
                "instances": spec.count,
                "pools": pools,
                "expires_at": spec.expires_at,
                "namespaces": inner.why_plain().is_none(),
                "user_data": files.user_data().map(String::from_utf8_lossy),
            }))
        })
        .await
    }

    async fn apply(&self, id: &AnnexId, spec: &AnnexSpec, token: &str) -> Result<Option<String>, CloudError> {
        let (spec, templates, token) = (spec.clone(), self.templates.clone(), token.to_owned());
        self.at(id, move |inner, id| {
            clear_ended(inner)?;
            inner.root.make()?;
            let _lock = inner.root.lock(LockScope::Annex(id.name.as_str()))?;
            apply(inner, id, &spec, &token, &templates).map(|()| Some(cloud_id(id)))
        })
        .await
    }

    async fn look(&self, id: &AnnexId, _: Option<&str>) -> Result<Option<ObservedAnnex>, CloudError> {
        self.at(id, |inner, id| {
            let seen = match inner.root.try_lock(LockScope::Annex(id.name.as_str()))? {
                Some(_lock) => look(inner, id),
                None => glance(inner, id),
            };
            // Annexes that are no longer queried may still hold a pool's password.
            clear_ended(inner)?;
            seen
        })
        .await
    }

    async fn instances(&self, id: &AnnexId) -> Result<Vec<AnnexInstance>, CloudError> {
        self.at(id, |inner, id| Ok(instances(inner, id)?.into_iter().map(shown).collect())).await
    }

    async fn console(&self, instance: &str) -> Result<String, CloudError> {
        self.cloud.console(instance).await
    }

    async fn logs(&self, id: &AnnexId, instance: &str) -> Result<Vec<NodeLog>, CloudError> {
        let instance = instance.to_owned();
        self.at(id, move |inner, id| node_logs::logs(&inner.root, id, &instance)).await
    }

    async fn entry(&self, instance: &str) -> Result<Option<EntryProgram>, CloudError> {
        let instance = instance.to_owned();
        let entered = self.cloud.blocking(move |inner| Ok(entry(&inner.root.instance(&instance), &instance))).await?;
        entered.map(Some).map_err(|error| CloudError::new(CloudErrorKind::Rejected, error.to_string()))
    }

    async fn retire(&self, id: &AnnexId, _: &Pilot, instances: &[String]) -> Result<(), CloudError> {
        let instances = instances.to_vec();
        self.at(id, move |inner, id| instances.iter().try_for_each(|instance| retire(&inner.root, id, instance))).await
    }

    async fn release(&self, id: &AnnexId, released: &[String]) -> Result<(), CloudError> {
        let released = released.to_vec();
        self.at(id, move |inner, id| {
            let _lock = inner.root.lock(LockScope::Annex(id.name.as_str()))?;
            release(inner, id, &released)
        })
        .await
    }

    async fn delete(&self, id: &AnnexId, _: Option<&str>, retain: &[String], _: &str) -> Result<(), CloudError> {
        let retain = retain.to_vec();
        self.at(id, move |inner, id| {
            let _lock = inner.root.lock(LockScope::Annex(id.name.as_str()))?;
            if let Some(mut group) = GroupFile::read(&inner.root, id)? {
                group.deleting = Some(retain.clone());
                group.write(&inner.root, id)?;
                // Failures show at the next look, which tries again.
                let _ = GroupReconciler { inner, id }.dissolve(&retain);
                return Ok(());
            }
            GroupReconciler { inner, id }.dissolve(&retain)
        })
        .await
    }

    async fn remains(&self, id: &AnnexId, _: Option<&str>) -> Result<Vec<AnnexLeftover>, CloudError> {
        self.at(id, |inner, id| {
            let left = instances(inner, id)?.into_iter().filter(|one| one.state != InstanceState::Terminated);
            let mut remains: Vec<AnnexLeftover> =
                left.map(|one| AnnexLeftover { kind: "instance", id: one.id, bills: false }).collect();
            let directories =
                [inner.root.annex(id), inner.root.gone_annex(id)].into_iter().filter(|path| path.exists());
            remains.extend(directories.map(|path| AnnexLeftover {
                kind: "directory",
                id: path.display().to_string(),
                bills: false,
            }));
            Ok(remains)
        })
        .await
    }

    async fn owner(&self, id: &AnnexId) -> Result<Option<String>, CloudError> {
        self.at(id, |inner, id| Ok(GroupFile::read(&inner.root, id)?.map(|group| group.spec.owner))).await
    }

    async fn state(&self, id: &AnnexId) -> Result<Option<String>, CloudError> {
        self.at(id, |inner, id| Ok(GroupFile::read(&inner.root, id)?.and_then(|group| group.spec.state))).await
    }

    async fn all(&self) -> Result<Vec<AnnexId>, CloudError> {
        self.cloud
            .blocking(|inner| {
                clear_ended(inner)?;
                let mut all = inner.root.all_annexes()?;
                let ours = super::describe::describe(&inner.root, &crate::provider::Selector::ManagedByHoist)?;
                let lives = ours.iter().filter(|instance| instance.state != InstanceState::Terminated);
                all.extend(lives.filter_map(|instance| AnnexId::of_tag(instance.tags.get(TAG_ANNEX)?)));
                all.sort();
                all.dedup();
                Ok(all)
            })
            .await
    }
}

/// Implements [`AnnexCloud::apply`], with the annex's lock held.
fn apply(inner: &Inner, id: &AnnexId, spec: &AnnexSpec, token: &str, templates: &Templates) -> Result<(), CloudError> {
    let root = &inner.root;
    let settling = GroupReconciler { inner, id };
    let known = GroupFile::read(root, id)?;
    if known.as_ref().is_some_and(|group| group.deleting.is_some()) {
        let message = format!("annex {} is on its way out", id.name);
        return Err(CloudError::new(CloudErrorKind::Rejected, message).hint("hoist annex delete goes on with that"));
    }
    let now = Timestamp::now();
    if let Some(end) = known.as_ref().map(|group| end(inner, id, group)).transpose()?
        && end <= now
    {
        settling.dissolve(&[])?;
        return Err(over(id, end));
    }
    if spec.expires_at <= now {
        let message = format!("annex {} was to end at {}, which is past", id.name, local_time(spec.expires_at));
        return Err(CloudError::new(CloudErrorKind::Rejected, message).hint("give it a longer lease with --lease"));
    }
    let mut group = match known {
        Some(group) if group.token == token => group,
        Some(mut group) => {
            // Instances that ended before this change are dropped, not kept.
            settling.drop_lost(&mut group)?;
            let user_data = if group.is_renewed_by(spec) {
                // Its instances already have their files, even if the sources have changed; but for the token.
                GroupFiles::renew_token(root, id, spec)?;
                None
            } else {
                GroupFiles::read(root, id, spec, templates)?.keep(root, id)?
            };
            group.change(spec, token, user_data.as_deref());
            group
        }
        None if is_known(inner, id)? => {
            let message = format!("annex {} has ended, and its instances with it", id.name);
            return Err(CloudError::new(CloudErrorKind::Rejected, message).hint("hoist annex create makes it anew"));
        }
        None => {
            if let Some(namesake) = preflight::namesake(inner, id)? {
                return Err(namesake);
            }
            let files = GroupFiles::read(root, id, spec, templates)?;
            settling.make_directory()?;
            let user_data = files.keep(root, id)?;
            settling.write_lease(spec.expires_at)?;
            GroupFile::new(spec, token, user_data.as_deref())
        }
    };
    group.write(root, id)?;
    settling.settle(&mut group)
}

/// Returns the annex's state, with its lock held; continues an interrupted change first.
fn look(inner: &Inner, id: &AnnexId) -> Result<Option<ObservedAnnex>, CloudError> {
    let settling = GroupReconciler { inner, id };
    let Some(mut group) = GroupFile::read(&inner.root, id)? else {
        // A directory without record has no instances. It may hold the pool's password, and only this removes it.
        if inner.root.annex(id).exists() || inner.root.gone_annex(id).exists() {
            settling.dissolve(&[])?;
        }
        return Ok(None);
    };
    let ends = end(inner, id, &group)?;
    if let Some(retain) = group.deleting.clone() {
        return match settling.dissolve(&retain) {
            Ok(()) => Ok(None),
            Err(error) => {
                let left = instances(inner, id)?.into_iter().filter(|one| one.state != InstanceState::Terminated);
                let mut left: Vec<(String, String)> =
                    left.map(|one| (one.id, one.reason.unwrap_or_else(|| error.message.clone()))).collect();
                if left.is_empty() {
                    left.push((inner.root.annex(id).display().to_string(), error.message));
                }
                Ok(Some(seen(id, &group, ends, ObservedState::DeleteFailed(left))))
            }
        };
    }
    if ends <= Timestamp::now() {
        settling.dissolve(&[])?;
        return Ok(None);
    }
    let state = match settling.settle(&mut group) {
        Ok(()) => group
            .failure
            .as_ref()
            .map_or(ObservedState::Settled, |failure| ObservedState::Failed(failure.reason.clone())),
        // The next look tries again.
        Err(error) if error.kind == CloudErrorKind::Transient => ObservedState::Changing,
        Err(error) => ObservedState::Failed(error.message),
    };
    Ok(Some(seen(id, &group, end(inner, id, &group)?, state)))
}

/// Returns the state of an annex whose lock another process holds.
fn glance(inner: &Inner, id: &AnnexId) -> Result<Option<ObservedAnnex>, CloudError> {
    let Some(group) = GroupFile::read(&inner.root, id)? else { return Ok(None) };
    let state = match &group.failure {
        _ if group.deleting.is_some() => ObservedState::Deleting,
        _ if !group.is_settled() => ObservedState::Changing,
        Some(failure) => ObservedState::Failed(failure.reason.clone()),
        None => ObservedState::Settled,
    };
    Ok(Some(seen(id, &group, end(inner, id, &group)?, state)))
}

fn seen(id: &AnnexId, group: &GroupFile, ends: Timestamp, state: ObservedState) -> ObservedAnnex {
    let token = group.failure.as_ref().map_or(&group.token, |failure| &failure.token);
    let wanted = u32::try_from(group.members.len()).unwrap_or(u32::MAX);
    ObservedAnnex {
        expires_at: Some(ends),
        token: Some(token.clone()),
        cloud_id: Some(cloud_id(id)),
        ..ObservedAnnex::new(state, wanted)
    }
}

fn cloud_id(id: &AnnexId) -> String {
    format!("{}.{}", id.name, id.nonce)
}

/// Implements [`AnnexCloud::release`], with the annex's lock held.
fn release(inner: &Inner, id: &AnnexId, released: &[String]) -> Result<(), CloudError> {
    let root = &inner.root;
    let states: BTreeMap<String, InstanceState> =
        instances(inner, id)?.into_iter().map(|instance| (instance.id, instance.state)).collect();
    let mut leaving: BTreeSet<String> = released.iter().cloned().collect();
    if let Some(mut group) = GroupFile::read(root, id)? {
        let ids = group.instances(root, id)?;
        // Also of an instance that died meanwhile: nobody comes in its place.
        let is_released = |member: &&Member| {
            released.contains(&ids[&member.slot]) || member.replaces.as_ref().is_some_and(|old| released.contains(old))
        };
        let slots: BTreeSet<u32> = group.members.iter().filter(is_released).map(|member| member.slot).collect();
        leaving.extend(slots.iter().map(|slot| ids[slot].clone()));
        let known = group.members.len();
        if group.without(&slots) {
            let fewer = u32::try_from(known - group.members.len()).unwrap_or(u32::MAX);
            group.spec.count = group.spec.count.saturating_sub(fewer);
            group.write(root, id)?;
        }
    }
    // Ids of other instances are ignored.
    let ends = |id: &String| states.get(id).is_some_and(|state| *state != InstanceState::Terminated);
    let ending: Vec<String> = leaving.into_iter().filter(ends).collect();
    if ending.is_empty() { Ok(()) } else { by_ids(root, &ending) }
}

/// Removes annexes whose lease is over, and the rest of interrupted removals, unless another process holds their lock.
/// Failures do not affect other annexes; they show when the annex itself is looked at.
fn clear_ended(inner: &Inner) -> Result<(), CloudError> {
    for id in inner.root.all_annexes()? {
        let _ = clear_if_ended(inner, &id);
    }
    Ok(())
}

fn clear_if_ended(inner: &Inner, id: &AnnexId) -> Result<(), CloudError> {
    if is_over(inner, id)?
        && let Some(_lock) = inner.root.try_lock(LockScope::Annex(id.name.as_str()))?
        && is_over(inner, id)?
    {
        GroupReconciler { inner, id }.dissolve(&[])?;
    }
    Ok(())
}

fn is_over(inner: &Inner, id: &AnnexId) -> Result<bool, CloudError> {
    // An annex without lease is being created or removed.
    Ok(!inner.root.annex(id).exists() || lease(inner, id)?.is_some_and(|end| end <= Timestamp::now()))
}

fn shown(instance: Instance) -> AnnexInstance {
    AnnexInstance {
        pool: instance.tags.get(TAG_POOL).and_then(|pool| pool.parse().ok()).unwrap_or_default(),
        id: instance.id,
        state: instance.state,
        instance_type: Some(LOCAL.to_owned()),
        zone: Some(LOCAL.to_owned()),
        spot: false,
        price: None,
        private_address: instance.private_address,
        address: instance.address,
        launched_at: instance.launched_at,
        astray: false,
    }
}
