//! The instances of a cloud, and their states.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::liveness::{StatusFile, standing};
use super::locks::LockScope;
use super::process_view::ProcessView;
use super::reservation::Reservation;
use super::shown_lease::show_lease;
use super::state_dir::StateDir;
use super::stray::{self, Stray, Whose};
use super::terminate::{TerminatingInstance, bring_down, forget, terminate};
use super::tombstone::{Tombstone, Tombstones};
use super::tombstones;
use crate::host::{InitRecord, InstanceLayout};
use crate::provider::{CloudError, Instance, InstanceState, Selector, TAG_FINDING, TAG_RUN};

/// How long after its launch an instance may lack a status.
const COMING_UP: SignedDuration = SignedDuration::from_secs(20);

/// Its init left no account of its end.
const KILLED: &str = "its init was killed, or this machine restarted";

/// Its files and its init are gone.
const EMPTY: &str = "its files are missing, and no init with its mark runs";

/// Processes of it run without an init.
const INITLESS: &str = "its files are missing or damaged, and no init with its mark runs";

/// Whether an instance has ended without leave: its init is gone, and told no end. The ledger keeps that also while its
/// remains cannot be cleared away.
pub(super) fn has_died(entry: &Tombstone) -> bool {
    matches!(entry.instance.reason.as_deref(), Some(KILLED | EMPTY))
}

/// Returns the instances that `selector` picks. Instances that died by themselves are cleared away.
pub(super) fn describe(root: &StateDir, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
    let reservations = match selector {
        Selector::Ids(ids) => Reservation::of_instances(root, ids)?,
        Selector::Run(_) | Selector::ManagedByHoist => Reservation::all(root)?,
    };
    let mut ledger = tombstones::read(root)?;
    let eyes = ProcessView::default();
    let known: BTreeSet<String> = reservations.iter().flat_map(|reservation| reservation.ids.iter().cloned()).collect();
    let wanted = |instance: &Instance| match selector {
        Selector::Run(run) => instance.tags.get(TAG_RUN) == Some(run),
        Selector::ManagedByHoist => true,
        Selector::Ids(ids) => ids.contains(&instance.id),
    };

    let mut found = Vec::new();
    let mut dead = Vec::new();
    for reservation in &reservations {
        let ids = &reservation.ids;
        if ids.iter().all(|id| ledger.get(id).is_some_and(Tombstone::is_over)) {
            // The process that terminated the last of them was killed before it did this.
            forget(root, &reservation.token)?;
        }
        for (index, id) in ids.iter().cloned().enumerate() {
            let (instance, fate) = look(root, reservation, index, id, &ledger, &eyes)?;
            if !wanted(&instance) {
                continue;
            }
            // Another process may be starting or ending it now.
            if fate == CleanupState::Stays || root.try_lock(LockScope::Instance(&instance.id))?.is_none() {
                found.push(instance);
            } else {
                dead.push(TerminatingInstance { token: reservation.token.clone(), instance });
            }
        }
    }
    let gone = ledger.values().filter(|entry| !known.contains(&entry.instance.id) && wanted(&entry.instance));
    let gone: Vec<Tombstone> = gone.filter(|entry| !entry.is_forgotten()).cloned().collect();
    // Unrecorded instances are found by the marks of their processes; given ids only if the record is the only evidence
    // of their end, or lacks them.
    let looked_for = match selector {
        Selector::Ids(ids) => ids.iter().filter(|id| !known.contains(*id)).cloned().collect(),
        Selector::Run(_) | Selector::ManagedByHoist => stray::ids(root, &known, &eyes)?,
    };
    let mut strays = Vec::new();
    for id in looked_for {
        let stray = stray::look(root, &id, &ledger, &eyes)?;
        // A query by id, or by a run whose cloud's directory is gone, comes from the instances' owner.
        let is_asked_for = |stray: &Stray| {
            let is_theirs = match selector {
                Selector::Ids(_) => true,
                Selector::Run(_) => stray.whose != Whose::Anothers,
                Selector::ManagedByHoist => stray.whose == Whose::Ours,
            };
            is_theirs && wanted(&stray.instance)
        };
        strays.extend(stray.filter(is_asked_for).map(|stray| stray.instance));
    }
    let are_strays: BTreeSet<&str> = strays.iter().map(|instance| instance.id.as_str()).collect();
    for entry in gone.into_iter().filter(|one| !are_strays.contains(one.instance.id.as_str())) {
        // Its termination was interrupted, and its reservation was lost since.
        if !entry.is_over() && root.try_lock(LockScope::Instance(&entry.instance.id))?.is_some() {
            dead.push(TerminatingInstance { token: entry.token, instance: entry.instance });
        } else {
            found.push(entry.instance);
        }
    }
    if !dead.is_empty() {
        // A failed clean-up shows as an instance that is still shutting down.
        let reason = terminate(root, dead.clone()).err().map(|error| match error.hint {
            Some(hint) => format!("{}; {hint}", error.message),
            None => error.message,
        });
        ledger = tombstones::read(root)?;
        for TerminatingInstance { mut instance, .. } in dead {
            match ledger.get(&instance.id) {
                Some(entry) => instance = entry.instance.clone(),
                None => instance.state = InstanceState::ShuttingDown,
            }
            if instance.state != InstanceState::Terminated
                && let Some(reason) = &reason
            {
                instance.tags.insert(TAG_FINDING.to_owned(), reason.clone());
                instance.reason = Some(reason.clone());
            }
            found.push(instance);
        }
    }
    found.extend(strays);
    found.sort_by(|a, b| (a.launched_at, a.launch_index, &a.id).cmp(&(b.launched_at, b.launch_index, &b.id)));
    Ok(found)
}

/// Whether an instance has to be cleared away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CleanupState {
    /// It stays as it is.
    Stays,
    /// It died, or its termination was interrupted.
    IsToGo,
}

/// Returns an instance of a reservation in its current state.
pub(super) fn look(
    root: &StateDir,
    reservation: &Reservation,
    index: usize,
    id: String,
    ledger: &Tombstones,
    eyes: &ProcessView,
) -> Result<(Instance, CleanupState), CloudError> {
    if let Some(entry) = ledger.get(&id) {
        if entry.is_over() && eyes.sees(&id) {
            return Ok((stray::adrift(&entry.instance, stray::RISEN, eyes.count(&id)), CleanupState::Stays));
        }
        let fate = if entry.is_over() { CleanupState::Stays } else { CleanupState::IsToGo };
        return Ok((entry.instance.clone(), fate));
    }
    let mut instance = Instance {
        id,
        state: InstanceState::Pending,
        address: None,
        private_address: None,
        launch_index: index,
        tags: reservation.tags.clone(),
        launched_at: reservation.launched_at,
        reason: None,
        offer: None,
    };
    show_lease(root, &mut instance);
    let word = StatusFile::of(root, &instance.id)?;
    let begun = root.begun(&instance.id);
    let served = || InitRecord::read(&begun).ok().flatten().is_some_and(|begun| begun.served);
    let is_furnished = || root.instance(&instance.id).join(InstanceLayout::CONFIG).exists();
    let is_young = || Timestamp::now().duration_since(reservation.launched_at) < COMING_UP;
    if matches!(word, StatusFile::Missing)
        && !served()
        && is_furnished()
        && (is_young() || eyes.init(&instance.id).is_none())
    {
        // It is starting.
        return Ok((instance, CleanupState::Stays));
    }
    if let Some(standing) = standing(root, &instance, &word, eyes)? {
        return Ok((standing, CleanupState::Stays));
    }
    let reason = match word {
        StatusFile::Given(status) => {
            instance.address.clone_from(&status.address);
            instance.private_address = status.address;
            status.ended.unwrap_or_else(|| KILLED.to_owned())
        }
        _ if reservation.isolated && eyes.sees(&instance.id) => {
            return Ok((stray::adrift(&instance, INITLESS, eyes.count(&instance.id)), CleanupState::Stays));
        }
        StatusFile::Masked => KILLED.to_owned(),
        // It was up once; no more is known.
        StatusFile::Missing if begun.exists() || eyes.sees(&instance.id) => EMPTY.to_owned(),
        // It was up once, and all its files were removed since.
        StatusFile::Missing if reservation.came_up => match bring_down(root, &instance.id) {
            Ok(()) => EMPTY.to_owned(),
            Err(stuck) => return Ok((stray::unproved(&instance, stuck), CleanupState::Stays)),
        },
        // Not created yet.
        StatusFile::Missing => return Ok((instance, CleanupState::Stays)),
    };
    instance.state = InstanceState::ShuttingDown;
    instance.reason = Some(reason);
    Ok((instance, CleanupState::IsToGo))
}

/// Returns the path of an instance's console.
pub(super) fn console_path(root: &StateDir, id: &str) -> std::path::PathBuf {
    root.instance(id).join(InstanceLayout::CONSOLE)
}
