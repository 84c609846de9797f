//! The states of a service, and the only function that leads from one to the next.

use jiff::Timestamp;

use super::event::{JournalEntry, ServiceEvent};
use super::failure::{Failure, Stage};
use super::launch_intent::Intent;

/// The state of a service. Each variant carries only its own data.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// Nothing was done yet.
    Pending,
    /// Its instance was requested; the answer is not recorded.
    Launching(Intent),
    /// It has an instance, which may not have an address yet.
    Launched,
    /// Its host answers.
    Reachable,
    /// Its boot program runs.
    Booting(ProgramExecution),
    /// Its boot program succeeded.
    Booted,
    /// Its ready program runs.
    Checking(ProgramExecution),
    /// It works.
    Ready {
        /// Why the service is degraded, where an optional ready program failed.
        degraded: Option<String>,
    },
    /// It could not be raised.
    Failed(Failure),
    /// Its instance is gone without hoist's doing; the reason as the cloud gave it.
    Lost(String),
    /// It is being torn down.
    Terminating(Box<Teardown>),
    /// Nothing of it is left.
    Terminated {
        /// Whether it is to be raised anew.
        again: bool,
    },
}

/// An execution of a program. Its key consists of these two, so a resumed run finds an execution of the killed one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProgramExecution {
    /// The sequence number of the journal line that announced it.
    pub announced: u64,
    /// The number of failed tries.
    pub failed_tries: u32,
}

/// A tear-down under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Teardown {
    /// The sequence number of the journal line that announced it.
    pub announced: u64,
    /// Whether the service is to be raised anew afterwards.
    pub again: bool,
    /// The launch that was never answered, if the service was launching.
    pub in_doubt: Option<Intent>,
    /// Whether the terminate program has ended, or there is no host to run it on.
    pub program_ended: bool,
    /// The terminate program's failure, if it failed.
    pub program_failure: Option<Failure>,
    /// Why the last try to remove the machine failed, if it did.
    pub failure: Option<Failure>,
    /// Whether the cloud has accepted the call that ends the instance.
    pub accepted: bool,
}

impl Phase {
    /// Returns the state's name, as JSON spells it.
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

    /// Whether the service failed or was lost.
    pub fn is_broken(&self) -> bool {
        matches!(self, Phase::Failed(_) | Phase::Lost(_))
    }

    /// Whether the service is torn down or on its way there.
    pub fn is_going(&self) -> bool {
        matches!(self, Phase::Terminating(_) | Phase::Terminated { .. })
    }

    /// Whether the service was raised, and its ready program failed.
    pub(super) fn failed_its_check(&self) -> bool {
        matches!(self, Phase::Failed(failure) if failure.stage == Stage::Ready)
    }

    /// Whether the service could not be examined, which says nothing about its machine.
    pub fn is_blind(&self) -> bool {
        matches!(self, Phase::Failed(failure) if failure.blind)
    }

    /// Whether the service's programs could run: its host answered before.
    pub(super) fn had_host(&self) -> bool {
        match self {
            Phase::Reachable | Phase::Booting(_) | Phase::Booted | Phase::Checking(_) | Phase::Ready { .. } => true,
            Phase::Failed(failure) => matches!(failure.stage, Stage::Boot | Stage::Ready | Stage::Terminate),
            Phase::Pending | Phase::Launching(_) | Phase::Launched | Phase::Lost(_) => false,
            Phase::Terminating(farewell) => !farewell.program_ended,
            Phase::Terminated { .. } => false,
        }
    }

    /// Returns the phase after `change` at journal line `sequence`; `None` if that change is illegal here.
    ///
    /// This is the only list of a service's legal changes.
    pub fn next(&self, change: &ServiceEvent, sequence: u64) -> Option<Phase> {
        let execution = ProgramExecution { announced: sequence, failed_tries: 0 };
        Some(match (self, change) {
            (Phase::Pending, ServiceEvent::LaunchIntended { intent, .. }) => Phase::Launching(intent.clone()),
            (Phase::Launching(_), ServiceEvent::Declined { .. }) => Phase::Pending,
            (Phase::Launching(_), ServiceEvent::Launched { .. }) => Phase::Launched,
            // Also later: an instance that was stopped and started has another address.
            (
                Phase::Launched
                | Phase::Reachable
                | Phase::Booting(_)
                | Phase::Booted
                | Phase::Checking(_)
                | Phase::Ready { .. }
                | Phase::Failed(_),
                ServiceEvent::Addressed { .. },
            ) => self.clone(),
            (Phase::Pending | Phase::Launched, ServiceEvent::Reachable { .. }) => Phase::Reachable,

            (Phase::Reachable, ServiceEvent::BootStarted) => Phase::Booting(execution),
            (Phase::Booting(running), ServiceEvent::ProgramRetried { .. }) => {
                Phase::Booting(running.failed_once_more())
            }
            (Phase::Reachable | Phase::Booting(_), ServiceEvent::Booted { .. }) => Phase::Booted,

            (Phase::Booted, ServiceEvent::CheckStarted) => Phase::Checking(execution),
            (Phase::Checking(running), ServiceEvent::ProgramRetried { .. }) => {
                Phase::Checking(running.failed_once_more())
            }
            (Phase::Booted | Phase::Checking(_), ServiceEvent::Ready { degraded }) => {
                Phase::Ready { degraded: degraded.clone() }
            }
            (Phase::Ready { .. }, ServiceEvent::Recheck) => Phase::Booted,
            (Phase::Booted | Phase::Ready { .. }, ServiceEvent::Reconfigured) => Phase::Reachable,
            (Phase::Failed(failure), ServiceEvent::Reconfigured) if failure.stage == Stage::Ready => Phase::Reachable,

            (
                Phase::Pending
                | Phase::Launching(_)
                | Phase::Launched
                | Phase::Reachable
                | Phase::Booting(_)
                | Phase::Booted
                | Phase::Checking(_),
                ServiceEvent::Failed { failure },
            ) => Phase::Failed(failure.clone()),
            (
                Phase::Launched
                | Phase::Reachable
                | Phase::Booting(_)
                | Phase::Booted
                | Phase::Checking(_)
                | Phase::Ready { .. }
                | Phase::Failed(_),
                ServiceEvent::Lost { reason },
            ) => Phase::Lost(reason.clone()),

            (Phase::Failed(failure), ServiceEvent::Retried) => match failure.stage {
                Stage::Launch => failure.unanswered.clone().map_or(Phase::Pending, |intent| Phase::Launching(*intent)),
                Stage::Reach => Phase::Launched,
                Stage::Boot => Phase::Reachable,
                Stage::Ready => Phase::Booted,
                Stage::Terminate => return None,
            },

            (Phase::Terminated { .. }, ServiceEvent::TerminateStarted { .. }) => return None,
            (Phase::Terminating(farewell), ServiceEvent::TerminateStarted { again }) => {
                Phase::Terminating(Box::new(farewell.once_more(*again, sequence)))
            }
            (phase, ServiceEvent::TerminateStarted { again }) => Phase::Terminating(Box::new(Teardown {
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
                accepted: false,
            })),
            (phase, ServiceEvent::Abandoned) => {
                // As any tear-down, but without the work on the host.
                match phase.next(&ServiceEvent::TerminateStarted { again: false }, sequence)? {
                    Phase::Terminating(farewell) => Phase::Terminating(Box::new(Teardown {
                        program_ended: true,
                        program_failure: None,
                        ..*farewell
                    })),
                    _ => return None,
                }
            }
            (Phase::Terminating(farewell), ServiceEvent::TerminateAccepted) => {
                Phase::Terminating(Box::new(Teardown { accepted: true, ..farewell.as_ref().clone() }))
            }
            (Phase::Terminating(farewell), ServiceEvent::TerminateProgramEnded { failure }) => {
                Phase::Terminating(Box::new(Teardown {
                    program_ended: true,
                    program_failure: failure.clone(),
                    ..farewell.as_ref().clone()
                }))
            }
            (Phase::Terminating(farewell), ServiceEvent::TerminateFailed { failure }) => {
                Phase::Terminating(Box::new(Teardown { failure: Some(failure.clone()), ..farewell.as_ref().clone() }))
            }
            (Phase::Terminating(farewell), ServiceEvent::Terminated) => Phase::Terminated { again: farewell.again },
            (Phase::Pending, ServiceEvent::Terminated) => Phase::Terminated { again: false },
            (Phase::Terminated { .. }, ServiceEvent::Reset) => Phase::Pending,
            _ => return None,
        })
    }
}

impl Teardown {
    /// Returns the same tear-down for another try: a terminate program that failed runs again, one that succeeded does
    /// not.
    fn once_more(&self, again: bool, sequence: u64) -> Self {
        let tried = Self { again, failure: None, ..self.clone() };
        match &self.program_failure {
            None => tried,
            Some(_) => Self { announced: sequence, program_ended: false, program_failure: None, ..tried },
        }
    }

    /// Returns the terminate program's execution.
    pub fn execution(&self) -> ProgramExecution {
        ProgramExecution { announced: self.announced, failed_tries: 0 }
    }
}

impl ProgramExecution {
    fn failed_once_more(self) -> Self {
        Self { failed_tries: self.failed_tries + 1, ..self }
    }
}

/// An event that the journal must not contain: a defect of hoist, or a state file that was changed by hand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("journal line {sequence} ({}): {what}; the state file was changed by hand, or this is a defect of hoist", crate::plan::local_time(.at.to_owned()))]
pub struct IllegalEvent {
    /// The line's number.
    pub sequence: u64,
    /// When it was written.
    pub at: Timestamp,
    /// The reason why it is illegal.
    pub what: String,
}

impl IllegalEvent {
    /// Creates the error of `entry`.
    pub(super) fn in_entry(entry: &JournalEntry, what: impl Into<String>) -> Self {
        Self { sequence: entry.sequence, at: entry.at, what: what.into() }
    }
}
