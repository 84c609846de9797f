//! Drives a run: one loop that owns the journal, decides, and lets actions run side by side.
//!
//! Each turn takes what happened, decides what follows, announces what will be done, commits all of that at once, and
//! only then starts it. Events that arrive while a commit is under way share the next one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::action::Action;
use super::agenda::Agenda;
use super::capacity_cooldown::CapacityCooldown;
use super::drive_result::DriveResult;
use super::event::{Failure, Goal, JournalEntry, RunEvent, ServiceEvent};
use super::mask::Mask;
use super::observer::Observer;
use super::phase::IllegalEvent;
use super::remain::Remain;
use super::run::Run;
use super::scheduled_tasks::ScheduledTasks;
use super::secrets::Secrets;
use super::stop::StopRequest;
use super::store::{Batch, JournalError, ProgramOutput, RunJournal};
use super::task_result::{TaskFuture, TaskResult};
use crate::provider::{Clock, Cloud, Infrastructure};
use crate::retry::Backoff;

/// Raises, checks and lowers one run.
pub struct Driver<'a> {
    pub(super) run: Run,
    pub(super) infrastructure: Arc<dyn Infrastructure>,
    pub(super) clouds: HashMap<String, Arc<dyn Cloud>>,
    pub(super) looks: HashMap<String, Backoff>,
    pub(super) cooling: CapacityCooldown,
    /// Which state file machines are tagged with.
    pub(super) state: Option<String>,
    /// Since when no launch call of this run has been under way: this process holds the run, and made none since.
    pub(super) quiet_since: Instant,
    pub(super) options: DriverOptions,
    pub(super) clock: Clock,
    pub(super) told: mpsc::UnboundedSender<TaskResult>,
    pub(super) under_way: HashSet<Action>,
    /// What cannot be done for a reason that is on this side: not tried again by this driver.
    pub(super) blocked: HashMap<Action, Failure>,
    /// The terminate programs that failed while it drove.
    pub(super) farewells: Vec<(String, Failure)>,
    /// The services that were found ready while it drove.
    pub(super) proved: HashSet<String>,
    pub(super) agenda: Agenda,
    /// Tells what is under way that somebody wants a stop.
    pub(super) stopping: watch::Sender<StopRequest>,
    running: JoinSet<TaskResult>,
    /// How many of those count towards the limit.
    pub(super) busy: usize,
    tellings: mpsc::UnboundedReceiver<TaskResult>,
    handles: HashMap<Id, (Vec<Action>, AbortHandle)>,
    store: Arc<dyn RunJournal>,
    observer: &'a mut dyn Observer,
    pub(super) remains: Vec<Remain>,
    uncommitted: Vec<JournalEntry>,
    outputs: Vec<ProgramOutput>,
    secrets: Secrets,
    /// Takes the secrets out of everything that is recorded and told.
    mask: Mask,
}

/// What a driver needs beside the run.
pub struct DriverOptions {
    /// Goes into the `hoist:owner` tag.
    pub owner: String,
    /// The most programs and calls at once; looks at machines that come up do not count.
    pub max_concurrency: usize,
}

/// Why the driver could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// Nothing could be recorded any more.
    #[error(transparent)]
    Store(#[from] JournalError),
    /// The journal would have become illegal.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
    /// A task of ours died.
    #[error("a part of hoist failed ({0}); what was recorded is safe, and `hoist plan resume` goes on")]
    Defect(String),
}

impl<'a> Driver<'a> {
    /// A driver for `run`, whose lock `store` holds.
    pub fn new(
        run: Run,
        store: Arc<dyn RunJournal>,
        infrastructure: Arc<dyn Infrastructure>,
        observer: &'a mut dyn Observer,
        options: DriverOptions,
    ) -> Self {
        let (told, tellings) = mpsc::unbounded_channel();
        let secrets = Secrets::readable(run.secrets());
        let mask = secrets.mask_for(run.plan.services().map(|(_, service)| service));
        Self {
            run,
            infrastructure,
            clouds: HashMap::new(),
            looks: HashMap::new(),
            cooling: CapacityCooldown::default(),
            state: None,
            quiet_since: Instant::now(),
            options,
            clock: Clock::start(),
            told,
            under_way: HashSet::new(),
            blocked: HashMap::new(),
            farewells: Vec::new(),
            proved: HashSet::new(),
            agenda: Agenda::default(),
            stopping: watch::Sender::new(StopRequest::None),
            running: JoinSet::new(),
            busy: 0,
            tellings,
            handles: HashMap::new(),
            store,
            observer,
            remains: Vec::new(),
            uncommitted: Vec::new(),
            outputs: Vec::new(),
            mask,
            secrets,
        }
    }

    /// Tags what is launched from here on with this state file, which records the run.
    pub fn tag_state(&mut self, identity: String) {
        self.state = Some(identity);
    }

    /// What is left beside the machines of the run's services, or could not be asked about.
    pub fn remains(&self) -> &[Remain] {
        &self.remains
    }

    /// The run as it is now.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Sets what the run works towards. Committed with the first turn of [`Driver::drive`].
    pub fn set_goal(&mut self, goal: Goal) -> Result<(), DriverError> {
        self.record(RunEvent::Goal { goal })
    }

    /// Records a change that a command asks for, such as [`ServiceEvent::Retried`]. Committed with the first turn.
    pub fn change(&mut self, position: usize, mut change: ServiceEvent) -> Result<(), DriverError> {
        if let Some(failure) = change.failure_mut() {
            failure.put_in_words_of(self.run.plan.notation());
        }
        let service = self.run.service(position).name.clone();
        match &change {
            ServiceEvent::TerminateProgramEnded { failure: Some(failure) } => {
                self.farewells.push((service.clone(), failure.clone()));
            }
            ServiceEvent::Ready { .. } => drop(self.proved.insert(service.clone())),
            _ => {}
        }
        self.record(RunEvent::Service { service, change })
    }

    /// Works until nothing more can be done, or until `stop` says so.
    pub async fn drive(&mut self, mut stop: watch::Receiver<StopRequest>) -> Result<DriveResult, DriverError> {
        let mut stopping = StopRequest::None;
        loop {
            let starting = if stopping == StopRequest::None { self.announce()? } else { ScheduledTasks::default() };
            let idle = starting.work.is_empty() && self.uncommitted.is_empty() && self.outputs.is_empty();
            if let Err(error) = self.commit().await {
                self.settle(&mut stop).await;
                return Err(error);
            }
            for (actions, work) in starting.work {
                self.start(actions, work);
            }
            if self.running.is_empty() && (idle || stopping != StopRequest::None) {
                return Ok(match stopping {
                    StopRequest::None => DriveResult::at_rest(&self.run, !self.blocked.is_empty()),
                    _ => DriveResult::Interrupted,
                });
            }
            // What was announced may have failed at once, or have been done already.
            if self.running.is_empty() || (stopping == StopRequest::None && self.agenda.has_changes()) {
                continue;
            }
            tokio::select! {
                biased;
                changed = stop.wait_for(|wanted| *wanted > stopping) => {
                    if let Ok(wanted) = changed {
                        stopping = *wanted;
                        if stopping == StopRequest::Immediate {
                            return Ok(DriveResult::Interrupted);
                        }
                        self.abandon_programs();
                        self.stopping.send_replace(stopping);
                    } else {
                        // Nobody can ask for a stop any more: wait for work alone.
                        self.wait_next().await?;
                    }
                }
                result = self.wait_next() => result?,
            }
        }
    }

    /// Lets the calls that create and destroy end where nothing can be recorded any more: what they did is kept in the
    /// run as it is here, so that it can be told.
    async fn settle(&mut self, stop: &mut watch::Receiver<StopRequest>) {
        if !self.store.outlives_failure() {
            return;
        }
        self.abandon_programs();
        while !self.running.is_empty() {
            tokio::select! {
                Ok(_) = stop.wait_for(|wanted| *wanted == StopRequest::Immediate) => return,
                Some(joined) = self.running.join_next_with_id() => {
                    // What does not fit the journal any more was not to be told of.
                    let _ = self.apply_finished(joined);
                }
            }
        }
    }

    fn start(&mut self, actions: Vec<Action>, work: TaskFuture) {
        self.under_way.extend(actions.iter().cloned());
        self.busy += usize::from(actions.iter().any(Action::is_counted));
        let handle = self.running.spawn(work);
        self.handles.insert(handle.id(), (actions, handle));
    }

    /// Waits for something to happen, and takes everything that has happened by then.
    async fn wait_next(&mut self) -> Result<(), DriverError> {
        tokio::select! {
            Some(told) = self.tellings.recv() => self.take(told)?,
            Some(joined) = self.running.join_next_with_id() => self.apply_finished(joined)?,
        }
        while let Ok(told) = self.tellings.try_recv() {
            self.take(told)?;
        }
        while let Some(joined) = self.running.try_join_next_with_id() {
            self.apply_finished(joined)?;
        }
        Ok(())
    }

    fn apply_finished(&mut self, joined: Result<(Id, TaskResult), JoinError>) -> Result<(), DriverError> {
        // What a task told on its way comes before how it ended.
        while let Ok(told) = self.tellings.try_recv() {
            self.take(told)?;
        }
        let (id, outcome) = match joined {
            Ok((id, outcome)) => (id, Some(outcome)),
            Err(error) if error.is_cancelled() => (error.id(), None),
            Err(error) => return Err(DriverError::Defect(error.to_string())),
        };
        if let Some((actions, _)) = self.handles.remove(&id) {
            if actions.iter().any(|action| matches!(action, Action::Launch(_))) {
                self.quiet_since = Instant::now();
            }
            self.busy -= usize::from(actions.iter().any(Action::is_counted));
            actions.iter().for_each(|action| {
                self.under_way.remove(action);
                // It may be wanted again, also where nothing came of it.
                if let Some(position) = action.position() {
                    self.agenda.mark(position);
                }
            });
        }
        outcome.map_or(Ok(()), |outcome| self.take(outcome))
    }

    fn take(&mut self, outcome: TaskResult) -> Result<(), DriverError> {
        let now = self.clock.now();
        self.outputs
            .extend(outcome.outputs.into_iter().map(|output| self.mask.output(ProgramOutput { at: now, ..output })));
        if let Some((position, _)) = outcome.changes.first()
            && let Some(instance) = &self.run.record(*position).instance
        {
            self.cooling.begin(&instance.cloud, &outcome.refusals);
        }
        for (position, change) in outcome.changes {
            let change = match change {
                ServiceEvent::Booted { .. } => self.run.wanted().judged(self.run.service(position), change),
                change => change,
            };
            self.change(position, change)?;
        }
        outcome.held_up.into_iter().try_for_each(|(action, failure)| self.hold_up(action, failure))?;
        if let Some(checked) = outcome.proved_gone {
            self.record(RunEvent::Ended { checked })?;
        }
        self.remains.extend(outcome.remains.into_iter().map(|remain| self.mask.remain(remain)));
        outcome.notes.iter().for_each(|note| self.note(note));
        let notation = self.run.plan.notation();
        for (position, mut wait) in outcome.waits {
            wait.hint = wait.hint.map(|hint| notation.in_its_words(&hint));
            self.observer.waits(&self.run, position, &self.mask.wait(wait));
        }
        Ok(())
    }

    /// Tells the user.
    pub(super) fn note(&mut self, note: &str) {
        self.observer.note(&self.mask.said(note));
    }

    /// From here on these are masked too: a program is about to get them.
    pub(super) fn learn(&mut self, secrets: &Secrets) {
        if self.secrets.learn(secrets) {
            self.mask = self.secrets.mask_for(self.run.plan.services().map(|(_, service)| service));
        }
    }

    /// Everything enters the journal here.
    pub(super) fn record(&mut self, event: RunEvent) -> Result<(), DriverError> {
        let event = self.mask.event(event);
        let record = JournalEntry { sequence: self.run.sequence() + 1, at: self.clock.now(), event };
        self.run.apply(&record)?;
        self.mark(&record.event);
        self.uncommitted.push(record);
        Ok(())
    }

    /// Whose next step may be another one after this.
    fn mark(&mut self, event: &RunEvent) {
        let services = match event {
            RunEvent::Service { service, .. } => std::slice::from_ref(service),
            RunEvent::LaunchIntended { services, .. } => services.as_slice(),
            RunEvent::Goal { .. } | RunEvent::PlanReplaced | RunEvent::Ended { .. } => return self.agenda.mark_all(),
        };
        for position in services.iter().filter_map(|service| self.run.position(service)) {
            self.agenda.mark(position);
            self.run.guests_of(position).iter().for_each(|&guest| self.agenda.mark(guest));
            // Who failed its check may wait for what it reads.
            if self.run.follows_dependents() || self.run.tally().may_replace_some() {
                self.run.readers_of(position).iter().for_each(|&reader| self.agenda.mark(reader));
            }
        }
    }

    async fn commit(&mut self) -> Result<(), DriverError> {
        if self.uncommitted.is_empty() && self.outputs.is_empty() {
            return Ok(());
        }
        let records = std::mem::take(&mut self.uncommitted);
        let batch =
            Batch { records: records.clone(), outputs: std::mem::take(&mut self.outputs), summary: self.run.summary() };
        self.store.append(batch).await?;
        self.observer.recorded(&self.run, &records);
        Ok(())
    }

    /// Lets go of everything that creates and destroys nothing. Programs go on where they run; a resumed run finds
    /// them.
    fn abandon_programs(&mut self) {
        for (actions, handle) in self.handles.values() {
            let settles = actions
                .iter()
                .any(|action| matches!(action, Action::Launch(_) | Action::Remove(_) | Action::ProveGone));
            if !settles {
                handle.abort();
            }
        }
    }
}
