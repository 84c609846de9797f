//! Making an annex what it is to be: what was begun is gone on with by whoever looks at it next.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use jiff::Timestamp;

use super::super::Inner;
use super::super::describe::{describe, look};
use super::super::file_error::failed;
use super::super::process_view::ProcessView;
use super::super::reservation::Reservation;
use super::super::terminate::side_by_side;
use super::super::termination_request::by_ids;
use super::super::tombstones;
use super::group_file::{GroupFile, Member};
use crate::annex::{AnnexId, TAG_ANNEX};
use crate::host::{read_lease, write_lease};
use crate::os::{make_private_directory, remove_tree};
use crate::provider::{CloudError, CloudErrorKind, Instance, InstanceSpec, InstanceState, LaunchRequest, Selector};

/// The tag that says which of its annex's pools an instance is of, from 0.
pub(super) const TAG_POOL: &str = "hoist:annex-pool";

/// An annex whose lock is held.
pub(super) struct GroupReconciler<'a> {
    pub(super) inner: &'a Inner,
    pub(super) id: &'a AnnexId,
}

/// Its instances, of whatever state. What has died by itself is cleared away on this occasion.
pub(super) fn instances(inner: &Inner, id: &AnnexId) -> Result<Vec<Instance>, CloudError> {
    let tag = id.tag();
    let ours = describe(&inner.root, &Selector::ManagedByHoist)?;
    Ok(ours.into_iter().filter(|instance| instance.tags.get(TAG_ANNEX) == Some(&tag)).collect())
}

/// Whether any instance of it was ever launched, as far as is known.
pub(super) fn is_known(inner: &Inner, id: &AnnexId) -> Result<bool, CloudError> {
    let tag = id.tag();
    let is_its = |tags: &BTreeMap<String, String>| tags.get(TAG_ANNEX) == Some(&tag);
    let ended = tombstones::read(&inner.root)?.values().any(|entry| is_its(&entry.instance.tags));
    Ok(ended || Reservation::all(&inner.root)?.iter().any(|reservation| is_its(&reservation.tags)))
}

/// When the annex ends, as its instances have it; `None` where it has no lease yet, or one that is damaged.
pub(super) fn lease(inner: &Inner, id: &AnnexId) -> Result<Option<Timestamp>, CloudError> {
    let directory = inner.root.annex(id);
    match read_lease(&directory) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(None),
        other => other.map_err(|error| failed("read the lease in", &directory, &error)),
    }
}

/// When the annex of this group ends.
pub(super) fn end(inner: &Inner, id: &AnnexId, group: &GroupFile) -> Result<Timestamp, CloudError> {
    Ok(lease(inner, id)?.unwrap_or(group.spec.expires_at))
}

impl GroupReconciler<'_> {
    /// Makes it what it is to be. Where that cannot be done, it is what it was before.
    ///
    /// # Errors
    /// A transient one leaves it half done: the same again goes on. After another one it has been put back.
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

    /// Members that were launched and are gone are no members any more; whether there was any.
    pub(super) fn drop_lost(&self, group: &mut GroupFile) -> Result<bool, CloudError> {
        let shown = instances(self.inner, self.id)?;
        let lives: BTreeSet<&str> =
            shown.iter().filter(|instance| !instance.state.is_gone()).map(|instance| instance.id.as_str()).collect();
        let ids = group.instances(&self.inner.root, self.id)?;
        let is_lost = |member: &&Member| member.launched && !lives.contains(ids[&member.slot].as_str());
        let lost: BTreeSet<u32> = group.members.iter().filter(is_lost).map(|member| member.slot).collect();
        Ok(group.without(&lost))
    }

    /// Lets the lease be what it is to be. It is renewed for all instances or, when it runs out meanwhile, for none: an
    /// init that came to the old end before the new one was written has ended.
    fn renew(&self, group: &GroupFile) -> Result<(), CloudError> {
        let wanted = group.spec.expires_at;
        let Some(old) = lease(self.inner, self.id)? else { return self.write_lease(wanted) };
        if old == wanted {
            return Ok(());
        }
        self.write_lease(wanted)?;
        if Timestamp::now() < old {
            return Ok(());
        }
        self.write_lease(old)?;
        Err(over(self.id, old))
    }

    pub(super) fn write_lease(&self, ends: Timestamp) -> Result<(), CloudError> {
        let directory = self.inner.root.annex(self.id);
        write_lease(&directory, ends).map_err(|error| failed("write the lease in", &directory, &error))
    }

    /// Launches what is not known to have been launched; what was, is found by its token.
    fn launch_missing(&self, group: &GroupFile) -> Result<(), CloudError> {
        let missing: Vec<&Member> = group.members.iter().filter(|member| !member.launched).collect();
        let (_, failures) = side_by_side(&missing, |member| {
            let request = self.request(group, member)?;
            match self.inner.launch(request) {
                // It was launched and has ended since: the next look will miss it.
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

    /// Ends the instances that are no members, whoever launched them and when.
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

    /// Ends its instances and removes all of it, but for what is to be left alone.
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
        // An earlier try that was cut off, and after which the annex was made anew.
        remove(&gone)?;
        match std::fs::rename(&directory, &gone) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("move", &directory, &error)),
            _ => remove(&gone),
        }
    }

    /// Makes its directory, which is no annex yet.
    pub(super) fn make_directory(&self) -> Result<(), CloudError> {
        let directory = self.inner.root.annex(self.id);
        make_private_directory(&directory).map_err(|error| failed("make", &directory, &error))
    }
}

/// The error for an annex whose lease has ended.
pub(super) fn over(id: &AnnexId, ended: Timestamp) -> CloudError {
    let message = format!(
        "the lease of annex {} ended at {}, and its instances with it",
        id.name,
        crate::plan::local_time(ended)
    );
    CloudError::new(CloudErrorKind::Rejected, message).hint("hoist annex create makes it anew")
}
