//! Events of the journal. The state of a run follows from its plan and its events, in order.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::failure::{Failure, ProgramFailure};
use super::goal::Goal;
use super::launch_intent::Intent;
use crate::plan::ProgramKind;
use crate::provider::{CapacityError, Offer};

/// One line of a run's journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// 1, 2, 3 … without gaps.
    pub sequence: u64,
    /// The time of the event.
    pub at: Timestamp,
    /// The event.
    #[serde(flatten)]
    pub event: RunEvent,
}

/// An event of the run or of one of its services.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum RunEvent {
    /// The run has a new goal.
    Goal {
        /// Up, down, or up by way of a new plan.
        goal: Goal,
    },
    /// A cloud is about to be asked for instances, one for each of these services. Committed before the call is made.
    ///
    /// One line for the whole call: a part of it must never be known without the rest.
    LaunchIntended {
        /// Makes the call safe to repeat.
        token: String,
        /// The cloud's name in the plan.
        cloud: String,
        /// The services, in slot order.
        services: Vec<String>,
        /// The owner, for the tag: a repeated call must be the same in every part, whoever repeats it.
        owner: String,
        /// The offers that the call tries, in order.
        #[serde(default)]
        offers: Vec<Offer>,
        /// The end of the instances' lease, for the tag: a later plan may set another one for later instances.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
        /// The state file, for the tag.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<String>,
    },
    /// The reload's new plan became the run's plan.
    PlanReplaced,
    /// Everything is down and the clouds were asked once more; the run has ended.
    Ended {
        /// The number of instances that the clouds were asked about.
        checked: usize,
    },
    /// An event of a service.
    Service {
        /// The service's name.
        service: String,
        /// The change of the service.
        #[serde(flatten)]
        change: ServiceEvent,
    },
}

/// What happened to a service. The states it leads between are in [`super::Phase`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum ServiceEvent {
    /// About to ask a cloud for its machine; what [`RunEvent::LaunchIntended`] means for one of its services.
    LaunchIntended {
        /// The call, as it can be repeated.
        #[serde(flatten)]
        intent: Intent,
        /// The cloud's name in the plan.
        cloud: String,
    },
    /// The cloud had no machine for it in these offers; others may have one.
    Declined {
        /// Each with the reason.
        refusals: Vec<CapacityError>,
    },
    /// The cloud gave it this instance.
    Launched {
        /// The instance's id.
        instance_id: String,
    },
    /// The instance runs and has an address; again where that is another one after a stop and a start.
    Addressed {
        /// By which it is reached.
        address: String,
        /// Inside its network.
        private_address: Option<String>,
    },
    /// Its host answers. For a service without an instance this is the first thing that happens.
    Reachable {
        /// The host's address.
        address: String,
    },
    /// About to run the boot program.
    BootStarted,
    /// The boot program succeeded, or there is none.
    Booted {
        /// What it wrote to `bootout.json`.
        output: BTreeMap<String, String>,
    },
    /// About to run the ready program.
    CheckStarted,
    /// A program failed and will be run again.
    ProgramRetried {
        /// The kind of program.
        program: ProgramKind,
        /// How it ended.
        failure: ProgramFailure,
    },
    /// The ready program succeeded, or there is none.
    Ready {
        /// Why the service is degraded, where an optional ready program failed.
        degraded: Option<String>,
    },
    /// It could not be raised.
    Failed {
        /// The failure, with its stage and reason.
        failure: Failure,
    },
    /// Its instance is gone and it was not us.
    Lost {
        /// What the cloud says.
        reason: String,
    },
    /// To be tried again from the stage that failed, on the same machine where there is one.
    Retried,
    /// To be checked again by its ready program.
    Recheck,
    /// To be configured again by its boot program, on the machine that it has: what that program was given has changed.
    Reconfigured,
    /// About to be torn down. Committed before anything is removed.
    TerminateStarted {
        /// Whether it is raised anew afterwards.
        again: bool,
    },
    /// The terminate program ended, well or not, or could not be started.
    TerminateProgramEnded {
        /// Its failure, if it failed.
        failure: Option<Failure>,
    },
    /// Its host is given up, as a person asked: its terminate program does not run, and what lies on the host stays
    /// there. A machine that a cloud launched for it is ended by the cloud all the same.
    Abandoned,
    /// The cloud has taken the call that ends the machine; it goes by itself from here on, and its end is still looked
    /// for.
    TerminateAccepted,
    /// A tear-down step failed; the machine may still be there.
    TerminateFailed {
        /// The failure, with its stage and reason.
        failure: Failure,
    },
    /// Nothing of it is left.
    Terminated,
    /// Pending again, with the next attempt's number.
    Reset,
}

impl ServiceEvent {
    /// Returns the event's failure, if it has one.
    pub(super) fn failure_mut(&mut self) -> Option<&mut Failure> {
        match self {
            ServiceEvent::Failed { failure }
            | ServiceEvent::TerminateFailed { failure }
            | ServiceEvent::TerminateProgramEnded { failure: Some(failure) } => Some(failure),
            _ => None,
        }
    }
}
