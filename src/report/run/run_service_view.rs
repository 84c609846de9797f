//! A service of a run in documents.

use jiff::Timestamp;
use serde::Serialize;

use super::failure_view::FailureView;
use super::stale_view::{self, StaleView};
use crate::engine::{Phase, Run, stale};
use crate::plan::Attributes;
use crate::report::plan::{AttributeView, ServiceView};

/// A service as its plan has it, and as it is recorded.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunServiceView<'a> {
    #[serde(flatten)]
    service: ServiceView<'a>,
    /// Its phase, in a word.
    state: &'static str,
    /// Since when it is in this phase.
    since: Option<Timestamp>,
    /// 1 for the first machine, raised before each further one is asked for.
    attempt: u32,
    /// True where its host was given up.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    abandoned: bool,
    /// Its instance, while it has one.
    instance_id: Option<&'a str>,
    /// When its machine ends by itself.
    expires_at: Option<Timestamp>,
    /// The host's address inside its network.
    private_address: Option<&'a str>,
    /// What its boot program was given and is another value now.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stale: Vec<StaleView>,
    /// Why it is broken, or could not be ended.
    failure: Option<FailureView<'a>>,
    /// Why it is degraded, where an optional ready program failed.
    degraded: Option<&'a str>,
}

impl<'a> RunServiceView<'a> {
    /// Creates the view of the service at `position`, with the attribute values known by now.
    pub(super) fn of(run: &'a Run, position: usize, attributes: &Attributes<'_>) -> Self {
        let (service, record) = (run.service(position), run.record(position));
        // Attributes without a value yet are left out; they depend on services not booted yet.
        let own = service.attributes.keys().chain(record.output.keys());
        let values = own.filter_map(|name| {
            let value = attributes.value(&service.name, name).ok()?;
            Some((name.as_str(), AttributeView::Value(value.into())))
        });
        let service = ServiceView::of(&run.plan, service).recorded(record.address.as_deref(), values.collect());
        let failure = match &record.phase {
            Phase::Failed(failure) => Some(FailureView::Recorded(failure)),
            Phase::Lost(reason) => Some(FailureView::lost(reason)),
            Phase::Terminating(teardown) => {
                teardown.failure.as_ref().or(teardown.program_failure.as_ref()).map(FailureView::Recorded)
            }
            _ => None,
        };
        let degraded = match &record.phase {
            Phase::Ready { degraded } => degraded.as_deref(),
            _ => None,
        };
        Self {
            service,
            state: record.phase.name(),
            since: Some(record.since).filter(|since| *since != Timestamp::UNIX_EPOCH),
            attempt: record.attempt,
            abandoned: record.abandoned.is_some(),
            instance_id: record.instance_id(),
            expires_at: record.instance.as_ref().and_then(|instance| instance.expires_at),
            private_address: record.private_address.as_deref(),
            stale: stale_view::all(stale(run, position)),
            failure,
            degraded,
        }
    }
}
