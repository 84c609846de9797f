//! Drives a run: one loop decides and records, while actions run side by side.
//!
//! Each turn takes the events, decides what follows, announces the actions, commits all of that at once, and only then
//! starts the actions. Events that arrive during a commit share the next one.
//!
//! The driver has four parts. [`Progress`] decides and records, and is the only one that changes the run;
//! [`OpenClouds`] provides clouds and hosts; [`LaunchScheduler`] picks the offers that are worth a call; [`TaskPool`]
//! runs the announced actions and returns their results. [`schedule_turn`] brings them together once a turn.

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

/// Options of a driver.
pub struct DriverOptions {
    /// The value of the `hoist:owner` tag.
    pub owner: String,
    /// The most programs and calls at once; polls of instances that come up do not count.
    pub max_concurrency: usize,
}

impl<'a> Driver<'a> {
    /// Creates a driver for `run`, whose lock `store` holds.
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

    /// Tags instances launched from here on with this state file, which records the run.
    pub fn tag_state(&mut self, identity: String) {
        self.launches.tag_state(identity);
    }

    /// Returns the run as it is now.
    pub fn run(&self) -> &Run {
        self.progress.run()
    }

    /// Returns leftovers beside the machines of the run's services, and clouds that could not tell.
    pub fn remains(&self) -> &[Remain] {
        self.progress.report().remains()
    }

    /// Returns the failures of actions that a local reason blocked, by service. Nothing was done in their place.
    pub fn blocked(&self) -> Vec<(String, Failure)> {
        self.progress.report().blocked(self.run())
    }

    /// Returns the terminate programs that failed during this drive, with their services.
    pub fn farewells(&self) -> &[(String, Failure)] {
        self.progress.report().farewells()
    }

    /// Whether this drive found the service of this name ready; otherwise its readiness is only recorded.
    pub fn has_proved(&self, service: &str) -> bool {
        self.progress.report().has_proved(service)
    }

    /// Sets the run's goal. Committed with the first turn of [`Driver::drive`].
    pub fn set_goal(&mut self, goal: Goal) -> Result<(), DriverError> {
        self.record(RunEvent::Goal { goal })
    }

    /// Records a change that a command requests, such as [`ServiceEvent::Retried`]. Committed with the first turn.
    pub fn change(&mut self, position: usize, change: ServiceEvent) -> Result<(), DriverError> {
        self.progress.change(position, change)
    }

    /// Records an event that a command requests. Committed with the first turn.
    pub(super) fn record(&mut self, event: RunEvent) -> Result<(), DriverError> {
        self.progress.record(event)
    }

    /// Works until nothing more can be done, or until `stop` requests it.
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
            // Announced actions may have failed at once, or have been done already.
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
                        // The sender is gone, so no stop can be requested: wait for work alone.
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

    /// Waits for the calls that create and destroy once nothing can be recorded any more: their effects are kept in the
    /// run in memory, so that they can be reported.
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
                        // An event that no longer fits the journal need not be reported.
                        let _ = self.take(event);
                    }
                }
            }
        }
    }
}
