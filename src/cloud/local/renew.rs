//! Renewal: moves the end of the lease of instances, which their inits watch.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::describe::look;
use super::file_error::failed;
use super::locks::LockScope;
use super::process_view::ProcessView;
use super::reservation::Reservation;
use super::state_dir::StateDir;
use super::terminate::side_by_side;
use super::tombstones;
use crate::host::{move_lease, read_lease};
use crate::os::Durability;
use crate::provider::CloudError;

/// Moves the end of the lease of these instances; returns the ids whose lease ends at `until` now, in the given order.
/// Left out are instances that are unknown, gone, without lease, or of an annex, whose lease its instances share.
pub(super) fn renew(root: &StateDir, ids: &[String], until: Timestamp) -> Result<Vec<String>, CloudError> {
    let asked: BTreeSet<&String> = ids.iter().collect();
    let eyes = ProcessView::default();
    let mut known = Vec::new();
    for reservation in Reservation::of_instances(root, ids)? {
        if reservation.annex().is_none() && reservation.expires_at.is_some() {
            let its = reservation.ids.iter().cloned().enumerate().filter(|(_, id)| asked.contains(id));
            known.extend(its.map(|(index, id)| (reservation.clone(), index, id)));
        }
    }
    let renewed = Mutex::new(BTreeSet::new());
    let (_, failures) = side_by_side(&known, |(reservation, index, id)| {
        // Held by whoever starts or ends it.
        let _lock = root.lock(LockScope::Instance(id))?;
        let ledger = tombstones::read(root)?;
        let (instance, _) = look(root, reservation, *index, id.clone(), &ledger, &eyes)?;
        if instance.state.is_up() && renew_one(root, id, until)? {
            renewed.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        }
        Ok::<_, CloudError>(())
    });
    if let Some(failure) = failures.into_iter().next() {
        return Err(failure);
    }
    let renewed = renewed.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(ids.iter().filter(|id| renewed.contains(*id)).cloned().collect())
}

/// Moves the end of an instance's lease, unless it has passed or cannot be read.
fn renew_one(root: &StateDir, id: &str, until: Timestamp) -> Result<bool, CloudError> {
    let directory = root.instance(id);
    let Some(old) = read_lease(&directory).ok().flatten() else { return Ok(false) };
    if old == until {
        return Ok(Timestamp::now() < old);
    }
    move_lease(&directory, old, until, Durability::Process)
        .map_err(|error| failed("write the lease in", &directory, &error))
}
