//! Drives a run: one loop that decides and records, and lets actions run side by side.
//!
//! Each turn takes what happened, decides what follows, announces what will be done, commits all of that at once, and
//! only then starts it. Events that arrive while a commit is under way share the next one.
//!
//! The driver holds four parts. [`Progress`] decides and records, and is the only one that changes the run;
//! [`OpenClouds`] knows where things run; [`LaunchScheduler`] knows which offers are worth a call; [`TaskPool`] runs what
//! was announced, and gives back what came of it. [`schedule_turn`] brings them together once a turn.

use std::sync::Arc;

use tokio::sync::watch;

use super::drive_result::DriveResult;
use super::driver_error::DriverError;
use super::event::{RunEvent, ServiceEvent};
use super::failure::Failure;
use super::goal::Goal;
use super::launch_scheduler::LaunchScheduler;
use super::observer::Observer;
use super::open_clouds::OpenClouds;
use super::progress::Progress;
use super::recorder::Recorder;
use super::remain::Remain;
use super::run::Run;
use super::scheduler::schedule_turn;
use super::stop::StopRequest;
use super::store::RunJournal;
use super::task_pool::{TaskEvent, TaskPool};
use crate::provider::Infrastructure;

/// Raises, checks and lowers one run.
pub struct Driver<'a> {
    progress: Progress<'a>,
    clouds: OpenClouds,
    launches: LaunchScheduler,
    pool: TaskPool,
}

/// What a driver needs beside the run.
pub struct DriverOptions {
    /// Goes into the `hoist:owner` tag.
    pub owner: String,
    /// The most programs and calls at once; looks at machines that come up do not count.
    pub max_concurrency: usize,
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
        Self {
            progress: Progress::new(Recorder::new(run, store, observer)),
            clouds: OpenClouds::new(infrastructure),
            launches: LaunchScheduler::new(options.owner),
            pool: TaskPool::new(options.max_concurrency),
        }
    }

    /// Tags what is launched from here on with this state file, which records the run.
    pub fn tag_state(&mut self, identity: String) {
        self.launches.tag_state(identity);
    }

    /// The run as it is now.
    pub fn run(&self) -> &Run {
        self.progress.run()
    }

    /// What is left beside the machines of the run's services, or could not be asked about.
    pub fn remains(&self) -> &[Remain] {
        self.progress.report().remains()
    }

    /// What could not be done for a reason that is on this side, by service. Nothing was done for it instead.
    pub fn blocked(&self) -> Vec<(String, Failure)> {
        self.progress.report().blocked(self.run())
    }

    /// The terminate programs that failed meanwhile, by service.
    pub fn farewells(&self) -> &[(String, Failure)] {
        self.progress.report().farewells()
    }

    /// Whether the service of this name was found ready while this drove; otherwise that is only recorded.
    pub fn has_proved(&self, service: &str) -> bool {
        self.progress.report().has_proved(service)
    }

    /// Sets what the run works towards. Committed with the first turn of [`Driver::drive`].
    pub fn set_goal(&mut self, goal: Goal) -> Result<(), DriverError> {
        self.record(RunEvent::Goal { goal })
    }

    /// Records a change that a command asks for, such as [`ServiceEvent::Retried`]. Committed with the first turn.
    pub fn change(&mut self, position: usize, change: ServiceEvent) -> Result<(), DriverError> {
        self.progress.change(position, change)
    }

    /// Records what a command asks for. Committed with the first turn.
    pub(super) fn record(&mut self, event: RunEvent) -> Result<(), DriverError> {
        self.progress.record(event)
    }

    /// Works until nothing more can be done, or until `stop` says so.
    pub async fn drive(&mut self, mut stop: watch::Receiver<StopRequest>) -> Result<DriveResult, DriverError> {
        let mut stopping = StopRequest::None;
        loop {
            let tasks = if stopping == StopRequest::None {
                schedule_turn(&mut self.progress, &mut self.clouds, &self.launches, &self.pool)?
            } else {
                Vec::new()
            };
            let is_at_rest = tasks.is_empty() && !self.progress.has_uncommitted();
            if let Err(error) = self.progress.commit().await {
                self.settle(&mut stop).await;
                return Err(error);
            }
            tasks.into_iter().for_each(|task| self.pool.start(task));
            if self.pool.is_idle() && (is_at_rest || stopping != StopRequest::None) {
                return Ok(match stopping {
                    StopRequest::None => DriveResult::at_rest(self.run(), self.progress.report().blocks_something()),
                    _ => DriveResult::Interrupted,
                });
            }
            // What was announced may have failed at once, or have been done already.
            if self.pool.is_idle() || (stopping == StopRequest::None && self.progress.has_changes()) {
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
                        self.pool.stop(stopping);
                    } else {
                        // Nobody can ask for a stop any more: wait for work alone.
                        self.pool.next().await.into_iter().try_for_each(|event| self.take(event))?;
                    }
                }
                events = self.pool.next() => events.into_iter().try_for_each(|event| self.take(event))?,
            }
        }
    }

    fn take(&mut self, event: TaskEvent) -> Result<(), DriverError> {
        let result = match event {
            TaskEvent::Told(result) => result,
            TaskEvent::Ended(actions, result) => {
                self.progress.ended(&actions);
                result
            }
            TaskEvent::Died(reason) => return Err(DriverError::Defect(reason)),
        };
        self.launches.cool_down(self.progress.run(), &result);
        self.progress.take(result)
    }

    /// Lets the calls that create and destroy end where nothing can be recorded any more: what they did is kept in the
    /// run as it is here, so that it can be told.
    async fn settle(&mut self, stop: &mut watch::Receiver<StopRequest>) {
        if !self.progress.outlives_failure() {
            return;
        }
        self.pool.abandon_programs();
        while !self.pool.is_idle() {
            tokio::select! {
                Ok(_) = stop.wait_for(|wanted| *wanted == StopRequest::Immediate) => return,
                events = self.pool.next() => {
                    for event in events {
                        // What does not fit the journal any more was not to be told of.
                        let _ = self.take(event);
                    }
                }
            }
        }
    }
}
