//! What the journal records. Everything that is known of a run follows from its plan and these, in order.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::plan::{Notation, Plan, ProgramKind};
use crate::provider::{CapacityError, CloudError, CloudErrorKind, Complaint, ExitOutcome, HostError, Offer};

/// One line of a run's journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// 1, 2, 3 … without gaps.
    pub sequence: u64,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: RunEvent,
}

/// What happened, to the run or to one of its services.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum RunEvent {
    /// The run now works towards this.
    Goal {
        /// Up, down, or up by way of a new plan.
        goal: Goal,
    },
    /// About to ask a cloud for machines, one for each of these services. Committed before the call is made.
    ///
    /// One line for the whole call: a part of it must never be known without the rest.
    LaunchIntended {
        /// Makes the call safe to repeat.
        token: String,
        /// The cloud's name in the plan.
        cloud: String,
        /// The services, in slot order.
        services: Vec<String>,
        /// Who launches them, for the tag: a repeated call must be the same in every part, whoever repeats it.
        owner: String,
        /// What the call tries, in order.
        #[serde(default)]
        offers: Vec<Offer>,
        /// When what is launched ends by itself, for the tag: a later plan may say otherwise for later machines.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
        /// Which state file they are tagged with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<String>,
    },
    /// The reload's new plan is the run's plan from here on.
    PlanReplaced,
    /// Everything is down and the clouds were asked once more; the run has ended.
    Ended {
        /// How many instances the clouds were asked about.
        checked: usize,
    },
    /// Something happened to a service.
    Service {
        /// The service's name.
        service: String,
        /// What happened to it.
        #[serde(flatten)]
        change: ServiceEvent,
    },
}

/// How often a failed service's machine is replaced by one repair (cloudinit.d's limit).
pub const REPAIR_LIMIT: u32 = 2;

/// What a run works towards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "towards", rename_all = "kebab-case")]
pub enum Goal {
    /// Every service ready.
    Up {
        /// How often a failed service's machine may be replaced on the way.
        repairs: u32,
        /// Launch machines with their level instead of all at the start.
        by_level: bool,
        /// Run the boot program of each service again that was given values which are others now.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        dependents: bool,
    },
    /// Nothing left.
    Down {
        /// Whether machines go although their terminate programs fail.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        force: bool,
    },
    /// These services down, then the new plan in place of the old one, then every service ready.
    Reload {
        /// The new plan.
        plan: Box<Plan>,
        /// Services of the old plan that are removed or must be raised anew.
        condemned: Vec<String>,
        /// Services that were found to work by what the new plan says of them, and so need no check.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        settled: Vec<String>,
        /// As for [`Goal::Up`], once the new plan is in force.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        dependents: bool,
    },
}

impl Goal {
    /// Nothing left; a machine whose terminate program fails is kept.
    pub const DOWN: Goal = Goal::Down { force: false };

    /// Whether the run only goes down from here.
    pub fn is_down(&self) -> bool {
        matches!(self, Goal::Down { .. })
    }
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

/// Why a service failed, in which stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Failure {
    /// What was being done.
    pub stage: Stage,
    /// What went wrong, in one sentence.
    pub reason: String,
    /// What to try.
    pub hint: Option<String>,
    /// What was tried, a line each, where several things were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<String>,
    /// How the program ended, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Box<ProgramFailure>>,
    /// The launch whose answer never came: its machine may exist, and only the cloud knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<Box<Intent>>,
    /// Whether it says nothing of the machine: the cloud could not be asked, and a person has to mend that first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blind: bool,
}

/// A launch that was announced in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Intent {
    /// Makes the call safe to repeat; shared by all services of the call.
    pub token: String,
    /// The service's position in the call.
    pub slot: usize,
    /// How many machines the call asks for.
    pub size: usize,
}

impl ServiceEvent {
    /// The failure that it tells of, if it does.
    pub(super) fn failure_mut(&mut self) -> Option<&mut Failure> {
        match self {
            ServiceEvent::Failed { failure }
            | ServiceEvent::TerminateFailed { failure }
            | ServiceEvent::TerminateProgramEnded { failure: Some(failure) } => Some(failure),
            _ => None,
        }
    }
}

impl Failure {
    /// A failure at `stage`, for `reason`.
    pub fn new(stage: Stage, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { stage, reason, hint: None, tried: Vec::new(), program: None, unanswered: None, blind: false }
    }

    /// What a cloud's error means at `stage`.
    pub fn of(stage: Stage, error: &CloudError) -> Self {
        let blind = error.kind == CloudErrorKind::Denied;
        Self { blind, ..Self::new(stage, error.message.clone()).hint(error.hint.clone()) }
    }

    /// What a host's error means at `stage`.
    pub fn of_host(stage: Stage, error: HostError) -> Self {
        let Complaint { reason, hint, kept_out, ours, .. } = error.into_complaint();
        Self { blind: kept_out || ours, ..Self::new(stage, reason).hint(hint) }
    }

    /// The same, with what to try.
    #[must_use]
    pub fn hint(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hint = hint.map(Into::into);
        self
    }

    /// Names settings as the plan's notation does.
    pub(super) fn put_in_words_of(&mut self, notation: Notation) {
        self.reason = notation.in_its_words(&self.reason);
        self.hint = self.hint.take().map(|hint| notation.in_its_words(&hint));
    }
}

/// What was being done to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Asking for its machine.
    Launch,
    /// Waiting for the machine to run and to answer.
    Reach,
    /// Running the boot program.
    Boot,
    /// Running the ready program.
    Ready,
    /// Tearing it down.
    Terminate,
}

impl From<ProgramKind> for Stage {
    /// The stage in which a program runs.
    fn from(kind: ProgramKind) -> Self {
        match kind {
            ProgramKind::Boot => Self::Boot,
            ProgramKind::Ready => Self::Ready,
            ProgramKind::Terminate => Self::Terminate,
        }
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stage::Launch => "launch",
            Stage::Reach => "reach",
            Stage::Boot => "boot",
            Stage::Ready => "ready",
            Stage::Terminate => "terminate",
        })
    }
}

/// How a program failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProgramFailure {
    /// The program's file name.
    pub name: String,
    /// How it ended.
    pub outcome: ExitOutcome,
    /// The last lines that it printed.
    pub tail: Vec<String>,
    /// How long it ran.
    pub took: Duration,
}
