//! What is told while the set-up is made, changed or deleted.

/// Something to tell whoever waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupProgress {
    /// CloudFormation begins with this: `make`, `change`, `delete`.
    Begun(&'static str),
    /// What an earlier command left is removed first.
    RemovingEarlier,
    /// So many objects are removed from the bucket.
    Emptying(usize),
    /// What could not be deleted is tried once more.
    DeletingAgain,
    /// CloudFormation's word for where it is.
    State(String),
}
