use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use super::end_fleet::end_fleet;
use super::parent::Parent;
use super::wait_fleet::wait_fleet;
use crate::app::{CommandError, Operation, Stops};
use crate::engine::{Remain, end_instances};
use crate::provider::{Cloud, CloudError};
use crate::report::{count, some_of};
use crate::scaler::{Fleet, FleetPhase};

/// How often workers are looked for again that appear while others are ended.
const LOOKS: usize = 5;

/// The end of all fleets and workers of a run or an annex.
pub(crate) struct DependentsEnd<'a> {
    pub(crate) operation: Operation<'a>,
    pub(crate) parent: Parent<'a>,
    /// Whether workers with jobs are ended at once.
    pub(crate) now: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ended {
    /// The number of workers that were ended.
    pub(crate) workers: usize,
    /// What is not proved gone.
    pub(crate) remains: Vec<Remain>,
}

impl Ended {
    /// Adds what came of a later step.
    pub(crate) fn add(&mut self, later: Self) {
        self.workers += later.workers;
        self.remains.extend(later.remains);
    }
}

impl DependentsEnd<'_> {
    /// Ends the fleets that are recorded here. A running scaler does it itself, and lets jobs finish; without one, the
    /// workers are ended directly.
    ///
    /// # Errors
    /// The user stops waiting, or the state file cannot be read.
    pub(crate) async fn end_fleets(&self, stops: &mut Stops) -> Result<Ended, CommandError> {
        let mut ended = Ended::default();
        let Parent { state, .. } = self.parent;
        let Operation { workspace, user } = self.operation;
        for fleet in self.parent.ending(&self.parent.recorded()?) {
            let name = &fleet.id.name;
            let before = fleet.present().count();
            let left = wait_fleet(state, &fleet, self.now, user, stops)
                .await
                .map_err(|error| error.hint(&self.parent.again))?;
            if left.phase == FleetPhase::Ended {
                user.tell(&format!("fleet {name} has ended; {} proved gone", count(before, "worker")));
                ended.workers += before;
                continue;
            }
            let outcome = tokio::select! {
                outcome = end_fleet(workspace, state, &left) => outcome,
                () = stops.wished() => return Err(self.interrupted(stops)),
            };
            match outcome {
                Ok(gone) => {
                    user.tell(&format!("fleet {name} has ended; {} proved gone", count(gone, "worker")));
                    ended.workers += gone;
                }
                Err(error) => {
                    let names: Vec<String> =
                        left.present().map(|worker| format!("{} ({})", worker.name, worker.id)).collect();
                    let what = format!("fleet {name} is not proved gone ({}): {}", some_of(&names), error.message);
                    let hint = error.hints.into_iter().next();
                    ended.remains.push(Remain { what, hint, unproved: true });
                }
            }
        }
        Ok(ended)
    }

    /// Ends all workers with the parent's tag that the clouds show, whoever records them, until none is shown.
    ///
    /// # Errors
    /// The user stops waiting, or the state file cannot be read.
    pub(crate) async fn end_workers(&self, stops: &mut Stops) -> Result<Ended, CommandError> {
        let recorded = self.parent.recorded()?;
        let mut ended = Ended::default();
        for (name, cloud) in &self.parent.clouds {
            let outcome = match cloud {
                Ok(cloud) => tokio::select! {
                    swept = sweep(cloud.as_ref(), &self.parent, &recorded) => swept,
                    () = stops.wished() => return Err(self.interrupted(stops)),
                },
                Err(error) => Err((0, Vec::new(), error.clone())),
            };
            match outcome {
                Ok(0) => {}
                Ok(workers) => {
                    let label = &self.parent.label;
                    self.operation.user.tell(&format!("{} of {label} on {name} proved gone", count(workers, "worker")));
                    ended.workers += workers;
                }
                Err((workers, ids, error)) => {
                    ended.workers += workers;
                    let what = match ids.as_slice() {
                        [] => {
                            format!("cloud {name} could not say whether workers of fleets are left: {}", error.message)
                        }
                        ids => format!("workers {} on {name} are not proved gone: {}", ids.join(", "), error.message),
                    };
                    ended.remains.push(Remain { what, hint: error.hint, unproved: true });
                }
            }
        }
        Ok(ended)
    }

    /// Ends workers that become visible late: looks again when no cloud hides an instance any more that was launched
    /// before `quiet_since`.
    ///
    /// # Errors
    /// The user stops waiting.
    pub(crate) async fn end_late_workers(
        &self,
        quiet_since: Instant,
        stops: &mut Stops,
    ) -> Result<Ended, CommandError> {
        let clouds = self.parent.clouds.iter().filter_map(|(_, cloud)| cloud.as_ref().ok());
        let window = clouds.map(|cloud| cloud.capabilities().consistency_window).max().unwrap_or_default();
        let left = window.saturating_sub(quiet_since.elapsed());
        if left == Duration::ZERO {
            return Ok(Ended::default());
        }
        let seconds = left.as_secs().max(1);
        let why = "a worker that was launched last may become visible until then";
        self.operation.user.tell(&format!("looking again for workers in {seconds} s: {why}"));
        tokio::select! {
            () = tokio::time::sleep(left) => {}
            () = stops.wished() => return Err(self.interrupted(stops)),
        }
        self.end_workers(stops).await
    }

    /// Returns the error of fleets that are not proved gone, before which the parent stays.
    pub(crate) fn not_proved(&self, remains: &[Remain]) -> CommandError {
        let whats: Vec<&str> = remains.iter().map(|remain| remain.what.as_str()).collect();
        let message = format!("{} stays, since its fleets come first: {}", self.parent.label, whats.join("; "));
        CommandError::with_exit(crate::app::Exit::Remains, message)
            .hints(remains.iter().filter_map(|remain| remain.hint.clone()))
            .hint(&self.parent.again)
    }

    fn interrupted(&self, stops: &Stops) -> CommandError {
        let message = format!("workers of {} are not proved gone", self.parent.label);
        CommandError::with_exit(stops.exit(), message).hint(&self.parent.again)
    }
}

/// Ends the instances with this parent until the cloud shows none; returns their number. An error tells how many are
/// gone, and the ids of those that are left.
async fn sweep(
    cloud: &dyn Cloud,
    parent: &Parent<'_>,
    recorded: &[Fleet],
) -> Result<usize, (usize, Vec<String>, CloudError)> {
    let mut ended = BTreeSet::new();
    let mut last = None;
    for _ in 0..LOOKS {
        let gone = |left: &BTreeSet<String>, ended: &BTreeSet<String>| ended.difference(left).count();
        let shown = parent.workers(cloud, recorded).await.map_err(|error| (ended.len(), Vec::new(), error))?;
        let left: BTreeSet<String> = shown.into_iter().map(|instance| instance.id).collect();
        if left.is_empty() {
            return Ok(ended.len());
        }
        if let Some(error) = last {
            return Err((gone(&left, &ended), left.into_iter().collect(), error));
        }
        let ids: Vec<String> = left.iter().cloned().collect();
        last = end_instances(cloud, &ids).await.err();
        ended.extend(left);
    }
    let message = format!("new ones appeared {LOOKS} times while others were ended: their scaler still runs");
    let error = CloudError::new(crate::provider::CloudErrorKind::Rejected, message);
    let left = parent.workers(cloud, recorded).await.map_err(|error| (ended.len(), Vec::new(), error))?;
    match left.is_empty() {
        true => Ok(ended.len()),
        false => Err((ended.len(), left.into_iter().map(|instance| instance.id).collect(), error)),
    }
}
