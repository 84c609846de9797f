//! What a driver can have under way.

use crate::plan::ProgramKind;

/// Something to do. Services are named by their position in the plan.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Ask a cloud for the service's machine; the driver joins equal ones to one call.
    Launch(usize),
    /// Look at the machines of this cloud that have no address yet, named as in the plan.
    Observe(String),
    /// Wait until the service's host answers.
    Reach(usize),
    /// Run the boot program.
    Boot(usize),
    /// Run the ready program.
    Check(usize),
    /// Run the terminate program.
    RunTerminateProgram(usize),
    /// Remove the service's machine; the driver joins those of one cloud to one call.
    Remove(usize),
    /// Ask the clouds whether anything of the run is left.
    ProveGone,
}

impl Action {
    /// Running this program of the service.
    pub(super) fn of_program(kind: ProgramKind, position: usize) -> Self {
        match kind {
            ProgramKind::Boot => Self::Boot(position),
            ProgramKind::Ready => Self::Check(position),
            ProgramKind::Terminate => Self::RunTerminateProgram(position),
        }
    }

    /// Whether it counts towards the most actions at once. Looks go on for as long as a machine does not come up.
    pub(super) fn is_counted(&self) -> bool {
        self.position().is_some()
    }

    /// The service that it is for, if it is for one.
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
