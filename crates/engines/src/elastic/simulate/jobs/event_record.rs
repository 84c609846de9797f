use serde_json::{Map, Value as Json};

use super::event_time::EventClock;
use super::input_error::Fault;
use super::job_story::{JobEvent, JobStories};
use super::workload_builder::WorkloadBuilder;
use crate::classad::{ClassAd, Name};

/// Attributes of an event that are no attributes of its job.
const OF_THE_EVENT: [&str; 7] = ["mytype", "eventtypenumber", "eventtime", "cluster", "proc", "subproc", "targettype"];

/// Takes in an event of a log in JSON or XML. Events that say nothing of jobs are passed over.
pub(super) fn add_event(
    builder: &mut WorkloadBuilder,
    stories: &mut JobStories,
    clock: &mut EventClock,
    record: Map<String, Json>,
) -> Result<(), Fault> {
    let whole = |name: &str| record.get(name).and_then(Json::as_i64);
    let code = whole("EventTypeNumber").and_then(|code| u32::try_from(code).ok());
    let Some(event) = code.and_then(JobEvent::of_code) else { return Ok(()) };
    let time = record.get("EventTime").and_then(Json::as_str).unwrap_or_default();
    let at = time.split_once(['T', ' ']).and_then(|(date, time)| clock.read(date, time)).ok_or_else(|| {
        Fault::Value { field: "EventTime", value: time.into(), expected: "a time like 2026-01-31T12:00:00" }
    })?;
    let job = (whole("Cluster").unwrap_or(0), whole("Proc").unwrap_or(0));
    let ad = ClassAd::from_json(&Json::Object(record));
    let of_the_job = |name: &Name| !OF_THE_EVENT.contains(&name.lower());
    let told = matches!(event, JobEvent::Ended | JobEvent::Described);
    let attributes = ad.iter().filter(|(name, _)| told && of_the_job(name));
    let attributes = attributes.map(|(name, expression)| (name.clone(), expression.clone())).collect();
    stories.add(builder, job, event, at, attributes)
}
