//! The local requirements of a command, checked before anything is touched: secrets, programs, templates, user data.
//!
//! A missing requirement says nothing about the machines.

use std::collections::BTreeSet;

use super::failure::Stage;
use super::goal::Goal;
use super::phase::Phase;
use super::required_files::RequiredFiles;
use super::run::Run;
use super::secrets;
use crate::diagnostics::Diagnostic;
use crate::plan::{OnFailure, Plan, ProgramKind, SecretSource, Service};

/// The requirements of a command, from the actions that it may take on each service.
#[derive(Clone, Debug, Default)]
pub struct Prerequisites<'a> {
    launched: Vec<&'a Service>,
    run: Vec<Use<'a>>,
    secrets: Vec<&'a SecretSource>,
}

/// A program that may run.
#[derive(Clone, Copy, Debug)]
struct Use<'a> {
    service: &'a Service,
    kind: ProgramKind,
    /// Whether a program of the service ran before on this machine: then its local requirements must be met.
    ran_here: bool,
}

impl<'a> Prerequisites<'a> {
    /// Collects the requirements of a command that may replace any service of the run.
    pub fn of_replacing(run: &'a Run) -> Self {
        let mut needs = Self::of_raising(&run.plan);
        let all: Vec<usize> = (0..run.records().len()).collect();
        needs.add_farewells(run, all);
        needs.where_it_ran(run)
    }

    /// Collects the requirements of a command that may raise any service of the plan.
    pub fn of_raising(plan: &'a Plan) -> Self {
        let mut needs = Self { secrets: secrets_of(plan), ..Self::default() };
        for (_, service) in plan.services() {
            needs.add_launch(service);
            needs.add_program(service, ProgramKind::Boot);
            needs.add_program(service, ProgramKind::Ready);
        }
        needs
    }

    /// Collects the requirements of `resume`: those of the run's remaining work.
    pub fn of_resuming(run: &'a Run) -> Self {
        let going = |position: &usize| run.record(*position).phase.is_going();
        match &run.goal {
            // A forced tear-down needs nothing.
            Some(Goal::Down { force: true }) => return Self::default(),
            Some(Goal::Down { .. }) => return Self::of_ending(run),
            Some(Goal::Reload { plan, condemned, .. }) => {
                let going = (0..run.records().len()).filter(going).map(|position| run.service(position).name.as_str());
                let ends = going.chain(condemned.iter().map(String::as_str));
                return Self::of_raising(plan).and(Self::of_farewells(run, ends.collect::<BTreeSet<_>>()));
            }
            _ => {}
        }
        let mut needs = Self { secrets: secrets_of(&run.plan), ..Self::default() };
        for (position, record) in run.records().iter().enumerate() {
            let service = run.service(position);
            let (launches, boots) = match &record.phase {
                Phase::Ready { .. } => continue,
                Phase::Booted | Phase::Checking(_) => (false, false),
                Phase::Failed(failure) if failure.stage == Stage::Ready => (false, false),
                Phase::Failed(failure) => (failure.stage == Stage::Launch, true),
                Phase::Launched | Phase::Reachable | Phase::Booting(_) => (false, true),
                Phase::Pending
                | Phase::Launching(_)
                | Phase::Lost(_)
                | Phase::Terminating(_)
                | Phase::Terminated { .. } => (true, true),
            };
            if launches {
                needs.add_launch(service);
            }
            if boots {
                needs.add_program(service, ProgramKind::Boot);
            }
            needs.add_program(service, ProgramKind::Ready);
        }
        needs.add_farewells(run, (0..run.records().len()).filter(going));
        needs.where_it_ran(run).without_idle_secrets()
    }

    /// Collects the requirements of bringing these services down.
    pub fn of_farewells(run: &'a Run, services: impl IntoIterator<Item = &'a str>) -> Self {
        let mut needs = Self { secrets: secrets_of(&run.plan), ..Self::default() };
        let positions: Vec<usize> = services.into_iter().filter_map(|name| run.position(name)).collect();
        needs.add_farewells(run, positions);
        needs.where_it_ran(run).without_idle_secrets()
    }

    /// Collects the requirements of bringing everything down: only those of terminate programs whose failure would keep
    /// their machine.
    pub fn of_ending(run: &'a Run) -> Self {
        let mut needs = Self { secrets: secrets_of(&run.plan), ..Self::default() };
        let keeps = |position: &usize| {
            let program = run.service(*position).programs.terminate.as_ref();
            program.is_some_and(|program| program.on_failure == OnFailure::Keep)
        };
        needs.add_farewells(run, (0..run.records().len()).filter(keeps));
        needs.where_it_ran(run).without_idle_secrets()
    }

    /// Joins both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.launched.extend(other.launched);
        self.run.extend(other.run);
        self.secrets.extend(other.secrets);
        self
    }

    /// Returns the services of which a program may run.
    pub fn services(&self) -> impl Iterator<Item = &'a Service> {
        self.run.iter().map(|one| one.service)
    }

    /// Returns the missing requirements, each once.
    pub fn lacks(&self) -> Vec<Diagnostic> {
        let sources: BTreeSet<_> = self.secrets.iter().collect();
        let unread = sources.into_iter().filter_map(|source| secrets::read(source).err());
        let mut lacks: Vec<Diagnostic> = unread.map(|error| error.during_a_run()).collect();
        let mut files = RequiredFiles::default();
        self.launched.iter().for_each(|service| files.look_at_user_data(service));
        self.run.iter().for_each(|&Use { service, kind, ran_here }| files.look_at_program(service, kind, ran_here));
        lacks.extend(files.into_diagnostics());
        lacks
    }

    fn add_launch(&mut self, service: &'a Service) {
        if service.launch.is_some() {
            self.launched.push(service);
        }
    }

    fn add_program(&mut self, service: &'a Service, kind: ProgramKind) {
        if kind.of(&service.programs).is_some() {
            self.run.push(Use { service, kind, ran_here: false });
        }
    }

    /// Adds terminate programs that will run: those of services whose boot program was begun, and that are not gone.
    fn add_farewells(&mut self, run: &'a Run, positions: impl IntoIterator<Item = usize>) {
        for position in positions {
            let record = run.record(position);
            let ended = match &record.phase {
                Phase::Lost(_) | Phase::Terminated { .. } => true,
                Phase::Terminating(farewell) => farewell.program_ended && farewell.program_failure.is_none(),
                _ => false,
            };
            if record.boot_begun && !ended {
                self.add_program(run.service(position), ProgramKind::Terminate);
            }
        }
    }

    /// Marks the programs of services that ran on this machine before.
    fn where_it_ran(mut self, run: &Run) -> Self {
        for one in &mut self.run {
            let record = run.position(&one.service.name).map(|position| run.record(position));
            let ran = record.is_some_and(|it| it.boot_begun || matches!(it.phase, Phase::Ready { .. }));
            one.ran_here = ran && run.plan.runs_here(one.service);
        }
        self
    }

    /// Drops the secrets if no program runs.
    fn without_idle_secrets(mut self) -> Self {
        if self.run.is_empty() {
            self.secrets.clear();
        }
        self
    }
}

fn secrets_of(plan: &Plan) -> Vec<&SecretSource> {
    plan.services().flat_map(|(_, service)| service.secrets.values()).collect()
}
