//! Context common to all operations.

use super::interaction::Interaction;
use super::workspace::Workspace;

/// Workspace and user of an operation.
#[derive(Clone, Copy)]
pub(crate) struct Operation<'a> {
    /// Workspace with the records and the configured clouds.
    pub(crate) workspace: &'a Workspace,
    /// User of the operation.
    pub(crate) user: &'a dyn Interaction,
}
