//! Termination: recorded first, then carried out, then verified.

use std::collections::BTreeSet;
use std::sync::Mutex;

use jiff::Timestamp;

use super::locks::LockScope;
use super::reservation::Reservation;
use super::state_dir::StateDir;
use super::tombstone::Tombstone;
use super::tombstones;
use crate::host::{InitTerminator, InstanceLayout, may_hide};
use crate::os::remove_whole;
use crate::provider::{CloudError, CloudErrorKind, Instance, InstanceState};

/// How many instances are brought down in parallel: each mostly waits for its programs to stop.
const SIDE_BY_SIDE: usize = 32;

/// An instance to be terminated, in its current state.
#[derive(Clone, Debug)]
pub(super) struct TerminatingInstance {
    /// The token of its launch; empty if unknown.
    pub(super) token: String,
    /// The instance; its reason is kept.
    pub(super) instance: Instance,
}

/// Terminates instances and returns when nothing of them is left. The error names the remains; repeating the call
/// continues.
pub(super) fn terminate(root: &StateDir, condemned: Vec<TerminatingInstance>) -> Result<(), CloudError> {
    let known = tombstones::read(root)?;
    let tokens: BTreeSet<String> = condemned.iter().map(|one| one.token.clone()).collect();
    let condemned: Vec<TerminatingInstance> =
        condemned.into_iter().filter(|one| one.instance.state != InstanceState::Terminated).collect();
    let begun: Vec<Tombstone> = condemned
        .iter()
        .filter(|one| known.get(&one.instance.id).is_none_or(Tombstone::is_over))
        .map(|one| entry(one, InstanceState::ShuttingDown))
        .collect();
    // From here on they are not started again, even if this process is killed.
    tombstones::append(root, &begun)?;

    let (ended, failures) = side_by_side(&condemned, |one| {
        let id = &one.instance.id;
        let _lock = root.lock(LockScope::Instance(id))?;
        end(root, id, true)
    });
    let over: Vec<Tombstone> = ended.iter().map(|one| entry(one, InstanceState::Terminated)).collect();
    tombstones::append(root, &over)?;
    for one in ended {
        // After its end is recorded. A later look retries a failed removal.
        let _ = remove_whole(&root.begun(&one.instance.id));
    }
    for token in tokens {
        forget(root, &token)?;
    }
    failures.into_iter().next().map_or(Ok(()), Err)
}

/// Ends all processes of an instance and removes its directory. The caller holds the instance's lock.
pub(super) fn bring_down(root: &StateDir, id: &str) -> Result<(), CloudError> {
    end(root, id, false)
}

fn end(root: &StateDir, id: &str, keeps_record: bool) -> Result<(), CloudError> {
    let (directory, gone, begun) = (root.instance(id), root.gone(id), root.begun(id));
    // Both are written before its init is started: without them, the instance never had processes.
    let configured = [&directory, &gone].map(|place| place.join(InstanceLayout::CONFIG));
    let lies_about = configured.iter().chain([&begun]).any(|it| it.symlink_metadata().is_ok());
    let of_whole_launch = |reservations: Vec<Reservation>| reservations.iter().all(|it| it.came_up);
    let may_hide = may_hide(id) && (lies_about || of_whole_launch(Reservation::of_instances(root, &[id.to_owned()])?));
    let doomed = InitTerminator { id, directory: &directory, gone: &gone, begun: &begun, may_hide, keeps_record };
    doomed.end().map_err(|stuck| {
        let told = stuck.diagnostic.of(format!("cannot terminate instance {id}"));
        CloudError::from_diagnostic(CloudErrorKind::Rejected, told)
    })
}

/// Removes a reservation if all its instances are terminated.
pub(super) fn forget(root: &StateDir, token: &str) -> Result<(), CloudError> {
    let _lock = root.lock(LockScope::Reservation(&StateDir::reservation_name(token)))?;
    let Some(reservation) = Reservation::find(root, token)? else { return Ok(()) };
    let ledger = tombstones::read(root)?;
    let all_over = reservation.ids.iter().all(|id| ledger.get(id).is_some_and(Tombstone::is_over));
    if all_over { reservation.remove(root) } else { Ok(()) }
}

fn entry(condemned: &TerminatingInstance, state: InstanceState) -> Tombstone {
    let mut instance = condemned.instance.clone();
    instance.state = state;
    instance.reason.get_or_insert_with(|| "terminated on request".to_owned());
    if state == InstanceState::Terminated {
        // As on EC2: the addresses may have been reassigned.
        (instance.address, instance.private_address) = (None, None);
    }
    Tombstone { at: Timestamp::now(), token: condemned.token.clone(), instance }
}

/// Applies `act` to all `items` in parallel; returns the items for which it succeeded, and the errors of the others.
pub(super) fn side_by_side<T: Sync, E: Send>(
    items: &[T],
    act: impl Fn(&T) -> Result<(), E> + Sync,
) -> (Vec<&T>, Vec<E>) {
    let queue = Mutex::new(items.iter());
    let results = Mutex::new((Vec::new(), Vec::new()));
    let work = || {
        loop {
            // A poisoned queue is still consistent.
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
