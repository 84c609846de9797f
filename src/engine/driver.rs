//! Drives a run: one loop that owns the journal, decides, and lets actions run side by side.
//!
//! Each turn takes what happened, decides what follows, announces what will be done, commits all of that at once, and only
//! then starts it. Events that arrive while a commit is under way share the next one.

use std::collections::{HashMap, HashSet};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::Instant;

use super::backoff::Backoff;
use super::clock::Clock;
use super::cloud::{Cloud, Refusal};
use super::decide::Action;
use super::event::{Change, Event, Goal, Record};
use super::observer::Observer;
use super::offers::Cooling;
use super::phase::{IllegalEvent, Phase};
use super::places::Places;
use super::proof::Remain;
use super::run::Run;
use super::store::{Batch, ProgramOutput, Store, StoreError};

/// Raises, checks and lowers one run.
pub struct Driver<'a> {
    pub(super) run: Run,
    pub(super) places: Arc<dyn Places>,
    pub(super) clouds: HashMap<String, Arc<dyn Cloud>>,
    pub(super) looks: HashMap<String, Backoff>,
    pub(super) cooling: Cooling,
    /// Since when no launch call of this run has been under way: this process holds the run, and made none since.
    pub(super) quiet_since: Instant,
    pub(super) options: DriverOptions,
    pub(super) clock: Clock,
    pub(super) told: mpsc::UnboundedSender<Outcome>,
    pub(super) under_way: HashSet<Action>,
    running: JoinSet<Outcome>,
    /// How many of those count towards the limit.
    pub(super) busy: usize,
    tellings: mpsc::UnboundedReceiver<Outcome>,
    handles: HashMap<Id, (Vec<Action>, AbortHandle)>,
    store: Arc<dyn Store>,
    observer: &'a mut dyn Observer,
    pub(super) remains: Vec<Remain>,
    uncommitted: Vec<Record>,
    outputs: Vec<ProgramOutput>,
}

/// What came of an action, or is told on its way.
#[derive(Default)]
pub(super) struct Outcome {
    /// What happened to services, in order.
    pub(super) changes: Vec<(usize, Change)>,
    /// The offers of a launch that had no capacity.
    pub(super) refusals: Vec<Refusal>,
    /// What a program printed; the driver sets the time.
    pub(super) outputs: Vec<ProgramOutput>,
    /// For the user.
    pub(super) notes: Vec<String>,
    /// The clouds were asked about this many instances, and none of the run is left.
    pub(super) proved_gone: Option<usize>,
    /// Why that is not so: what else is left, or who could not say.
    pub(super) remains: Vec<Remain>,
}

/// An action being carried out.
pub(super) type Work = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// What a driver needs beside the run.
pub struct DriverOptions {
    /// Goes into the `hoist:owner` tag.
    pub owner: String,
    /// The most programs and calls at once; looks at machines that come up do not count.
    pub max_concurrency: usize,
}

/// How far the first and the second interrupt go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// Go on.
    #[default]
    No,
    /// Start nothing, let calls that create or destroy end, record what they did.
    Safely,
    /// Wait for nothing.
    Now,
}

/// Why the driver came to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// Every service is ready.
    Up,
    /// A service failed or was lost, and nothing more can be done without a person.
    Failed,
    /// Nothing is left of the run.
    Gone,
    /// Something could not be removed.
    Remains,
    /// It was asked to stop.
    Stopped,
}

/// Why the driver could not go on.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    /// Nothing could be recorded any more.
    #[error(transparent)]
    Store(#[from] StoreError),
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
        store: Arc<dyn Store>,
        places: Arc<dyn Places>,
        observer: &'a mut dyn Observer,
        options: DriverOptions,
    ) -> Self {
        let (told, tellings) = mpsc::unbounded_channel();
        Self {
            run,
            places,
            clouds: HashMap::new(),
            looks: HashMap::new(),
            cooling: Cooling::default(),
            quiet_since: Instant::now(),
            options,
            clock: Clock::start(),
            told,
            under_way: HashSet::new(),
            running: JoinSet::new(),
            busy: 0,
            tellings,
            handles: HashMap::new(),
            store,
            observer,
            remains: Vec::new(),
            uncommitted: Vec::new(),
            outputs: Vec::new(),
        }
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
        self.record(Event::Goal { goal })
    }

    /// Records a change that a command asks for, such as [`Change::Retried`]. Committed with the first turn.
    pub fn change(&mut self, position: usize, change: Change) -> Result<(), DriverError> {
        let service = self.run.service(position).name.clone();
        self.record(Event::Service { service, change })
    }

    /// Works until nothing more can be done, or until `stop` says so.
    pub async fn drive(&mut self, mut stop: watch::Receiver<Stop>) -> Result<Halt, DriverError> {
        let mut stopping = Stop::No;
        loop {
            let starting = if stopping == Stop::No { self.announce()? } else { Vec::new() };
            let idle = starting.is_empty() && self.uncommitted.is_empty() && self.outputs.is_empty();
            self.commit().await?;
            for (actions, work) in starting {
                self.start(actions, work);
            }
            if self.running.is_empty() && (idle || stopping != Stop::No) {
                return Ok(if stopping == Stop::No { self.halt() } else { Halt::Stopped });
            }
            if self.running.is_empty() {
                continue;
            }
            tokio::select! {
                biased;
                changed = stop.wait_for(|wanted| *wanted > stopping) => {
                    if let Ok(wanted) = changed {
                        stopping = *wanted;
                        if stopping == Stop::Now {
                            return Ok(Halt::Stopped);
                        }
                        self.abandon_programs();
                    } else {
                        // Nobody can ask for a stop any more: wait for work alone.
                        self.take_next().await?;
                    }
                }
                result = self.take_next() => result?,
            }
        }
    }

    fn start(&mut self, actions: Vec<Action>, work: Work) {
        self.under_way.extend(actions.iter().cloned());
        self.busy += usize::from(actions.iter().any(Action::is_counted));
        let handle = self.running.spawn(work);
        self.handles.insert(handle.id(), (actions, handle));
    }

    /// Waits for something to happen, and takes everything that has happened by then.
    async fn take_next(&mut self) -> Result<(), DriverError> {
        tokio::select! {
            Some(told) = self.tellings.recv() => self.take(told)?,
            Some(joined) = self.running.join_next_with_id() => self.take_joined(joined)?,
        }
        while let Ok(told) = self.tellings.try_recv() {
            self.take(told)?;
        }
        while let Some(joined) = self.running.try_join_next_with_id() {
            self.take_joined(joined)?;
        }
        Ok(())
    }

    fn take_joined(&mut self, joined: Result<(Id, Outcome), JoinError>) -> Result<(), DriverError> {
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
            });
        }
        outcome.map_or(Ok(()), |outcome| self.take(outcome))
    }

    fn take(&mut self, outcome: Outcome) -> Result<(), DriverError> {
        self.outputs.extend(outcome.outputs.into_iter().map(|mut output| {
            output.at = self.clock.now();
            output
        }));
        if let Some((position, _)) = outcome.changes.first()
            && let Some(instance) = &self.run.record(*position).instance
        {
            self.cooling.begin(&instance.cloud, &outcome.refusals);
        }
        for (position, change) in outcome.changes {
            self.change(position, change)?;
        }
        if let Some(checked) = outcome.proved_gone {
            self.record(Event::Ended { checked })?;
        }
        self.remains.extend(outcome.remains);
        outcome.notes.iter().for_each(|note| self.observer.note(note));
        Ok(())
    }

    /// Tells the user.
    pub(super) fn note(&mut self, note: &str) {
        self.observer.note(note);
    }

    pub(super) fn record(&mut self, event: Event) -> Result<(), DriverError> {
        let record = Record { sequence: self.run.sequence() + 1, at: self.clock.now(), event };
        self.run.apply(&record)?;
        self.uncommitted.push(record);
        Ok(())
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

    /// Lets go of everything that creates and destroys nothing. Programs go on where they run; a resumed run finds them.
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

    fn halt(&self) -> Halt {
        let every = |test: fn(&Phase) -> bool| self.run.records().iter().all(|service| test(&service.phase));
        if self.run.ended {
            Halt::Gone
        } else if matches!(self.run.goal, Some(Goal::Up { .. })) {
            if every(|phase| matches!(phase, Phase::Ready { .. })) { Halt::Up } else { Halt::Failed }
        } else {
            Halt::Remains
        }
    }
}
