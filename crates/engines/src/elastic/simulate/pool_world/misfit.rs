use std::fmt;
use std::sync::Arc;

/// The reason why a kind of machine cannot run a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// It has too little of a resource, even when it is empty.
    Resource { kind: Arc<str>, resource: &'static str, needed: u64, has: u64 },
    /// A clause of the job's requirements fails.
    JobClause { kind: Arc<str>, clause: String },
    /// A clause of the machine's requirements fails.
    MachineClause { kind: Arc<str>, clause: String },
    /// Whether they match cannot be told here.
    Unknown { kind: Arc<str>, what: String },
}

impl fmt::Display for Misfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Misfit::Resource { kind, resource, needed, has } => {
                write!(formatter, "needs {needed} {resource}, a slot of {kind} has {has}")
            }
            Misfit::JobClause { kind, clause } => write!(formatter, "{kind} fails the job's `{clause}`"),
            Misfit::MachineClause { kind, clause } => write!(formatter, "{kind} refuses it by `{clause}`"),
            Misfit::Unknown { kind, what } => write!(formatter, "cannot be matched with {kind} here: {what}"),
        }
    }
}
