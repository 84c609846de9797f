//! Termination: written down first, then carried out, then proved.

use std::collections::BTreeSet;
use std::sync::Mutex;

use jiff::Timestamp;

use super::describe::{look, reservations_of};
use super::ledger::{self, Entry};
use super::reservation::Reservation;
use super::root::{Root, Scope};
use crate::engine::{CloudError, CloudErrorKind, Instance, InstanceState};
use crate::host::Doomed;

/// How many instances are brought down side by side: they wait for their programs to stop, which takes no processor.
const SIDE_BY_SIDE: usize = 32;

/// An instance to be terminated, as it is now.
#[derive(Clone, Debug)]
pub(super) struct Condemned {
    /// Its launch.
    pub(super) reservation: Reservation,
    /// Itself; its reason is kept.
    pub(super) instance: Instance,
}

/// Terminates the instances with these ids; unknown ones are gone.
pub(super) fn by_ids(root: &Root, ids: &[String]) -> Result<(), CloudError> {
    let ledger = ledger::read(root)?;
    let mut condemned = Vec::new();
    for reservation in reservations_of(root, ids)? {
        for (index, id) in reservation.ids(root).into_iter().enumerate().filter(|(_, id)| ids.contains(id)) {
            let (instance, _) = look(root, &reservation, index, id, &ledger)?;
            condemned.push(Condemned { reservation: reservation.clone(), instance });
        }
    }
    terminate(root, condemned)
}

/// Terminates instances and returns when nothing of them is left. Says what could not be removed; the same call again
/// goes on with that.
pub(super) fn terminate(root: &Root, condemned: Vec<Condemned>) -> Result<(), CloudError> {
    let known = ledger::read(root)?;
    let tokens: BTreeSet<String> = condemned.iter().map(|one| one.reservation.token.clone()).collect();
    let condemned: Vec<Condemned> =
        condemned.into_iter().filter(|one| !known.get(&one.instance.id).is_some_and(Entry::is_over)).collect();
    let begun: Vec<Entry> = condemned
        .iter()
        .filter(|one| !known.contains_key(&one.instance.id))
        .map(|one| entry(one, InstanceState::ShuttingDown))
        .collect();
    // From here on nobody starts them again, whatever becomes of this process.
    ledger::append(root, &begun)?;

    let (ended, failures) = side_by_side(&condemned, |one| {
        let id = &one.instance.id;
        let _lock = root.lock(Scope::Instance(id))?;
        bring_down(root, id)
    });
    let over: Vec<Entry> = ended.iter().map(|one| entry(one, InstanceState::Terminated)).collect();
    ledger::append(root, &over)?;
    for token in tokens {
        forget(root, &token)?;
    }
    failures.into_iter().next().map_or(Ok(()), Err)
}

/// Clears away what a directory without a reservation holds, unless somebody is at it.
pub(super) fn clear_orphan(root: &Root, id: &str) -> Result<(), CloudError> {
    let Some(_lock) = root.try_lock(Scope::Instance(id))? else { return Ok(()) };
    // Its reservation may have been written after the list of them was read.
    let ours = reservations_of(root, &[id.to_owned()])?;
    if ours.is_empty() { bring_down(root, id) } else { Ok(()) }
}

/// Ends all processes of an instance and removes its directory. The caller holds the instance's lock.
pub(super) fn bring_down(root: &Root, id: &str) -> Result<(), CloudError> {
    let (directory, gone) = (root.instance(id), root.gone(id));
    let doomed = Doomed { id, directory: &directory, gone: &gone, thoroughly: false };
    doomed.end().map_err(|stuck| {
        CloudError::new(CloudErrorKind::Refused, format!("cannot terminate instance {id}: {}", stuck.reason))
            .hint(stuck.hint)
    })
}

/// Drops a reservation when all of its instances are terminated.
pub(super) fn forget(root: &Root, token: &str) -> Result<(), CloudError> {
    let _lock = root.lock(Scope::Reservation(&Root::reservation_name(token)))?;
    let Some(reservation) = Reservation::find(root, token)? else { return Ok(()) };
    let ledger = ledger::read(root)?;
    let all_over = reservation.ids(root).iter().all(|id| ledger.get(id).is_some_and(Entry::is_over));
    if all_over { reservation.remove(root) } else { Ok(()) }
}

fn entry(condemned: &Condemned, state: InstanceState) -> Entry {
    let mut instance = condemned.instance.clone();
    instance.state = state;
    instance.reason.get_or_insert_with(|| "terminated on request".to_owned());
    if state == InstanceState::Terminated {
        // As EC2 does: the address may be somebody else's by now.
        (instance.address, instance.private_address) = (None, None);
    }
    Entry { at: Timestamp::now(), token: condemned.reservation.token.clone(), instance }
}

/// Does `act` to all `items`, several at once; gives those that it succeeded with, and the errors of the others.
pub(super) fn side_by_side<T: Sync, E: Send>(
    items: &[T],
    act: impl Fn(&T) -> Result<(), E> + Sync,
) -> (Vec<&T>, Vec<E>) {
    let queue = Mutex::new(items.iter());
    let results = Mutex::new((Vec::new(), Vec::new()));
    let work = || {
        loop {
            // A poisoned queue is as good as any: nothing in it is half changed.
            let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
            let Some(item) = next else { return };
            let result = act(item);
            let mut results = results.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match result {
                Ok(()) => results.0.push(item),
                Err(error) => results.1.push(error),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..items.len().min(SIDE_BY_SIDE) {
            scope.spawn(work);
        }
        work();
    });
    results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}
