//! Brings an annex to its desired state; an interrupted change is continued by whoever looks at the annex next.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use jiff::Timestamp;

use super::super::Inner;
use super::super::describe::{describe, has_died, look};
use super::super::file_error::failed;
use super::super::process_view::ProcessView;
use super::super::reservation::Reservation;
use super::super::terminate::side_by_side;
use super::super::termination_request::by_ids;
use super::super::tombstones;
use super::group_file::{GroupFile, Member};
use crate::annex::{AnnexId, TAG_ANNEX};
use crate::host::{move_lease, read_lease, write_lease};
use crate::os::{Durability, make_private_directory, remove_tree};
use crate::provider::{CloudError, CloudErrorKind, Instance, InstanceSpec, InstanceState, LaunchRequest, Selector};

/// The tag with the index of an instance's pool in its annex, from 0.
pub(super) const TAG_POOL: &str = "hoist:annex-pool";

/// An annex whose lock is held.
pub(super) struct GroupReconciler<'a> {
    pub(super) inner: &'a Inner,
    pub(super) id: &'a AnnexId,
}

/// Returns its instances, in any state. Instances that died by themselves are cleared away.
pub(super) fn instances(inner: &Inner, id: &AnnexId) -> Result<Vec<Instance>, CloudError> {
    let tag = id.tag();
    let ours = describe(&inner.root, &Selector::ManagedByHoist)?;
    Ok(ours.into_iter().filter(|instance| instance.tags.get(TAG_ANNEX) == Some(&tag)).collect())
}

/// Whether an instance of it is known to have been launched.
pub(super) fn is_known(inner: &Inner, id: &AnnexId) -> Result<bool, CloudError> {
    let tag = id.tag();
    let is_its = |tags: &BTreeMap<String, String>| tags.get(TAG_ANNEX) == Some(&tag);
    let ended = tombstones::read(&inner.root)?.values().any(|entry| is_its(&entry.instance.tags));
    Ok(ended || Reservation::all(&inner.root)?.iter().any(|reservation| is_its(&reservation.tags)))
}

/// Returns the end of the lease that its instances watch; `None` if the lease is missing or damaged.
pub(super) fn lease(inner: &Inner, id: &AnnexId) -> Result<Option<Timestamp>, CloudError> {
    let directory = inner.root.annex(id);
    match read_lease(&directory) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
        other => other.map_err(|error| failed("read the lease in", &directory, &error)),
    }
}

/// Returns the end of this group's lease.
pub(super) fn end(inner: &Inner, id: &AnnexId, group: &GroupFile) -> Result<Timestamp, CloudError> {
    Ok(lease(inner, id)?.unwrap_or(group.spec.expires_at))
}

impl GroupReconciler<'_> {
    /// Brings the annex to its desired state, or else back to its previous state.
    ///
    /// # Errors
    /// After a transient error, the change is incomplete and the same call continues it. After another error, the
    /// previous state has been restored.
    pub(super) fn settle(&self, group: &mut GroupFile) -> Result<(), CloudError> {
        if self.drop_lost(group)? {
            group.write(&self.inner.root, self.id)?;
        }
        let settled = self.renew(group).and_then(|()| self.launch_missing(group));
        match settled {
            Err(error) if error.kind == CloudErrorKind::Transient => return Err(error),
            Err(error) => {
                group.roll_back(&error.message);
                group.write(&self.inner.root, self.id)?;
                self.write_lease(group.spec.expires_at)?;
                self.end_surplus(group)?;
                return Err(error);
            }
            Ok(()) => {}
        }
        self.end_surplus(group)?;
        if !group.is_settled() {
            group.settle();
            group.write(&self.inner.root, self.id)?;
        }
        Ok(())
    }

    /// Replaces members whose instances died, and drops those that left by themselves or were ended; returns whether
    /// there were any.
    pub(super) fn drop_lost(&self, group: &mut GroupFile) -> Result<bool, CloudError> {
        let shown = instances(self.inner, self.id)?;
        let lives: BTreeSet<&str> =
            shown.iter().filter(|instance| !instance.state.is_gone()).map(|instance| instance.id.as_str()).collect();
        let ids = group.instances(&self.inner.root, self.id)?;
        let is_lost = |member: &&Member| member.launched && !lives.contains(ids[&member.slot].as_str());
        let lost = group.members.iter().filter(is_lost).map(|member| member.slot);
        let ledger = tombstones::read(&self.inner.root)?;
        let has_died = |slot: &u32| ledger.get(&ids[slot]).is_some_and(has_died);
        let (died, left): (Vec<u32>, Vec<u32>) = lost.partition(has_died);
        let died: BTreeMap<u32, String> = died.into_iter().map(|slot| (slot, ids[&slot].clone())).collect();
        group.replace(&died);
        Ok(group.without(&left.into_iter().collect()) || !died.is_empty())
    }

    /// Renews the lease, for all instances or, if it runs out meanwhile, for none: an init that reached the old end
    /// before the new one was written has ended.
    fn renew(&self, group: &GroupFile) -> Result<(), CloudError> {
        let wanted = group.spec.expires_at;
        let Some(old) = lease(self.inner, self.id)? else { return self.write_lease(wanted) };
        if old == wanted {
            return Ok(());
        }
        let directory = self.inner.root.annex(self.id);
        match move_lease(&directory, old, wanted, Durability::Power) {
            Ok(true) => Ok(()),
            Ok(false) => Err(over(self.id, old)),
            Err(error) => Err(failed("write the lease in", &directory, &error)),
        }
    }

    pub(super) fn write_lease(&self, ends: Timestamp) -> Result<(), CloudError> {
        let directory = self.inner.root.annex(self.id);
        write_lease(&directory, ends, Durability::Power)
            .map_err(|error| failed("write the lease in", &directory, &error))
    }

    /// Launches the members that are not known to have been launched; an earlier launch is found by its token.
    fn launch_missing(&self, group: &GroupFile) -> Result<(), CloudError> {
        let missing: Vec<&Member> = group.members.iter().filter(|member| !member.launched).collect();
        let (_, failures) = side_by_side(&missing, |member| {
            let request = self.request(group, member)?;
            match self.inner.launch(request) {
                // It was launched and has ended since: the next look drops it.
                Err(error) if error.kind == CloudErrorKind::TokenUsed => Ok(()),
                other => other.map(drop),
            }
        });
        let passes = |error: &CloudError| error.kind == CloudErrorKind::Transient;
        let worst = failures.iter().find(|error| !passes(error)).or(failures.first());
        worst.map_or(Ok(()), |error| Err(error.clone()))
    }

    fn request(&self, group: &GroupFile, member: &Member) -> Result<LaunchRequest, CloudError> {
        let spec = &group.spec;
        let mut tags = spec.tags.clone();
        tags.extend([(TAG_ANNEX.to_owned(), self.id.tag()), (TAG_POOL.to_owned(), member.pool.to_string())]);
        tags.extend(spec.ownership());
        let read = |name: &String| {
            let path = self.inner.root.annex(self.id).join(name);
            std::fs::read(&path).map_err(|error| failed("read", &path, &error))
        };
        let user_data = member.user_data.as_ref().map(read).transpose()?;
        Ok(LaunchRequest {
            token: member.token(self.id),
            slots: vec![format!("{}-{}", self.id.name, member.slot)],
            machine: InstanceSpec { user_data, ..InstanceSpec::default() },
            tags,
            expires_at: Some(spec.expires_at),
            ..LaunchRequest::default()
        })
    }

    /// Ends the instances that are not members, whoever launched them.
    fn end_surplus(&self, group: &GroupFile) -> Result<(), CloudError> {
        let root = &self.inner.root;
        let members: BTreeSet<String> = group.instances(root, self.id)?.into_values().collect();
        let tag = self.id.tag();
        let ledger = tombstones::read(root)?;
        let eyes = ProcessView::default();
        let mut surplus = Vec::new();
        for reservation in Reservation::all(root)? {
            if reservation.tags.get(TAG_ANNEX) == Some(&tag) {
                for (index, id) in reservation.ids.iter().cloned().enumerate() {
                    let (instance, _) = look(root, &reservation, index, id, &ledger, &eyes)?;
                    if instance.state != InstanceState::Terminated && !members.contains(&instance.id) {
                        surplus.push(instance.id);
                    }
                }
            }
        }
        if surplus.is_empty() { Ok(()) } else { by_ids(root, &surplus) }
    }

    /// Ends its instances and removes all of it, except for the retained instances.
    pub(super) fn dissolve(&self, retain: &[String]) -> Result<(), CloudError> {
        let left = instances(self.inner, self.id)?;
        let left: Vec<String> = left
            .into_iter()
            .filter(|instance| instance.state != InstanceState::Terminated && !retain.contains(&instance.id))
            .map(|instance| instance.id)
            .collect();
        by_ids(&self.inner.root, &left)?;
        let root = &self.inner.root;
        let (directory, gone) = (root.annex(self.id), root.gone_annex(self.id));
        let remove = |path: &Path| remove_tree(path).map_err(|(path, error)| failed("remove", &path, &error));
        // Left by an interrupted removal, after which the annex was created again.
        remove(&gone)?;
        match std::fs::rename(&directory, &gone) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("move", &directory, &error)),
            _ => remove(&gone),
        }
    }

    /// Creates its directory, which is not an annex yet.
    pub(super) fn make_directory(&self) -> Result<(), CloudError> {
        let directory = self.inner.root.annex(self.id);
        make_private_directory(&directory).map_err(|error| failed("make", &directory, &error))
    }
}

/// Returns the error of an annex whose lease has ended.
pub(super) fn over(id: &AnnexId, ended: Timestamp) -> CloudError {
    let message = format!(
        "the lease of annex {} ended at {}, and its instances with it",
        id.name,
        crate::plan::local_time(ended)
    );
    CloudError::new(CloudErrorKind::Rejected, message).hint("hoist annex create makes it anew")
}
