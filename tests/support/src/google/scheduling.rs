//! How an instance is scheduled: spot or not, for how long, and what becomes of it then.

use std::time::Duration;

use serde_json::{Value, json};

use super::error::GoogleError;
use super::world::World;

/// The bounds of `maxRunDuration` ("Limit the run time of a VM").
const SHORTEST: u64 = 30;
const LONGEST: u64 = 120 * 24 * 60 * 60;

/// What was asked for, checked, with what Google adds to it.
pub(super) fn checked(world: &World, field: &str, given: &Value) -> Result<Value, GoogleError> {
    let mut scheduling = given.as_object().cloned().unwrap_or_default();
    let field = format!("{field}.scheduling");
    let wrong = |key: &str, value: &Value, why: &str| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Err(GoogleError::invalid(&format!("{field}.{key}"), &value, why))
    };
    let spot = given["provisioningModel"] == "SPOT";
    let preemptible = spot || given["preemptible"] == true;
    if spot && given["preemptible"] == false {
        return wrong("preemptible", &given["preemptible"], "A Spot VM is preemptible.");
    }
    if preemptible && given["automaticRestart"] == true {
        let why = "Scheduling must have automatic restart be false when preemptible is true.";
        return wrong("automaticRestart", &given["automaticRestart"], why);
    }
    if preemptible && given["onHostMaintenance"] == "MIGRATE" {
        let why = "Scheduling must have on host maintenance be TERMINATE when preemptible is true.";
        return wrong("onHostMaintenance", &given["onHostMaintenance"], why);
    }
    let limited = !given["maxRunDuration"].is_null() || !given["terminationTime"].is_null();
    if !given["instanceTerminationAction"].is_null() && !spot && !limited {
        let why = "An instance termination action needs a Spot VM, a maximum run duration or a termination time.";
        return wrong("instanceTerminationAction", &given["instanceTerminationAction"], why);
    }
    if !given["maxRunDuration"].is_null() && !given["terminationTime"].is_null() {
        let why = "Only one of maxRunDuration and terminationTime may be given.";
        return wrong("terminationTime", &given["terminationTime"], why);
    }
    if let Some(duration) = scheduling.get("maxRunDuration") {
        let seconds = duration["seconds"].as_str().and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
        if !(SHORTEST..=LONGEST).contains(&seconds) {
            let why = format!("The maximum run duration must be from {SHORTEST} to {LONGEST} seconds.");
            return wrong("maxRunDuration", duration, &why);
        }
    }
    if let Some(time) = scheduling.get("terminationTime") {
        let read = time.as_str().and_then(|time| world.read(time));
        if read.is_none_or(|read| read < world.now + Duration::from_secs(SHORTEST)) {
            return wrong("terminationTime", time, "The termination time must be a time at least 30 seconds from now.");
        }
    }
    let mut add = |key: &str, value: Value| {
        scheduling.entry(key).or_insert(value);
    };
    add("provisioningModel", json!("STANDARD"));
    add("automaticRestart", json!(!preemptible));
    add("onHostMaintenance", json!(if preemptible { "TERMINATE" } else { "MIGRATE" }));
    add("preemptible", json!(preemptible));
    if spot || limited {
        add("instanceTerminationAction", json!("STOP"));
    }
    Ok(Value::Object(scheduling))
}
