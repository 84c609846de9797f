//! One turn of the driver in the making: what is recorded in it, and the work that begins once that is committed.

use super::driver_error::DriverError;
use super::event::ServiceEvent;
use super::failure::{Failure, Stage};
use super::open_clouds::OpenClouds;
use super::progress::Progress;
use super::retry::WaitReporter;
use super::run::Run;
use super::scheduled_tasks::ScheduledTasks;
use crate::provider::CloudError;

/// What scheduling an action needs.
pub(super) struct Turn<'t, 'a> {
    /// What is recorded and decided.
    pub(super) progress: &'t mut Progress<'a>,
    /// Where things run.
    pub(super) clouds: &'t mut OpenClouds,
    /// The work of this turn.
    pub(super) tasks: ScheduledTasks,
}

impl Turn<'_, '_> {
    /// The run as it is now.
    pub(super) fn run(&self) -> &Run {
        self.progress.run()
    }

    /// Tells of waits for the host of the service at `position`.
    pub(super) fn teller(&self, position: usize) -> WaitReporter {
        WaitReporter { position, told: self.tasks.told() }
    }

    /// None of these can be launched or terminated, since their cloud cannot be had.
    pub(super) fn fail_all(
        &mut self,
        positions: &[usize],
        stage: Stage,
        error: &CloudError,
    ) -> Result<(), DriverError> {
        for &position in positions {
            let failure = Failure::of(stage, error);
            let change = match stage {
                Stage::Terminate => ServiceEvent::TerminateFailed { failure },
                _ => ServiceEvent::Failed { failure },
            };
            self.progress.change(position, change)?;
        }
        Ok(())
    }
}
