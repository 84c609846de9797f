//! One turn of the driver in preparation: its records, and the tasks that begin once those are committed.

use super::driver_error::DriverError;
use super::event::ServiceEvent;
use super::failure::{Failure, Stage};
use super::host_retry::WaitReporter;
use super::open_clouds::OpenClouds;
use super::progress::Progress;
use super::run::Run;
use super::scheduled_tasks::ScheduledTasks;
use crate::provider::CloudError;

/// The context for scheduling actions.
pub(super) struct Turn<'t, 'a> {
    /// The run's progress, which records and decides.
    pub(super) progress: &'t mut Progress<'a>,
    /// The clouds and hosts.
    pub(super) clouds: &'t mut OpenClouds,
    /// The tasks of this turn.
    pub(super) tasks: ScheduledTasks,
}

impl Turn<'_, '_> {
    /// Returns the run as it is now.
    pub(super) fn run(&self) -> &Run {
        self.progress.run()
    }

    /// Returns a reporter of waits for the host of the service at `position`.
    pub(super) fn teller(&self, position: usize) -> WaitReporter {
        WaitReporter { position, told: self.tasks.told() }
    }

    /// Fails the launch or the removal of these services, since their cloud is not available.
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
