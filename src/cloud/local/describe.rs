//! What instances there are, and what became of them.

use std::collections::{BTreeMap, BTreeSet};
use std::{fs, io};

use super::ledger::{self, Entry, Ledger};
use super::reservation::{Reservation, TOKEN_FILE};
use super::root::{Root, Scope, failed};
use super::terminate::{Condemned, forget, terminate};
use crate::engine::{CloudError, Instance, InstanceState, Selector, TAG_RUN};
use crate::host::{Layout, is_alive, read_if_there, read_status};

/// The instances that `selector` picks. What has died by itself is cleared away on this occasion.
pub(super) fn describe(root: &Root, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
    let reservations = match selector {
        Selector::Ids(ids) => reservations_of(root, ids)?,
        Selector::Run(_) | Selector::Ours => Reservation::all(root)?,
    };
    let mut ledger = ledger::read(root)?;
    let known: BTreeSet<String> = reservations.iter().flat_map(|reservation| reservation.ids(root)).collect();
    let wanted = |instance: &Instance| match selector {
        Selector::Run(run) => instance.tags.get(TAG_RUN) == Some(run),
        Selector::Ours => true,
        Selector::Ids(ids) => ids.contains(&instance.id),
    };

    let mut found = Vec::new();
    let mut dead = Vec::new();
    for reservation in &reservations {
        if reservation.ids(root).iter().all(|id| ledger.get(id).is_some_and(Entry::is_over)) {
            // Whoever terminated the last of them was killed before it came to this.
            forget(root, &reservation.token)?;
        }
        for (index, id) in reservation.ids(root).into_iter().enumerate() {
            let (instance, fate) = look(root, reservation, index, id, &ledger)?;
            if !wanted(&instance) {
                continue;
            }
            // Somebody else may be at it, now.
            if fate == Fate::Stays || root.try_lock(Scope::Instance(&instance.id))?.is_none() {
                found.push(instance);
            } else {
                dead.push(Condemned { reservation: reservation.clone(), instance });
            }
        }
    }
    if selector == &Selector::Ours {
        clear_orphans(root, &known)?;
    }
    if !dead.is_empty() {
        // A failure to clear away shows in the state: it goes on shutting down.
        let reason = terminate(root, dead.clone()).err().map(|error| error.message);
        ledger = ledger::read(root)?;
        for Condemned { mut instance, .. } in dead {
            match ledger.get(&instance.id) {
                Some(entry) => instance = entry.instance.clone(),
                None => instance.state = InstanceState::ShuttingDown,
            }
            if instance.state != InstanceState::Terminated && reason.is_some() {
                instance.reason.clone_from(&reason);
            }
            found.push(instance);
        }
    }
    let gone = ledger.values().filter(|entry| !entry.is_forgotten() && !known.contains(&entry.instance.id));
    found.extend(gone.map(|entry| entry.instance.clone()).filter(wanted));
    found.sort_by(|a, b| (a.launched_at, a.launch_index, &a.id).cmp(&(b.launched_at, b.launch_index, &b.id)));
    Ok(found)
}

/// Whether an instance has to be cleared away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is what it is.
    Stays,
    /// It died, or whoever terminated it did not come to the end.
    IsToGo,
}

/// One instance of a reservation, as it is now.
pub(super) fn look(
    root: &Root,
    reservation: &Reservation,
    index: usize,
    id: String,
    ledger: &Ledger,
) -> Result<(Instance, Fate), CloudError> {
    if let Some(entry) = ledger.get(&id) {
        let fate = if entry.is_over() { Fate::Stays } else { Fate::IsToGo };
        return Ok((entry.instance.clone(), fate));
    }
    let directory = root.instance(&id);
    let status = match read_status(&directory) {
        // It was up once, and no more is known.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Some(None),
        Err(error) => return Err(failed("read the status in", &directory, &error)),
        Ok(status) => status.map(Some),
    };
    let mut instance = Instance {
        id,
        state: InstanceState::Pending,
        address: None,
        private_address: None,
        launch_index: index,
        tags: reservation.tags.clone(),
        launched_at: reservation.launched_at,
        reason: None,
    };
    let Some(status) = status else { return Ok((instance, Fate::Stays)) };
    let (address, ended) = status.map_or((None, None), |status| (status.address, status.ended));
    instance.address.clone_from(&address);
    instance.private_address = address;
    if is_alive(&directory).map_err(|error| failed("look at", &directory, &error))? {
        instance.state = InstanceState::Running;
        return Ok((instance, Fate::Stays));
    }
    instance.state = InstanceState::ShuttingDown;
    instance.reason = Some(ended.unwrap_or_else(|| "its init was killed, or this machine restarted".to_owned()));
    Ok((instance, Fate::IsToGo))
}

/// The reservations that `ids` belong to.
pub(super) fn reservations_of(root: &Root, ids: &[String]) -> Result<Vec<Reservation>, CloudError> {
    let mut found = BTreeMap::new();
    let mut everywhere = false;
    for id in ids {
        let file = root.instance(id).join(TOKEN_FILE);
        let token = read_if_there(&file).map_err(|error| failed("read", &file, &error))?;
        match token.and_then(|token| String::from_utf8(token).ok()) {
            Some(token) if found.contains_key(&token) => {}
            Some(token) => match Reservation::find(root, &token)? {
                Some(reservation) => drop(found.insert(token, reservation)),
                // A power cut may have left it empty.
                None => everywhere = true,
            },
            // Half made, half removed, or not ours: only the reservations themselves can tell.
            None => everywhere = true,
        }
    }
    if everywhere {
        for reservation in Reservation::all(root)? {
            if reservation.ids(root).iter().any(|id| ids.contains(id)) {
                found.insert(reservation.token.clone(), reservation);
            }
        }
    }
    Ok(found.into_values().collect())
}

/// Clears directories away that belong to no reservation, as a power cut can leave them.
fn clear_orphans(root: &Root, known: &BTreeSet<String>) -> Result<(), CloudError> {
    let directory = root.instances();
    let entries = fs::read_dir(&directory).map_err(|error| failed("list", &directory, &error))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(id) = name.to_str().map(Root::id_of).filter(|id| !known.contains(*id)) else { continue };
        super::terminate::clear_orphan(root, id)?;
    }
    Ok(())
}

/// The path of an instance's console.
pub(super) fn console_path(root: &Root, id: &str) -> std::path::PathBuf {
    root.instance(id).join(Layout::CONSOLE)
}
