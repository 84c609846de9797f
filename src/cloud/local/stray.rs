//! Running instances that are missing from the cloud's records, found by records outside their directories and by the
//! marks of their processes.
//!
//! If both are lost, an instance is gone if its id shows that it had a process namespace, or that this machine was
//! restarted since. Otherwise it is gone only if no process is found that may belong to it; until then its end is
//! unproved. A launch that never came up, and an instance recorded as terminated, need no proof.

use std::collections::BTreeSet;
use std::{fs, io};

use jiff::Timestamp;

use super::file_error::failed;
use super::liveness::{StatusFile, standing};
use super::locks::LockScope;
use super::process_view::ProcessView;
use super::reservation::Reservation;
use super::state_dir::StateDir;
use super::terminate::bring_down;
use super::tombstone::{Tombstone, Tombstones};
use crate::host::{InitRecord, RecordedInstance, may_hide};
use crate::provider::{CloudError, CloudErrorKind, Instance, InstanceState, TAG_FINDING, TAG_UNSURE};

/// It is recorded as terminated.
pub(super) const RISEN: &str = "it is recorded as terminated";

/// No launch of it is recorded.
const UNRECORDED: &str = "its reservation is missing";

/// The hint for an instance that can only be ended.
const WAY_ON: &str = "put back what was removed of the local cloud's directory; or end it, and raise it anew";

/// Whether this is an instance's id: the name of a directory that was moved aside is not.
fn is_id(name: &str) -> bool {
    name.strip_prefix("i-").is_some_and(|digits| digits.len() == 17 && digits.bytes().all(|it| it.is_ascii_hexdigit()))
}

/// Returns an instance with running processes that can only be ended.
pub(super) fn adrift(instance: &Instance, what: &str, processes: usize) -> Instance {
    let mut adrift = instance.clone();
    let run =
        if processes == 1 { "1 process of it runs".to_owned() } else { format!("{processes} processes of it run") };
    let finding = format!("{what}; {run}, and terminating it ends them");
    adrift.state = InstanceState::Running;
    adrift.tags.insert(TAG_FINDING.to_owned(), finding.clone());
    adrift.reason = Some(finding);
    adrift
}

/// Returns every instance of this cloud that is not among the `known`, and of which there is any trace.
pub(super) fn ids(
    root: &StateDir,
    known: &BTreeSet<String>,
    eyes: &ProcessView,
) -> Result<BTreeSet<String>, CloudError> {
    let mut ids = BTreeSet::new();
    for directory in [root.instances(), root.all_begun()] {
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed("list", &directory, &error)),
        };
        ids.extend(entries.flatten().filter_map(|entry| Some(StateDir::id_of(entry.file_name().to_str()?).to_owned())));
    }
    ids.extend(eyes.census().hosts().map(str::to_owned));
    ids.retain(|id| !known.contains(id) && is_id(id));
    Ok(ids)
}

/// An instance without reservation.
#[derive(Clone, Debug)]
pub(super) struct Stray {
    /// The instance to show.
    pub(super) instance: Instance,
    /// The cloud that manages it.
    pub(super) whose: Whose,
}

/// The manager of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// This cloud.
    Ours,
    /// None: the directory of its cloud is gone.
    Nobodys,
    /// Another cloud on this machine.
    Anothers,
}

/// Returns an instance without reservation, if it exists. Files without processes, which a power cut can leave, are
/// removed unless another process holds its lock.
pub(super) fn look(
    root: &StateDir,
    id: &str,
    ledger: &Tombstones,
    eyes: &ProcessView,
) -> Result<Option<Stray>, CloudError> {
    let begun = InitRecord::read(&root.begun(id)).map_err(|error| failed("read", &root.begun(id), &error))?;
    let lies_about =
        begun.is_some() || [root.instance(id), root.gone(id)].iter().any(|it| it.symlink_metadata().is_ok());
    let seen = eyes.census().marked(id);
    let entry = ledger.get(id);
    if seen.is_empty() && !lies_about {
        return if entry.is_none() { unaccounted(root, id) } else { Ok(None) };
    }
    let carried = eyes.init(id).or(seen.first()).and_then(|sighting| sighting.described.clone());
    let described = begun.and_then(|begun| begun.described).or(carried).unwrap_or_default();
    let described_root = described.root.clone();
    let whose = match described_root.as_path() {
        _ if lies_about || entry.is_some() => Whose::Ours,
        place if place == root.path() => Whose::Ours,
        place if place.is_dir() => Whose::Anothers,
        _ => Whose::Nobodys,
    };
    let shown = match entry {
        Some(entry) => entry.instance.clone(),
        None => instance(id, described),
    };
    // A launch may have begun since the list was read.
    if whose == Whose::Ours && !Reservation::of_instances(root, &[id.to_owned()])?.is_empty() {
        return Ok(None);
    }
    let is_over = entry.is_some_and(Tombstone::is_over);
    if !is_over
        && whose != Whose::Anothers
        && let Some(mut instance) = standing(root, &shown, &StatusFile::of(root, id)?, eyes)?
    {
        // It is or may be up, whatever records are lost.
        instance.reason.get_or_insert_with(|| UNRECORDED.to_owned());
        return Ok(Some(Stray { instance, whose }));
    }
    if !seen.is_empty() {
        let why = if is_over { RISEN } else { UNRECORDED };
        let mut instance = adrift(&shown, why, seen.len());
        if !is_over && whose == Whose::Anothers {
            // It belongs to another cloud, and must not be replaced.
            let place = described_root.display();
            let finding = format!("the local cloud in {place} has it, and not this one");
            let hint = format!("name the state file that lies beside {place} (--state)");
            instance = unproved(&shown, CloudError::new(CloudErrorKind::Rejected, finding).hint(hint));
        } else if !is_over && may_hide(id) {
            instance.tags.insert(TAG_UNSURE.to_owned(), WAY_ON.to_owned());
        }
        return Ok(Some(Stray { instance, whose }));
    }
    let Some(_lock) = root.try_lock(LockScope::Instance(id))? else { return Ok(None) };
    Ok(bring_down(root, id).err().map(|error| {
        let reason = Some(error.message);
        Stray { instance: Instance { state: InstanceState::ShuttingDown, reason, ..shown }, whose }
    }))
}

/// Returns an instance without any record, even of its end: `None`, unless processes that nothing tells from others may
/// belong to it.
fn unaccounted(root: &StateDir, id: &str) -> Result<Option<Stray>, CloudError> {
    if !may_hide(id) || !Reservation::of_instances(root, &[id.to_owned()])?.is_empty() {
        return Ok(None);
    }
    let Err(stuck) = bring_down(root, id) else { return Ok(None) };
    Ok(Some(Stray { instance: unproved(&instance(id, RecordedInstance::default()), stuck), whose: Whose::Ours }))
}

/// Returns an instance whose end is unproved, with no file left to query.
pub(super) fn unproved(instance: &Instance, stuck: CloudError) -> Instance {
    let mut unproved = Instance { state: InstanceState::Running, ..instance.clone() };
    unproved.tags.insert(TAG_FINDING.to_owned(), stuck.message.clone());
    unproved.tags.insert(TAG_UNSURE.to_owned(), stuck.hint.unwrap_or_else(|| WAY_ON.to_owned()));
    unproved.reason = Some(stuck.message);
    unproved
}

fn instance(id: &str, described: RecordedInstance) -> Instance {
    let RecordedInstance { tags, launched_at, index, .. } = described;
    Instance {
        id: id.to_owned(),
        state: InstanceState::Running,
        address: None,
        private_address: None,
        launch_index: index,
        tags,
        launched_at: if launched_at == Timestamp::default() { Timestamp::now() } else { launched_at },
        reason: None,
        offer: None,
    }
}
