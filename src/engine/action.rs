//! Actions of the driver.

use crate::plan::ProgramKind;

/// An action of the driver. Services are given by their position in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Launch the service's instance; the driver joins equal launches into one call.
    Launch(usize),
    /// Poll this cloud's instances that have no address yet; the cloud is named as in the plan.
    Observe(String),
    /// Wait until the service's host answers.
    Reach(usize),
    /// Run the boot program.
    Boot(usize),
    /// Run the ready program.
    Check(usize),
    /// Run the terminate program.
    RunTerminateProgram(usize),
    /// Remove the service's machine; the driver joins the removals of one cloud into one call.
    Remove(usize),
    /// Ask the clouds whether anything of the run is left.
    ProveGone,
}

impl Action {
    /// Returns the action that runs this program of the service.
    pub(super) fn of_program(kind: ProgramKind, position: usize) -> Self {
        match kind {
            ProgramKind::Boot => Self::Boot(position),
            ProgramKind::Ready => Self::Check(position),
            ProgramKind::Terminate => Self::RunTerminateProgram(position),
        }
    }

    /// Whether it counts towards the limit of concurrent actions. Polls do not: they go on until the instances come up.
    pub(super) fn is_counted(&self) -> bool {
        self.position().is_some()
    }

    /// Returns the position of the action's service, if it has one.
    pub(super) fn position(&self) -> Option<usize> {
        match self {
            Action::Launch(position)
            | Action::Reach(position)
            | Action::Boot(position)
            | Action::Check(position)
            | Action::RunTerminateProgram(position)
            | Action::Remove(position) => Some(*position),
            Action::Observe(_) | Action::ProveGone => None,
        }
    }
}
