//! Announces what the driver is about to do: what must be in the journal before it is done, and the work itself.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::action::Action;
use super::capacity_cooldown::exhausted;
use super::decide::{Decision, Outlook, decide, decide_some};
use super::driver::{Driver, DriverError};
use super::event::{Failure, RunEvent, ServiceEvent, Stage};
use super::launch::LaunchTask;
use super::launch_request::{launch_request, launch_token, machine_of};
use super::phase::Phase;
use super::poll_instances::{InstancePoll, PendingInstance};
use super::recheck::clouds_of;
use super::retry::WaitReporter;
use super::scheduled_tasks::ScheduledTasks;
use super::stop::unless_stopped;
use super::task_result::TaskResult;
use super::tasks;
use super::terminate::{Termination, TerminationTarget};
use super::verify_gone;
use crate::plan::ProgramKind;
use crate::provider::{Cloud, CloudError};
use crate::retry::Backoff;

/// The most services of a run whose agenda is compared with a decision about everything, in builds that check
/// themselves.
const CHECKED: usize = 64;

impl Driver<'_> {
    /// Records what follows without doing anything, then what is about to be done; gives that, not committed yet.
    pub(super) fn announce(&mut self) -> Result<ScheduledTasks, DriverError> {
        let mut starting = ScheduledTasks::default();
        for action in self.decide()? {
            match action {
                Action::Observe(cloud) => self.schedule_poll(cloud, &mut starting),
                Action::ProveGone if self.remains.is_empty() => self.schedule_verification(&mut starting),
                _ => {}
            }
        }
        debug_assert!(self.agenda_is_complete(), "a step was overlooked");
        // Machines first: they are what takes longest.
        if self.has_room(&starting) {
            self.schedule_launches(self.agenda.launches.iter().copied().collect(), &mut starting)?;
            self.schedule_terminations(self.agenda.removals.iter().copied().collect(), &mut starting)?;
        }
        while self.has_room(&starting)
            && let Some(action) = self.agenda.next()
        {
            match action {
                Action::Reach(position) => self.schedule_connect(position, &mut starting)?,
                Action::Boot(position) => self.schedule_program(position, ProgramKind::Boot, &mut starting)?,
                Action::Check(position) => self.schedule_program(position, ProgramKind::Ready, &mut starting)?,
                Action::RunTerminateProgram(position) => {
                    self.schedule_program(position, ProgramKind::Terminate, &mut starting)?
                }
                Action::Launch(_) | Action::Remove(_) | Action::Observe(_) | Action::ProveGone => {}
            }
        }
        starting.work.iter().flat_map(|(actions, _)| actions).for_each(|action| self.agenda.begun(action));
        Ok(starting)
    }

    /// Records what follows without doing anything, and puts on the agenda what is to be done to services; gives what
    /// is to be done for the run as a whole.
    fn decide(&mut self) -> Result<Vec<Action>, DriverError> {
        loop {
            let outlook = Outlook::of(&self.run);
            let positions = self.agenda.take(outlook, self.run.records().len());
            let mut general = Vec::new();
            for step in decide_some(&self.run, outlook, positions) {
                match step {
                    Decision::Record(position, change) => self.change(position, change)?,
                    Decision::ReplacePlan => {
                        self.record(RunEvent::PlanReplaced)?;
                        self.infrastructure.adopt(&self.run.plan);
                        self.clouds.clear();
                        self.blocked.clear();
                    }
                    Decision::Run(action) if self.under_way.contains(&action) || self.blocked.contains_key(&action) => {
                    }
                    Decision::Run(action) if action.position().is_some() => self.agenda.want(action),
                    Decision::Run(action) => general.push(action),
                }
            }
            if self.agenda.is_decided(Outlook::of(&self.run)) {
                return Ok(general);
            }
        }
    }

    /// Whether the agenda holds what a decision about every service gives; not asked where that would take long.
    fn agenda_is_complete(&self) -> bool {
        let wanted: HashSet<Action> = self.agenda.wanted().collect();
        let is_wanted = |step: &Decision| match step {
            Decision::Run(action) => {
                action.position().is_none()
                    || self.under_way.contains(action)
                    || self.blocked.contains_key(action)
                    || wanted.contains(action)
            }
            Decision::Record(..) | Decision::ReplacePlan => false,
        };
        self.run.records().len() > CHECKED || decide(&self.run).iter().all(is_wanted)
    }

    /// Whether one more may be under way. Looks do not count: a machine that never comes up would keep all others
    /// waiting.
    fn has_room(&self, starting: &ScheduledTasks) -> bool {
        self.busy + starting.counted() < self.options.max_concurrency
    }

    /// Joins equal machines to one call each; a call that was announced before is repeated as it was.
    fn schedule_launches(&mut self, positions: Vec<usize>, starting: &mut ScheduledTasks) -> Result<(), DriverError> {
        let mut repeated: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut fresh: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for position in positions {
            if let Phase::Launching(intent) = &self.run.record(position).phase {
                repeated.entry(intent.token.clone()).or_default().push(position);
                continue;
            }
            let cloud = self.run.service(position).cloud.clone();
            let now = self.clock.now();
            let machine = match machine_of(&self.run, position) {
                Ok(machine) => machine,
                Err(failure) => {
                    self.block(Action::Launch(position), failure);
                    continue;
                }
            };
            let chosen = (|| {
                machine.lease.map_or(Ok(()), |lease| lease.check(now)).map_err(|problem| {
                    Failure::new(Stage::Launch, problem.to_string())
                        .hint(Some("`hoist plan reload PLAN --lease …` sets another"))
                })?;
                let declined = &self.run.record(position).declined;
                let offers =
                    self.cooling.choose(&cloud, &machine.offers, declined).map_err(|tried| exhausted(&tried))?;
                Ok(offers)
            })();
            match chosen {
                Ok(offers) => fresh.entry((cloud, machine, offers)).or_default().push(position),
                Err(failure) => self.change(position, ServiceEvent::Failed { failure })?,
            }
        }
        for positions in repeated.into_values() {
            if !self.has_room(starting) {
                return Ok(());
            }
            let first = positions[0];
            let cloud_name =
                self.run.record(first).instance.as_ref().map(|owned| owned.cloud.clone()).unwrap_or_default();
            let prepared = self.cloud(&cloud_name).map(|cloud| (cloud, machine_of(&self.run, first)));
            match prepared {
                Ok((cloud, Ok(machine))) => self.begin_launch(cloud, &positions, machine, true, starting),
                Ok((_, Err(failure))) => self.fail_unanswered(&positions, &failure)?,
                Err(error) => {
                    let failure = Failure::of(Stage::Launch, &error);
                    self.fail_unanswered(&positions, &failure)?;
                }
            }
        }
        for ((cloud_name, machine, offers), positions) in fresh {
            let cloud = match self.cloud(&cloud_name) {
                Ok(cloud) => cloud,
                Err(error) => {
                    self.fail_all(&positions, Stage::Launch, &error)?;
                    continue;
                }
            };
            self.looks.remove(&cloud_name);
            for batch in positions.chunks(cloud.capabilities().max_batch.max(1)) {
                if !self.has_room(starting) {
                    return Ok(());
                }
                let token = launch_token(&self.run, batch);
                let services = batch.iter().map(|&position| self.run.service(position).name.clone()).collect();
                let owner = self.options.owner.clone();
                let (name, offers) = (cloud_name.clone(), offers.clone());
                let expires_at = machine.lease.map(|lease| lease.end(self.clock.now()));
                let state = self.state.clone();
                self.record(RunEvent::LaunchIntended {
                    token,
                    cloud: name,
                    services,
                    owner,
                    offers,
                    expires_at,
                    state,
                })?;
                self.begin_launch(cloud.clone(), batch, machine.clone(), false, starting);
            }
        }
        Ok(())
    }

    /// `repeated`: the call was announced by an earlier process, which may have made it.
    fn begin_launch(
        &mut self,
        cloud: Arc<dyn Cloud>,
        positions: &[usize],
        machine: crate::provider::InstanceSpec,
        repeated: bool,
        starting: &mut ScheduledTasks,
    ) {
        let intent_of = |position: usize| match &self.run.record(position).phase {
            Phase::Launching(intent) => Some(intent),
            _ => None,
        };
        let Some(intent) = intent_of(positions[0]) else { return };
        let Some(request) = launch_request(&self.run, &intent.token, machine, repeated) else { return };
        let wanted = positions.iter().filter_map(|&position| Some((position, intent_of(position)?.slot))).collect();
        let id_of = |name: &String| Some(self.run.record(self.run.position(name)?).instance_id()?.to_owned());
        let kept = request.slots.iter().filter_map(id_of).collect();
        let launch = LaunchTask { cloud, request, wanted, kept, repeated };
        let actions = positions.iter().map(|&position| Action::Launch(position)).collect();
        starting.push((actions, Box::pin(launch.carry_out())));
    }

    /// A launch that cannot be repeated now is not forgotten: its machine may exist.
    fn fail_unanswered(&mut self, positions: &[usize], failure: &Failure) -> Result<(), DriverError> {
        for &position in positions {
            let Phase::Launching(intent) = &self.run.record(position).phase else { continue };
            let failure = Failure { unanswered: Some(Box::new(intent.clone())), ..failure.clone() };
            self.change(position, ServiceEvent::Failed { failure })?;
        }
        Ok(())
    }

    fn fail_all(&mut self, positions: &[usize], stage: Stage, error: &CloudError) -> Result<(), DriverError> {
        for &position in positions {
            let failure = Failure::of(stage, error);
            let change = match stage {
                Stage::Terminate => ServiceEvent::TerminateFailed { failure },
                _ => ServiceEvent::Failed { failure },
            };
            self.change(position, change)?;
        }
        Ok(())
    }

    /// One look at all machines of this cloud that are coming up.
    fn schedule_poll(&mut self, cloud_name: String, starting: &mut ScheduledTasks) {
        // A cloud that could launch can be had.
        let Ok(cloud) = self.cloud(&cloud_name) else { return };
        let waiting = self.run.tally().waiting(&cloud_name).filter_map(|position| self.waiting(position)).collect();
        let capabilities = cloud.capabilities();
        let pause = self
            .looks
            .entry(cloud_name.clone())
            .or_insert_with_key(|name| Backoff::new(capabilities.poll_first, capabilities.poll_longest, name))
            .pause();
        let look = InstancePoll { cloud, run_id: self.run.id.clone(), pause, clock: self.clock, waiting };
        starting.push((
            vec![Action::Observe(cloud_name)],
            Box::pin(async { TaskResult { changes: look.carry_out().await, ..TaskResult::default() } }),
        ));
    }

    fn waiting(&self, position: usize) -> Option<PendingInstance> {
        let record = self.run.record(position);
        Some(PendingInstance {
            position,
            instance_id: record.instance_id()?.to_owned(),
            launched_at: record.since,
            timeout: self.run.service(position).timeout,
        })
    }

    fn schedule_connect(&mut self, position: usize, starting: &mut ScheduledTasks) -> Result<(), DriverError> {
        match self.host_of(position, Stage::Reach) {
            Ok((_, address)) if self.is_only_launched(position) => {
                self.change(position, ServiceEvent::Reachable { address })
            }
            Ok((host, address)) => {
                let timeout = self.run.service(position).timeout;
                let teller = WaitReporter { position, told: self.told.clone() };
                starting.push((vec![Action::Reach(position)], Box::pin(tasks::reach(teller, host, address, timeout))));
                Ok(())
            }
            Err(failure) => {
                self.block(Action::Reach(position), failure);
                Ok(())
            }
        }
    }

    /// Joins the machines of one cloud to one call; services without a machine are let go one by one.
    fn schedule_terminations(
        &mut self,
        positions: Vec<usize>,
        starting: &mut ScheduledTasks,
    ) -> Result<(), DriverError> {
        let mut by_cloud: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for position in positions {
            match &self.run.record(position).instance {
                Some(owned) => by_cloud.entry(owned.cloud.clone()).or_default().push(position),
                None if !self.has_room(starting) => {}
                None => self.schedule_release(position, starting)?,
            }
        }
        for (cloud_name, positions) in by_cloud {
            let cloud = match self.cloud(&cloud_name) {
                Ok(cloud) => cloud,
                Err(error) => {
                    self.fail_all(&positions, Stage::Terminate, &error)?;
                    continue;
                }
            };
            for batch in positions.chunks(cloud.capabilities().max_batch.max(1)) {
                if !self.has_room(starting) {
                    return Ok(());
                }
                let mut left = Vec::new();
                let mut removable = Vec::new();
                for &position in batch {
                    match self.traces_of(position) {
                        Ok(traces) => {
                            left.extend(traces.map(|traces| (position, traces)));
                            removable.push(position);
                        }
                        Err(failure) => self.change(position, ServiceEvent::TerminateFailed { failure })?,
                    }
                }
                if removable.is_empty() {
                    continue;
                }
                let batch = &removable;
                let machines: Vec<TerminationTarget> = batch.iter().map(|&position| self.doomed(position)).collect();
                self.note_indeterminate_launches(&cloud_name, cloud.as_ref(), &machines);
                let (cloud, run_id, quiet_since) = (cloud.clone(), self.run.id.clone(), self.quiet_since);
                let (cloud_name, told) = (cloud_name.clone(), self.told.clone());
                let stopping = self.stopping.subscribe();
                let removal = Termination { cloud, cloud_name, run_id, machines, quiet_since, told, stopping };
                let actions = batch.iter().map(|&position| Action::Remove(position)).collect();
                starting.push((actions, Box::pin(tasks::remove(removal, left))));
            }
        }
        Ok(())
    }

    /// Says why a tear-down takes its time where nobody knows whether a launch took effect.
    fn note_indeterminate_launches(&mut self, cloud_name: &str, cloud: &dyn Cloud, machines: &[TerminationTarget]) {
        let in_doubt = machines.iter().filter(|it| it.in_doubt.is_some() && it.instance_id.is_none()).count();
        let grace = cloud.capabilities().consistency_window.saturating_sub(self.quiet_since.elapsed()).as_secs();
        if in_doubt > 0 && grace > 0 {
            self.note(&format!(
                "a launch of {in_doubt} on {cloud_name} was never answered; what it made may be shown as late as {grace} s \
                 from now, so it is looked for until then"
            ));
        }
    }

    fn doomed(&self, position: usize) -> TerminationTarget {
        let record = self.run.record(position);
        let in_doubt = match &record.phase {
            Phase::Terminating(farewell) => farewell.in_doubt.clone(),
            _ => None,
        };
        TerminationTarget { position, instance_id: record.instance_id().map(str::to_owned), in_doubt }
    }

    fn schedule_release(&mut self, position: usize, starting: &mut ScheduledTasks) -> Result<(), DriverError> {
        match self.traces_of(position) {
            Ok(traces) => {
                starting.push((vec![Action::Remove(position)], Box::pin(tasks::release(position, traces))));
                Ok(())
            }
            Err(failure) => self.change(position, ServiceEvent::TerminateFailed { failure }),
        }
    }

    /// Asks every cloud that the plan launches on whether anything of the run is left.
    fn schedule_verification(&mut self, starting: &mut ScheduledTasks) {
        let clouds: Vec<_> = clouds_of(&self.run).into_iter().map(|name| (self.cloud(&name), name)).collect();
        let run_id = self.run.id.clone();
        let mut stopping = self.stopping.subscribe();
        let proof = async move {
            // What it removed and who answered is asked again by the next one.
            unless_stopped(&mut stopping, verify_gone::verify_gone(clouds, run_id)).await.unwrap_or_default()
        };
        starting.push((vec![Action::ProveGone], Box::pin(proof)));
    }
}
