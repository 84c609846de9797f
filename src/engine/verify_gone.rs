//! Proves that nothing is left of a run: asks each cloud once more, and removes instances and leftovers without a
//! record.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::patient_call::{TERMINATION_TIMEOUT, look, poll_backoff, retry_call};
use super::remain::Remain;
use super::removal::remove_all;
use super::task_result::TaskResult;
use crate::provider::{
    Cloud, CloudError, Instance, InstanceState, Leftover, LeftoverKind, Leftovers, ListFailure, Selector,
};

/// How long disks may still be shown after their machines are gone: those that go with their machines go a moment
/// later.
const DISKS_SETTLE: Duration = Duration::from_secs(15);

/// A cloud that the plan launches on, if it is available, and its name.
pub(super) type NamedCloud = (Result<Arc<dyn Cloud>, CloudError>, String);

/// Asks each cloud what is left of the run, removes what hoist made, and counts the instances.
pub(super) async fn verify_gone(clouds: Vec<NamedCloud>, run_id: String) -> TaskResult {
    let mut outcome = TaskResult::default();
    let mut checked = 0;
    for (cloud, name) in clouds {
        let swept = match cloud {
            Ok(cloud) => sweep(cloud.as_ref(), &run_id, &mut outcome.notes).await,
            Err(error) => Err(error),
        };
        match swept {
            Ok((seen, left)) => {
                checked += seen;
                outcome.remains.extend(left.found.iter().map(|thing| survivor(thing, &name)));
                outcome.remains.extend(left.unanswered.into_iter().map(|unanswered| unproved(unanswered, &name)));
            }
            Err(error) => {
                let what = format!("cloud {name} could not say whether anything is left: {}", error.message);
                outcome.remains.push(Remain { what, hint: error.hint, unproved: true });
            }
        }
    }
    outcome.proved_gone = outcome.remains.is_empty().then_some(checked);
    outcome
}

fn survivor(thing: &Leftover, cloud: &str) -> Remain {
    let cost = if thing.bills { " and costs money" } else { "" };
    let detail = if thing.detail.is_empty() { String::new() } else { format!(" ({})", thing.detail) };
    let what = format!("{thing} on {cloud}{detail} outlived its machine{cost}");
    let hint = match thing.kind {
        LeftoverKind::Volume | LeftoverKind::Snapshot => {
            "save what is on it, then hoist orphans --terminate removes it"
        }
        _ => "hoist orphans --terminate removes it",
    };
    Remain { what, hint: Some(hint.to_owned()), unproved: false }
}

fn unproved(ListFailure { kind, error }: ListFailure, cloud: &str) -> Remain {
    let what = format!("{} on {cloud} are not proved gone: {}", kind.several(), error.message);
    Remain { what, hint: error.hint, unproved: true }
}

/// Returns the number of instances that the cloud showed, and the leftovers, including those that could not be listed.
async fn sweep(cloud: &dyn Cloud, run_id: &str, notes: &mut Vec<String>) -> Result<(usize, Leftovers), CloudError> {
    let instances = look(cloud, &Selector::Run(run_id.to_owned())).await?;
    let left: Vec<String> = instances
        .iter()
        .filter(|instance| instance.state != InstanceState::Terminated)
        .map(|instance| instance.id.clone())
        .collect();
    remove_all(cloud, &left).await?;
    notes.extend(found(&instances, &left));
    Ok((instances.len(), clear(cloud, run_id, notes).await?))
}

/// Returns notes on instances that still existed when all should have been gone, or that their cloud had lost control
/// of.
fn found<'a>(instances: &'a [Instance], left: &'a [String]) -> impl Iterator<Item = String> + 'a {
    instances.iter().filter_map(|instance| match instance.finding() {
        Some(finding) => Some(format!("{}: {finding}; it is ended now", instance.id)),
        None if left.contains(&instance.id) => Some(format!("{} was still there, and was ended", instance.id)),
        None => None,
    })
}

/// Removes hoist's resources other than instances; returns the remaining ones, and those that could not be listed.
async fn clear(cloud: &dyn Cloud, run_id: &str, notes: &mut Vec<String>) -> Result<Leftovers, CloudError> {
    let mut backoff = poll_backoff(cloud, "clear");
    let (settled, give_up) = (Instant::now() + DISKS_SETTLE, Instant::now() + TERMINATION_TIMEOUT);
    loop {
        let left = remove_leftovers(cloud, run_id, notes).await?;
        let wait =
            Instant::now() < settled && !left.found.is_empty() || Instant::now() < give_up && left.may_tell_more();
        if !wait {
            return Ok(left);
        }
        sleep(backoff.pause()).await;
    }
}

/// Tries once to remove all of them; returns the remaining ones.
async fn remove_leftovers(cloud: &dyn Cloud, run_id: &str, notes: &mut Vec<String>) -> Result<Leftovers, CloudError> {
    let mut left = retry_call(cloud, || cloud.leftovers(Some(run_id))).await?;
    let mut stay = Vec::new();
    for thing in std::mem::take(&mut left.found) {
        if thing.kind.is_kept() {
            stay.push(thing);
            continue;
        }
        // The next tear-down tries again: no one should wait long for something that can be reported.
        let Err(error) = cloud.remove_leftover(&thing).await else { continue };
        stay.push(Leftover { detail: error.message, ..thing });
    }
    let (remain, costless): (Vec<Leftover>, Vec<Leftover>) = stay.into_iter().partition(keeps_the_run);
    for thing in costless {
        let note = format!("{thing} stays, which costs nothing: {}", thing.detail);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    left.found = remain;
    Ok(left)
}

/// Whether a run has not ended while this exists: it costs money, or takes a network address.
fn keeps_the_run(thing: &Leftover) -> bool {
    thing.bills || thing.kind == LeftoverKind::NetworkInterface
}
