//! An event of a run in documents.

use jiff::Timestamp;
use serde::Serialize;

use crate::engine::{Goal, JournalEntry, RunEvent, ServiceEvent, Wait};
use crate::provider::Offer;
use crate::report::schema_version::SchemaVersion;

/// One line of what a command that works on a run writes with `-o jsonl`; the last one, which says how it ended, is
/// described apart.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunEventLine<'a> {
    schema: SchemaVersion,
    #[serde(flatten)]
    event: EventView<'a>,
}

/// What happened.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "kebab-case")]
enum EventView<'a> {
    /// The run now works towards this.
    Goal {
        #[serde(flatten)]
        stamp: Stamp<'a>,
        /// Up, down, or up by way of a new plan.
        goal: GoalView<'a>,
    },
    /// About to ask a cloud for machines, one for each of these services.
    LaunchIntended {
        #[serde(flatten)]
        stamp: Stamp<'a>,
        /// Makes the call safe to repeat.
        token: &'a str,
        /// The cloud's name in the plan.
        cloud: &'a str,
        /// The services, in slot order.
        services: &'a [String],
        /// Who launches them, for the tag.
        owner: &'a str,
        /// What the call tries, in order.
        offers: &'a [Offer],
        /// When what is launched ends by itself, for the tag.
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
        /// Which state file they are tagged with.
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<&'a str>,
    },
    /// The reload's new plan is the run's plan from here on.
    PlanReplaced {
        #[serde(flatten)]
        stamp: Stamp<'a>,
    },
    /// Everything is down and the clouds were asked once more; the run has ended.
    Ended {
        #[serde(flatten)]
        stamp: Stamp<'a>,
        /// How many instances the clouds were asked about.
        checked: usize,
    },
    /// Something happened to a service.
    Service {
        #[serde(flatten)]
        stamp: Stamp<'a>,
        /// The service's name.
        service: &'a str,
        /// What happened to it.
        #[serde(flatten)]
        change: &'a ServiceEvent,
    },
    /// Something that a person should know.
    Note {
        /// In a sentence.
        text: &'a str,
    },
    /// A host does not answer yet.
    Waiting {
        /// The run's name.
        run: &'a str,
        /// The service whose host it is.
        service: &'a str,
        /// What is waited for.
        r#for: &'a str,
        /// Why it is not there yet.
        why: &'a str,
        /// How often it was tried.
        tries: u32,
        /// After how many seconds it is given up; null where it never is.
        gives_up_in_seconds: Option<u64>,
        /// What to try.
        hint: Option<&'a str>,
    },
}

/// Which line of which journal.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Stamp<'a> {
    /// The run's name.
    run: &'a str,
    /// 1, 2, 3 … without gaps.
    sequence: u64,
    /// When it happened.
    at: Timestamp,
}

/// What a run works towards.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "towards", rename_all = "kebab-case")]
enum GoalView<'a> {
    /// Every service ready.
    Up {
        /// How often a failed service's machine may be replaced on the way.
        repairs: u32,
        /// Machines are launched with their level instead of all at the start.
        by_level: bool,
        /// The boot program of each service runs again that was given values which are others now.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        dependents: bool,
    },
    /// Nothing left.
    Down {
        /// Whether machines go although their terminate programs fail.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        force: bool,
    },
    /// These services down, then the new plan in place of the old one, then every service ready. The plan itself is in
    /// the state file alone.
    Reload {
        /// Services of the old plan that are removed or must be raised anew.
        condemned: &'a [String],
        /// Services that were found to work by what the new plan says of them.
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        settled: &'a [String],
        /// As for `up`, once the new plan is in force.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        dependents: bool,
    },
}

impl<'a> RunEventLine<'a> {
    /// Creates the line of an entry of the run's journal.
    pub(super) fn recorded(run: &'a str, entry: &'a JournalEntry) -> Self {
        let stamp = Stamp { run, sequence: entry.sequence, at: entry.at };
        Self::of(match &entry.event {
            RunEvent::Goal { goal } => EventView::Goal { stamp, goal: GoalView::of(goal) },
            RunEvent::LaunchIntended { token, cloud, services, owner, offers, expires_at, state } => {
                EventView::LaunchIntended {
                    stamp,
                    token,
                    cloud,
                    services,
                    owner,
                    offers,
                    expires_at: *expires_at,
                    state: state.as_deref(),
                }
            }
            RunEvent::PlanReplaced => EventView::PlanReplaced { stamp },
            RunEvent::Ended { checked } => EventView::Ended { stamp, checked: *checked },
            RunEvent::Service { service, change } => EventView::Service { stamp, service, change },
        })
    }

    /// Creates the line of a message for the user.
    pub(super) fn note(text: &'a str) -> Self {
        Self::of(EventView::Note { text })
    }

    /// Creates the line of a wait for the host of this service.
    pub(super) fn waiting(run: &'a str, service: &'a str, wait: &'a Wait) -> Self {
        Self::of(EventView::Waiting {
            run,
            service,
            r#for: &wait.what,
            why: &wait.why,
            tries: wait.tries,
            gives_up_in_seconds: wait.gives_up_in.map(|left| left.as_secs()),
            hint: wait.hint.as_deref(),
        })
    }

    fn of(event: EventView<'a>) -> Self {
        Self { schema: SchemaVersion, event }
    }
}

impl<'a> GoalView<'a> {
    fn of(goal: &'a Goal) -> Self {
        match goal {
            Goal::Up { repairs, by_level, dependents } => {
                Self::Up { repairs: *repairs, by_level: *by_level, dependents: *dependents }
            }
            Goal::Down { force } => Self::Down { force: *force },
            Goal::Reload { plan: _, condemned, settled, dependents } => {
                Self::Reload { condemned, settled, dependents: *dependents }
            }
        }
    }
}
