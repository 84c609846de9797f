//! A run as JSON: the plan's document, and in it what became of each service.

use serde_json::{Value, json};

use super::plan::show_json;
use crate::engine::{Phase, Run};
use crate::plan::Attributes;

/// The document of `plan show RUN`: that of `plan show PLAN`, with `state`, `instance_id`, `address`, expanded attributes
/// and times.
pub fn run_json(run: &Run) -> Value {
    let mut document = show_json(&run.plan);
    let summary = run.summary();
    document["run"] = json!(run.name);
    document["id"] = json!(run.id);
    document["status"] = json!(summary.status);
    let attributes = Attributes::new(&run.plan, run.index(), run);
    let services = document["levels"].as_array_mut().into_iter().flatten();
    let services = services.flat_map(|level| level["services"].as_array_mut().into_iter().flatten());
    for (position, service) in services.enumerate() {
        let record = run.record(position);
        service["state"] = json!(record.phase.name());
        service["since"] = json!(record.since.to_string());
        service["attempt"] = json!(record.attempt);
        service["instance_id"] = json!(record.instance_id());
        service["address"] = json!(record.address);
        service["private_address"] = json!(record.private_address);
        // What has no value yet is left out: it depends on what has not been raised.
        let name = &run.service(position).name;
        let own = run.service(position).attributes.keys().chain(record.output.keys());
        service["attributes"] = own
            .filter_map(|attribute| Some((attribute.clone(), json!(attributes.value(name, attribute).ok()?))))
            .collect::<serde_json::Map<_, _>>()
            .into();
        service["failure"] = match &record.phase {
            Phase::Failed(failure) => json!(failure),
            Phase::Lost(reason) => json!({ "stage": "lost", "reason": reason }),
            Phase::Terminating(farewell) => json!(farewell.failure),
            _ => Value::Null,
        };
        service["degraded"] = match &record.phase {
            Phase::Ready { degraded } => json!(degraded),
            _ => Value::Null,
        };
    }
    document
}
