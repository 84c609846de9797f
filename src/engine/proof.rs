//! Proves that nothing is left of a run: asks each cloud once more, and removes what no record knew of.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::backoff::Backoff;
use super::cloud::{Cloud, CloudError, CloudErrorKind, InstanceState, Selector};
use super::driver::Outcome;
use super::inventory::{Leftover, LeftoverKind};
use super::removal::{look, patiently, remove_all};

/// How long disks may be shown after their machines are gone: those that go with their machines go a moment later.
const DISKS_SETTLE: Duration = Duration::from_secs(15);

/// Why a tear-down is not at its end although every service is: what else is left, or who could not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remain {
    /// For a person.
    pub what: String,
    /// What to try.
    pub hint: Option<String>,
}

/// A cloud that the plan launches on, if it can be had, and its name.
pub(super) type NamedCloud = (Result<Arc<dyn Cloud>, CloudError>, String);

/// Asks each cloud what is left of the run, removes what hoist made, and counts what was asked about.
pub(super) async fn prove_gone(clouds: Vec<NamedCloud>, run_id: String) -> Outcome {
    let mut outcome = Outcome::default();
    let mut checked = 0;
    for (cloud, name) in clouds {
        let swept = match cloud {
            Ok(cloud) => sweep(cloud.as_ref(), &run_id, &mut outcome.notes).await,
            Err(error) => Err(error),
        };
        match swept {
            Ok((seen, bills)) => {
                checked += seen;
                outcome.remains.extend(bills.iter().map(|thing| survivor(thing, &name)));
            }
            Err(error) => {
                let what = format!("cloud {name} could not say whether anything is left: {}", error.message);
                outcome.remains.push(Remain { what, hint: error.hint });
            }
        }
    }
    outcome.proved_gone = outcome.remains.is_empty().then_some(checked);
    outcome
}

fn survivor(thing: &Leftover, cloud: &str) -> Remain {
    let what = format!("{thing} on {cloud} ({}) outlived its machine and costs money", thing.detail);
    let hint = match thing.kind {
        LeftoverKind::Volume => "save what is on it, then hoist orphans --terminate removes it",
        _ => "hoist orphans --terminate removes it",
    };
    Remain { what, hint: Some(hint.to_owned()) }
}

/// How many machines were asked about, and what is left that costs money.
async fn sweep(cloud: &dyn Cloud, run_id: &str, notes: &mut Vec<String>) -> Result<(usize, Vec<Leftover>), CloudError> {
    let instances = look(cloud, &Selector::Run(run_id.to_owned())).await?;
    let left: Vec<String> = instances
        .iter()
        .filter(|instance| instance.state != InstanceState::Terminated)
        .map(|instance| instance.id.clone())
        .collect();
    remove_all(cloud, &left).await?;
    let bills = match clear(cloud, run_id, notes).await {
        // Whoever may launch and terminate may still not be allowed to list disks; a cloud may have none to list.
        Err(error) if error.kind == CloudErrorKind::Refused => {
            notes.push(format!("no machine is left; what they may have left behind is not known: {error}"));
            Vec::new()
        }
        answer => answer?,
    };
    Ok((instances.len(), bills))
}

/// Removes what hoist made beside machines; gives what costs money and is the user's.
async fn clear(cloud: &dyn Cloud, run_id: &str, notes: &mut Vec<String>) -> Result<Vec<Leftover>, CloudError> {
    let capabilities = cloud.capabilities();
    let mut backoff = Backoff::new(capabilities.poll_first, capabilities.poll_longest, "clear");
    let settled = Instant::now() + DISKS_SETTLE;
    loop {
        let left = patiently(cloud, || cloud.leftovers(Some(run_id))).await?;
        let (disks, ours): (Vec<Leftover>, Vec<Leftover>) =
            left.into_iter().partition(|thing| thing.kind == LeftoverKind::Volume);
        let mut stay = disks;
        for thing in ours {
            match cloud.remove_leftover(&thing).await {
                Ok(()) => {}
                // The next tear-down tries again: nobody shall wait long for what can be told.
                Err(error) if thing.bills => stay.push(Leftover { detail: error.message, ..thing }),
                Err(error) => {
                    let note = format!("{thing} stays, which costs nothing: {error}");
                    if !notes.contains(&note) {
                        notes.push(note);
                    }
                }
            }
        }
        if stay.is_empty() || Instant::now() >= settled {
            return Ok(stay);
        }
        sleep(backoff.pause()).await;
    }
}
