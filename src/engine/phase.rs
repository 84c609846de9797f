//! The states of a service, and the one function that leads from one to the next.

use jiff::Timestamp;

use super::event::{Change, Failure, Intent, Stage};

/// Where a service is. Each variant carries just what belongs to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Nothing was done yet.
    Pending,
    /// Its machine was asked for; the answer is not recorded.
    Launching(Intent),
    /// It has an instance, which may not have an address yet.
    Launched,
    /// Its host answers.
    Reachable,
    /// Its boot program runs.
    Booting(Execution),
    /// Its boot program succeeded.
    Booted,
    /// Its ready program runs.
    Checking(Execution),
    /// It works.
    Ready {
        /// Why it works only in part, where an optional ready program failed.
        degraded: Option<String>,
    },
    /// It could not be raised.
    Failed(Failure),
    /// Its instance is gone and it was not us; the reason as the cloud gave it.
    Lost(String),
    /// It is being torn down.
    Terminating(Box<Farewell>),
    /// Nothing of it is left.
    Terminated {
        /// Whether it is to be raised anew.
        again: bool,
    },
}

/// An execution of a program. Its key is made of these two, so a resumed run finds what the killed one had started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The journal's sequence number at which it was announced.
    pub announced: u64,
    /// How many tries have failed.
    pub failed_tries: u32,
}

/// A tear-down under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Farewell {
    /// The journal's sequence number at which it was announced.
    pub announced: u64,
    /// Whether the service is to be raised anew afterwards.
    pub again: bool,
    /// The launch that was never answered, if the service was launching.
    pub in_doubt: Option<Intent>,
    /// Whether the terminate program has ended, or there is no host to run it on.
    pub program_ended: bool,
    /// How the terminate program failed, if it did.
    pub program_failure: Option<Failure>,
    /// Why the last try to remove the machine failed, if it did.
    pub failure: Option<Failure>,
}

impl Phase {
    /// The state's name, as DESIGN and JSON spell it.
    pub fn name(&self) -> &'static str {
        match self {
            Phase::Pending => "pending",
            Phase::Launching(_) => "launching",
            Phase::Launched => "launched",
            Phase::Reachable => "reachable",
            Phase::Booting(_) => "booting",
            Phase::Booted => "booted",
            Phase::Checking(_) => "checking",
            Phase::Ready { .. } => "ready",
            Phase::Failed(_) => "failed",
            Phase::Lost(_) => "lost",
            Phase::Terminating(_) => "terminating",
            Phase::Terminated { .. } => "terminated",
        }
    }

    /// Whether the service stopped on its way up.
    pub fn is_broken(&self) -> bool {
        matches!(self, Phase::Failed(_) | Phase::Lost(_))
    }

    /// Whether the service is torn down or on its way there.
    pub fn is_going(&self) -> bool {
        matches!(self, Phase::Terminating(_) | Phase::Terminated { .. })
    }

    /// Whether the service's programs could run: its host answered before.
    fn had_host(&self) -> bool {
        match self {
            Phase::Reachable | Phase::Booting(_) | Phase::Booted | Phase::Checking(_) | Phase::Ready { .. } => true,
            Phase::Failed(failure) => matches!(failure.stage, Stage::Boot | Stage::Ready | Stage::Terminate),
            Phase::Pending | Phase::Launching(_) | Phase::Launched | Phase::Lost(_) => false,
            Phase::Terminating(farewell) => !farewell.program_ended,
            Phase::Terminated { .. } => false,
        }
    }

    /// The next phase after `change` at journal line `sequence`; `None` when that change is not legal here.
    ///
    /// Every legal change of a service is listed here and nowhere else.
    pub fn next(&self, change: &Change, sequence: u64) -> Option<Phase> {
        let execution = Execution { announced: sequence, failed_tries: 0 };
        Some(match (self, change) {
            (Phase::Pending, Change::LaunchIntended { intent, .. }) => Phase::Launching(intent.clone()),
            (Phase::Launching(_), Change::Declined { .. }) => Phase::Pending,
            (Phase::Launching(_), Change::Launched { .. }) => Phase::Launched,
            (Phase::Launched, Change::Addressed { .. }) => Phase::Launched,
            (Phase::Pending | Phase::Launched, Change::Reachable { .. }) => Phase::Reachable,

            (Phase::Reachable, Change::BootStarted) => Phase::Booting(execution),
            (Phase::Booting(running), Change::ProgramRetried { .. }) => Phase::Booting(running.failed_once_more()),
            (Phase::Reachable | Phase::Booting(_), Change::Booted { .. }) => Phase::Booted,

            (Phase::Booted, Change::CheckStarted) => Phase::Checking(execution),
            (Phase::Checking(running), Change::ProgramRetried { .. }) => Phase::Checking(running.failed_once_more()),
            (Phase::Booted | Phase::Checking(_), Change::Ready { degraded }) => {
                Phase::Ready { degraded: degraded.clone() }
            }
            (Phase::Ready { .. }, Change::Recheck) => Phase::Booted,

            (
                Phase::Pending
                | Phase::Launching(_)
                | Phase::Launched
                | Phase::Reachable
                | Phase::Booting(_)
                | Phase::Booted
                | Phase::Checking(_),
                Change::Failed { failure },
            ) => Phase::Failed(failure.clone()),
            (
                Phase::Launched
                | Phase::Reachable
                | Phase::Booting(_)
                | Phase::Booted
                | Phase::Checking(_)
                | Phase::Ready { .. }
                | Phase::Failed(_),
                Change::Lost { reason },
            ) => Phase::Lost(reason.clone()),

            (Phase::Failed(failure), Change::Retried) => match failure.stage {
                Stage::Launch => failure.unanswered.clone().map_or(Phase::Pending, |intent| Phase::Launching(*intent)),
                Stage::Reach => Phase::Launched,
                Stage::Boot => Phase::Reachable,
                Stage::Ready => Phase::Booted,
                Stage::Terminate => return None,
            },

            (Phase::Terminated { .. }, Change::TerminateStarted { .. }) => return None,
            (Phase::Terminating(farewell), Change::TerminateStarted { again }) => {
                Phase::Terminating(Box::new(Farewell { again: *again, failure: None, ..farewell.as_ref().clone() }))
            }
            (phase, Change::TerminateStarted { again }) => Phase::Terminating(Box::new(Farewell {
                announced: sequence,
                again: *again,
                in_doubt: match phase {
                    Phase::Launching(intent) => Some(intent.clone()),
                    Phase::Failed(failure) => failure.unanswered.as_deref().cloned(),
                    _ => None,
                },
                program_ended: !phase.had_host(),
                program_failure: None,
                failure: None,
            })),
            (Phase::Terminating(farewell), Change::TerminateProgramEnded { failure }) => {
                Phase::Terminating(Box::new(Farewell {
                    program_ended: true,
                    program_failure: failure.clone(),
                    ..farewell.as_ref().clone()
                }))
            }
            (Phase::Terminating(farewell), Change::TerminateFailed { failure }) => {
                Phase::Terminating(Box::new(Farewell { failure: Some(failure.clone()), ..farewell.as_ref().clone() }))
            }
            (Phase::Terminating(farewell), Change::Terminated) => Phase::Terminated { again: farewell.again },
            (Phase::Pending, Change::Terminated) => Phase::Terminated { again: false },
            (Phase::Terminated { .. }, Change::Reset) => Phase::Pending,
            _ => return None,
        })
    }
}

impl Farewell {
    /// The terminate program's execution.
    pub fn execution(&self) -> Execution {
        Execution { announced: self.announced, failed_tries: 0 }
    }
}

impl Execution {
    fn failed_once_more(self) -> Self {
        Self { failed_tries: self.failed_tries + 1, ..self }
    }
}

/// An event that the journal must not hold: a defect of hoist, or a state file that was changed by hand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("journal line {sequence} ({at}): {what}; the state file was changed by hand, or this is a defect of hoist")]
pub struct IllegalEvent {
    /// The line's number.
    pub sequence: u64,
    /// When it was written.
    pub at: Timestamp,
    /// What is wrong with it.
    pub what: String,
}
