//! The end of a run's fleets, before its machines.

use std::sync::Arc;

use tokio::time::Instant;

use super::going::Going;
use crate::app::dependents::{Dependents, DependentsEnd, Ended, Parent, ScalerServices};
use crate::app::{CommandError, Operation, Stops};
use crate::diagnostics::printable;
use crate::engine::{Run, ScalerStop, clouds_of, scalers_of, stop_scalers};
use crate::provider::Infrastructure;
use crate::report::some_of;
use crate::state::StateFile;

/// The fleets of a run, or of some of its services, that is to end.
pub(super) struct FleetsFirst<'a> {
    end: DependentsEnd<'a>,
    seen: Dependents,
    /// Whether the run does not begin anew.
    is_for_good: bool,
    /// The services whose machines run scalers.
    scalers: Vec<String>,
    /// Since when no scaler of the run launches anything, as far as is known.
    quiet_since: Option<Instant>,
}

/// Returns a run, or `only` some of its services, as the parent of fleets.
pub(super) fn parent_of<'a>(
    state: &'a StateFile,
    run: &Run,
    infrastructure: &dyn Infrastructure,
    only: Option<ScalerServices>,
) -> Parent<'a> {
    let clouds = clouds_of(run).into_iter().map(|name| {
        let cloud = infrastructure.cloud(&name);
        (name, cloud)
    });
    Parent {
        label: format!("run {}", run.name),
        tag: run.id.clone(),
        state,
        clouds: clouds.collect(),
        only,
        again: format!("hoist plan terminate {}", run.name),
    }
}

impl<'a> FleetsFirst<'a> {
    /// Looks for the fleets of what of a run is going. None if there can be none.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub(super) async fn of(
        operation: Operation<'a>,
        state: &'a StateFile,
        run: &Run,
        infrastructure: &dyn Infrastructure,
        going: Going,
    ) -> Result<Option<Self>, CommandError> {
        let mut parent = parent_of(state, run, infrastructure, None);
        let recorded = parent.recorded()?;
        if !going.concerns(run, !recorded.is_empty()) {
            return Ok(None);
        }
        let Going { only, force, is_for_good, again } = going;
        let ends = |service: &str| only.as_ref().is_none_or(|only| only.names.contains(service));
        let scalers = scalers_of(run).filter(|service| ends(service)).map(str::to_owned).collect();
        (parent.only, parent.again) = (only, again);
        let seen = Dependents::among(&parent, &recorded).await;
        let end = DependentsEnd { operation, parent, now: force };
        Ok(Some(Self { end, seen, is_for_good, scalers, quiet_since: None }))
    }

    /// Tells which workers will end.
    pub(super) fn announce(&self) {
        let (user, label) = (self.end.operation.user, &self.end.parent.label);
        if self.has_any() {
            for (cloud, error) in &self.seen.silent {
                let why = &error.message;
                user.note(&format!("{cloud} does not tell now which workers of fleets of {label} it has: {why}"));
            }
        }
        if !self.scalers.is_empty() {
            user.tell(&format!("first the scalers on {} will be stopped", some_of(&self.scalers)));
        }
        self.seen.announce(user, label);
        if !self.end.now && !self.seen.fleets.is_empty() {
            let force = if self.is_for_good { "; --force ends them with their workers" } else { "" };
            user.tell(&format!("  where a scaler runs, jobs may finish first{force}"));
        }
    }

    /// Returns the number of workers that were seen.
    pub(super) fn workers(&self) -> usize {
        self.seen.workers()
    }

    /// Ends the fleets that are recorded here, then all workers of the run on its clouds, and proves it.
    ///
    /// # Errors
    /// Workers are not proved gone, and the run's machines are to stay for that; or the user stops waiting.
    pub(super) async fn end(
        &mut self,
        run: &Run,
        infrastructure: &Arc<dyn Infrastructure>,
        stops: &mut Stops,
    ) -> Result<Ended, CommandError> {
        let mut ended = self.end.end_fleets(stops).await?;
        if !self.is_for_good {
            self.tell_what_begins_anew();
        }
        let are_stopped = self.stop_scalers(run, infrastructure).await;
        // Workers of fleets that nobody is known to run have a scaler somewhere.
        let is_quiet = are_stopped && (!self.scalers.is_empty() || self.seen.others.is_empty());
        self.quiet_since = is_quiet.then(Instant::now);
        let others = self.end.end_workers(stops).await?;
        let remains = [ended.remains.as_slice(), &others.remains].concat();
        // A cloud that does not answer is told of by the end of the run's own machines.
        let is_known = self.has_any() || ended.workers + others.workers > 0;
        if !remains.is_empty() && is_known && !self.end.now {
            return Err(self.end.not_proved(&remains));
        }
        // The clouds are asked again when the run's machines are gone.
        ended.workers += others.workers;
        Ok(ended)
    }

    /// Tells how fleets begin anew whose scalers run on no machine of the run.
    fn tell_what_begins_anew(&self) {
        for fleet in self.seen.fleets.iter().filter(|fleet| fleet.parent_service.is_none()) {
            let (name, path) = (&fleet.id.name, fleet.path.display().to_string());
            let command = format!("hoist elastic run --config {}", printable(&path));
            self.end.operation.user.tell(&format!("fleet {name} begins anew with `{command}` once the run is up"));
        }
    }

    /// Stops the scalers on machines of the run. One that cannot be stopped is told of: its workers are ended by their
    /// tag, and looked for again when its machine is gone. Returns whether all are stopped.
    async fn stop_scalers(&self, run: &Run, infrastructure: &Arc<dyn Infrastructure>) -> bool {
        let user = self.end.operation.user;
        let mut are_stopped = true;
        for ScalerStop { service, problem } in stop_scalers(run, &self.scalers, infrastructure).await {
            match problem {
                None => user.tell(&format!("{service}: no scaler runs there now")),
                Some(problem) => {
                    are_stopped = false;
                    user.warn(&format!(
                        "the scaler of {service} is not known to be stopped: {}; it ends with its machine",
                        printable(&problem)
                    ));
                }
            }
        }
        are_stopped
    }

    /// Does the same where no machine of the run is left that could stay.
    ///
    /// # Errors
    /// The user stops waiting.
    pub(super) async fn end_all(&self, stops: &mut Stops) -> Result<Ended, CommandError> {
        let mut ended = self.end.end_fleets(stops).await?;
        ended.add(self.end.end_workers(stops).await?);
        Ok(ended)
    }

    /// Ends the workers that appear when the run's machines are gone.
    ///
    /// # Errors
    /// The user stops waiting.
    pub(super) async fn end_late(&self, stops: &mut Stops) -> Result<Ended, CommandError> {
        let gone_since = Instant::now();
        let first = self.end.end_workers(stops).await?;
        match self.has_any() || first.workers > 0 {
            true if first.remains.is_empty() => {
                let second = self.end.end_late_workers(self.quiet_since.unwrap_or(gone_since), stops).await?;
                Ok(Ended { workers: first.workers + second.workers, remains: second.remains })
            }
            true => Ok(first),
            false => Ok(Ended::default()),
        }
    }

    /// Whether fleets or scalers of the run are known.
    fn has_any(&self) -> bool {
        !self.seen.is_none() || !self.scalers.is_empty()
    }
}
