//! Announces what the driver is about to do: what must be in the journal before it is done, and the work itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::backoff::Backoff;
use super::cloud::{Cloud, CloudError};
use super::decide::{Action, Step, decide};
use super::driver::{Driver, DriverError, Outcome, Work};
use super::event::{Change, Event, Failure, ProgramKind, Stage};
use super::host::Host;
use super::launch::Launch;
use super::machine::{launch_request, launch_token, machine_of};
use super::observe::{Look, Waiting};
use super::offers::exhausted;
use super::phase::Phase;
use super::program::Staged;
use super::proof;
use super::removal::{Doomed, Removal};
use super::work;

/// Work that was announced, with the actions that it carries out.
pub(super) type Starting = Vec<(Vec<Action>, Work)>;

impl Driver<'_> {
    /// Records what follows without doing anything, then what is about to be done; gives that, not committed yet.
    pub(super) fn announce(&mut self) -> Result<Starting, DriverError> {
        let wanted = loop {
            let mut noted = false;
            let mut wanted = Vec::new();
            for step in decide(&self.run) {
                match step {
                    Step::Note(position, change) => {
                        self.change(position, change)?;
                        noted = true;
                    }
                    Step::ReplacePlan => {
                        self.record(Event::PlanReplaced)?;
                        self.places.adopt(&self.run.plan);
                        self.clouds.clear();
                        noted = true;
                    }
                    Step::Do(action) if self.under_way.contains(&action) => {}
                    Step::Do(action) => wanted.push(action),
                }
            }
            if !noted {
                break wanted;
            }
        };
        let mut starting = Vec::new();
        let mut launches = Vec::new();
        let mut removals = Vec::new();
        let mut others = Vec::new();
        for action in wanted {
            match action {
                Action::Launch(position) => launches.push(position),
                Action::Remove(position) => removals.push(position),
                Action::Observe(cloud) => self.announce_look(cloud, &mut starting),
                Action::ProveGone if !self.remains.is_empty() => {}
                Action::ProveGone => self.announce_proof(&mut starting),
                other => others.push(other),
            }
        }
        // Machines first: they are what takes longest.
        self.announce_launches(launches, &mut starting)?;
        self.announce_removals(removals, &mut starting)?;
        for action in others {
            if !self.has_room(&starting) {
                break;
            }
            match action {
                Action::Reach(position) => self.announce_reach(position, &mut starting)?,
                Action::Boot(position) => self.announce_program(position, ProgramKind::Boot, &mut starting)?,
                Action::Check(position) => self.announce_program(position, ProgramKind::Ready, &mut starting)?,
                Action::Farewell(position) => self.announce_program(position, ProgramKind::Terminate, &mut starting)?,
                Action::Launch(_) | Action::Remove(_) | Action::Observe(_) | Action::ProveGone => {}
            }
        }
        Ok(starting)
    }

    /// Whether one more may be under way. Looks do not count: a machine that never comes up would keep all others waiting.
    fn has_room(&self, starting: &Starting) -> bool {
        let counted = starting.iter().filter(|(actions, _)| actions.iter().any(Action::is_counted)).count();
        self.busy + counted < self.options.max_concurrency
    }

    /// Joins equal machines to one call each; a call that was announced before is repeated as it was.
    fn announce_launches(&mut self, positions: Vec<usize>, starting: &mut Starting) -> Result<(), DriverError> {
        let mut repeated: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut fresh: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for position in positions {
            if let Phase::Launching(intent) = &self.run.record(position).phase {
                repeated.entry(intent.token.clone()).or_default().push(position);
                continue;
            }
            let cloud = self.run.service(position).cloud.clone();
            let now = self.clock.now();
            let chosen = machine_of(&self.run, position).and_then(|machine| {
                machine.lease.map_or(Ok(()), |lease| lease.check(now)).map_err(|problem| {
                    Failure::new(Stage::Launch, problem).hint(Some("`hoist plan reload PLAN --lease …` sets another"))
                })?;
                let declined = &self.run.record(position).declined;
                let offers =
                    self.cooling.choose(&cloud, &machine.offers, declined).map_err(|tried| exhausted(&tried))?;
                Ok((machine, offers))
            });
            match chosen {
                Ok((machine, offers)) => fresh.entry((cloud, machine, offers)).or_default().push(position),
                Err(failure) => self.change(position, Change::Failed { failure })?,
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
                    let failure = Failure::new(Stage::Launch, error.message).hint(error.hint);
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
                self.record(Event::LaunchIntended { token, cloud: name, services, owner, offers, expires_at })?;
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
        machine: super::Machine,
        repeated: bool,
        starting: &mut Starting,
    ) {
        let intent_of = |position: usize| match &self.run.record(position).phase {
            Phase::Launching(intent) => Some(intent),
            _ => None,
        };
        let Some(intent) = intent_of(positions[0]) else { return };
        let Some(request) = launch_request(&self.run, &intent.token, machine, repeated) else { return };
        let wanted = positions.iter().filter_map(|&position| Some((position, intent_of(position)?.slot))).collect();
        let id_of = |name: &String| Some(self.run.record(self.run.position(name)?).instance_id()?.to_owned());
        let kept = request.services.iter().filter_map(id_of).collect();
        let launch = Launch { cloud, request, wanted, kept, repeated };
        let actions = positions.iter().map(|&position| Action::Launch(position)).collect();
        starting.push((actions, Box::pin(launch.carry_out())));
    }

    /// A launch that cannot be repeated now is not forgotten: its machine may exist.
    fn fail_unanswered(&mut self, positions: &[usize], failure: &Failure) -> Result<(), DriverError> {
        for &position in positions {
            let Phase::Launching(intent) = &self.run.record(position).phase else { continue };
            let failure = Failure { unanswered: Some(Box::new(intent.clone())), ..failure.clone() };
            self.change(position, Change::Failed { failure })?;
        }
        Ok(())
    }

    fn fail_all(&mut self, positions: &[usize], stage: Stage, error: &CloudError) -> Result<(), DriverError> {
        for &position in positions {
            let failure = Failure::new(stage, error.message.clone()).hint(error.hint.clone());
            let change = match stage {
                Stage::Terminate => Change::TerminateFailed { failure },
                _ => Change::Failed { failure },
            };
            self.change(position, change)?;
        }
        Ok(())
    }

    /// One look at all machines of this cloud that are coming up.
    fn announce_look(&mut self, cloud_name: String, starting: &mut Starting) {
        let action = Action::Observe(cloud_name.clone());
        if starting.iter().any(|(actions, _)| actions.contains(&action)) {
            return;
        }
        // A cloud that could launch can be had.
        let Ok(cloud) = self.cloud(&cloud_name) else { return };
        let waiting =
            (0..self.run.records().len()).filter_map(|position| self.waiting(position, &cloud_name)).collect();
        let capabilities = cloud.capabilities();
        let pause = self
            .looks
            .entry(cloud_name)
            .or_insert_with_key(|name| Backoff::new(capabilities.poll_first, capabilities.poll_longest, name))
            .pause();
        let look = Look { cloud, run_id: self.run.id.clone(), pause, clock: self.clock, waiting };
        starting.push((
            vec![action],
            Box::pin(async { Outcome { changes: look.carry_out().await, ..Outcome::default() } }),
        ));
    }

    fn waiting(&self, position: usize, cloud_name: &str) -> Option<Waiting> {
        let record = self.run.record(position);
        let owned = record.instance.as_ref()?;
        let waits = matches!(record.phase, Phase::Launched) && record.address.is_none() && owned.cloud == cloud_name;
        waits.then_some(())?;
        Some(Waiting {
            position,
            instance_id: owned.id.clone()?,
            launched_at: record.since,
            timeout: self.run.service(position).timeout,
        })
    }

    fn announce_reach(&mut self, position: usize, starting: &mut Starting) -> Result<(), DriverError> {
        match self.host_of(position) {
            Ok((_, address)) if self.is_only_launched(position) => self.change(position, Change::Reachable { address }),
            Ok((host, address)) => {
                let timeout = self.run.service(position).timeout;
                starting.push((vec![Action::Reach(position)], Box::pin(work::reach(position, host, address, timeout))));
                Ok(())
            }
            Err(reason) => self.change(position, Change::Failed { failure: Failure::new(Stage::Reach, reason) }),
        }
    }

    fn announce_program(
        &mut self,
        position: usize,
        kind: ProgramKind,
        starting: &mut Starting,
    ) -> Result<(), DriverError> {
        match (kind, &self.run.record(position).phase) {
            (ProgramKind::Boot, Phase::Reachable) => self.change(position, Change::BootStarted)?,
            (ProgramKind::Ready, Phase::Booted) => self.change(position, Change::CheckStarted)?,
            _ => {}
        }
        match self.stage(position, kind) {
            Ok((staged, host, optional)) => {
                let action = match kind {
                    ProgramKind::Boot => Action::Boot(position),
                    ProgramKind::Ready => Action::Check(position),
                    ProgramKind::Terminate => Action::Farewell(position),
                };
                let told = self.told.clone();
                starting.push((vec![action], Box::pin(work::program(position, staged, host, optional, told))));
                Ok(())
            }
            Err(failure) => self.change(position, work::program_failed(kind, failure)),
        }
    }

    fn stage(&mut self, position: usize, kind: ProgramKind) -> Result<(Staged, Arc<dyn Host>, bool), Failure> {
        let stage = kind.stage();
        let execution = match &self.run.record(position).phase {
            Phase::Booting(execution) | Phase::Checking(execution) => *execution,
            Phase::Terminating(farewell) => farewell.execution(),
            phase => return Err(Failure::new(stage, format!("a {} service runs no {kind} program", phase.name()))),
        };
        let (host, _) = self.host_of(position).map_err(|reason| Failure::new(stage, reason))?;
        let Some(program) = kind.of(&self.run.service(position).programs) else {
            return Err(Failure::new(stage, format!("it has no {kind} program")));
        };
        let staged = Staged::prepare(&self.run, position, kind, program, execution)?;
        Ok((staged, host, program.optional))
    }

    /// Joins the machines of one cloud to one call; services without a machine are let go one by one.
    fn announce_removals(&mut self, positions: Vec<usize>, starting: &mut Starting) -> Result<(), DriverError> {
        let mut by_cloud: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for position in positions {
            match &self.run.record(position).instance {
                Some(owned) => by_cloud.entry(owned.cloud.clone()).or_default().push(position),
                None if !self.has_room(starting) => {}
                None => self.announce_release(position, starting),
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
                let left = batch.iter().filter_map(|&position| Some((position, self.traces_of(position)?))).collect();
                let machines: Vec<Doomed> = batch.iter().map(|&position| self.doomed(position)).collect();
                self.tell_of_doubts(&cloud_name, cloud.as_ref(), &machines);
                let (cloud, run_id, quiet_since) = (cloud.clone(), self.run.id.clone(), self.quiet_since);
                let removal = Removal { cloud, run_id, machines, quiet_since };
                let actions = batch.iter().map(|&position| Action::Remove(position)).collect();
                starting.push((actions, Box::pin(work::remove(removal, left))));
            }
        }
        Ok(())
    }

    /// Says why a tear-down takes its time where nobody knows whether a launch took effect.
    fn tell_of_doubts(&mut self, cloud_name: &str, cloud: &dyn Cloud, machines: &[Doomed]) {
        let in_doubt = machines.iter().filter(|it| it.in_doubt.is_some() && it.instance_id.is_none()).count();
        let grace = cloud.capabilities().visibility_grace.saturating_sub(self.quiet_since.elapsed()).as_secs();
        if in_doubt > 0 && grace > 0 {
            self.note(&format!(
                "a launch of {in_doubt} on {cloud_name} was never answered; what it made may be shown as late as {grace} s \
                 from now, so it is looked for until then"
            ));
        }
    }

    fn doomed(&self, position: usize) -> Doomed {
        let record = self.run.record(position);
        let in_doubt = match &record.phase {
            Phase::Terminating(farewell) => farewell.in_doubt.clone(),
            _ => None,
        };
        Doomed { position, instance_id: record.instance_id().map(str::to_owned), in_doubt }
    }

    fn announce_release(&mut self, position: usize, starting: &mut Starting) {
        let traces = self.traces_of(position);
        starting.push((vec![Action::Remove(position)], Box::pin(work::release(position, traces))));
    }

    /// Asks every cloud that the plan launches on whether anything of the run is left.
    fn announce_proof(&mut self, starting: &mut Starting) {
        let names: std::collections::BTreeSet<String> = self
            .run
            .plan
            .services()
            .filter(|(_, service)| service.launch.is_some())
            .map(|(_, service)| service.cloud.clone())
            .collect();
        let clouds: Vec<_> = names.into_iter().map(|name| (self.cloud(&name), name)).collect();
        let run_id = self.run.id.clone();
        starting.push((vec![Action::ProveGone], Box::pin(proof::prove_gone(clouds, run_id))));
    }
}
