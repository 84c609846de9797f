//! What every operation works with.

use super::interaction::Interaction;
use super::workspace::Workspace;

/// Where an operation works, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Operation<'a> {
    /// Where things are recorded, and which clouds are meant.
    pub(crate) workspace: &'a Workspace,
    /// Who is told, and who is asked.
    pub(crate) user: &'a dyn Interaction,
}
