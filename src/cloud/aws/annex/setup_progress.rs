//! Progress of creating, changing or deleting the set-up.

/// A progress message for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupProgress {
    /// CloudFormation begins this operation: `make`, `change`, `delete`.
    Begun(&'static str),
    /// The rest of an earlier command is removed first.
    RemovingEarlier,
    /// This number of objects is removed from the bucket.
    Emptying(usize),
    /// Failed deletions are tried once more.
    DeletingAgain,
    /// CloudFormation's status of the stack.
    State(String),
}
