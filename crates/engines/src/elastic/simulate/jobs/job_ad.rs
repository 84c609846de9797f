//! Needs out of a job's ad.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::amount::coarse;
use super::needs::Needs;
use crate::classad::{ClassAd, Name, Scope, Value, evaluate, references_in};
use crate::elastic::engine::Seconds;

/// Attributes, in lower case, that the needs have as figures or of their own, so that nothing behind them matters.
pub(super) const FIGURES: [&str; 6] =
    ["requestcpus", "requestmemory", "requestdisk", "requestgpus", "requirements", "owner"];

/// Memory in MiB to which HTCondor rounds requests up (`MODIFY_REQUEST_EXPR_REQUESTMEMORY`).
const MEMORY_STEP: u64 = 128;

/// Reads an attribute that is a whole number, or evaluates to one.
fn number(ad: &ClassAd, name: &str, now: Seconds) -> Option<i64> {
    let value = evaluate(ad.attribute(name)?, Scope::new(ad, None, now)).value;
    match value {
        Value::Integer(value) => Some(value),
        Value::Boolean(value) => Some(i64::from(value)),
        #[expect(clippy::cast_possible_truncation, reason = "bounded")]
        Value::Real(value) if value.abs() < 9e15 => Some(value.ceil() as i64),
        _ => None,
    }
}

/// Returns the resources that the job of an ad asked for as it stood at `now`. Measured amounts are made coarse, so
/// that alike jobs are recognised as such.
pub(super) fn figures(ad: &ClassAd, now: Seconds) -> Needs {
    let figure = |name| number(ad, name, now).and_then(|value| u64::try_from(value).ok());
    let small = |name| figure(name).and_then(|value| u32::try_from(value).ok());
    Needs {
        cpus: small("RequestCpus").unwrap_or(1).max(1),
        memory: figure("RequestMemory").unwrap_or(0).div_ceil(MEMORY_STEP).saturating_mul(MEMORY_STEP),
        disk: coarse(figure("RequestDisk").unwrap_or(0)),
        gpus: small("RequestGPUs").unwrap_or(0),
        ..Needs::default()
    }
}

/// Returns the needs of the job of an ad as it stood at `now`. Of the attributes that are no resources, those are kept
/// that the requirements read.
pub(super) fn needs(ad: &ClassAd, now: Seconds) -> Needs {
    let requirements = ad.attribute("Requirements");
    let mut attributes = BTreeMap::new();
    if let Some(requirements) = requirements {
        let others: ClassAd = ad
            .iter()
            .filter(|(name, _)| !FIGURES.contains(&name.lower()))
            .map(|(name, expression)| (name.clone(), expression.clone()))
            .collect();
        let read = references_in(requirements, &others);
        for name in read.my.iter().chain(&read.bare) {
            if let Some(expression) = others.get(&Name::new(name)) {
                attributes.insert(Arc::from(name.as_str()), Arc::from(expression.to_string()));
            }
        }
    }
    Needs { requirements: requirements.map(|text| text.to_string().into()), attributes, ..figures(ad, now) }
}

/// Returns attributes given as JSON as ClassAd expressions by name.
pub(super) fn attributes(values: Map<String, Json>) -> BTreeMap<Arc<str>, Arc<str>> {
    let ad = ClassAd::from_json(&Json::Object(values));
    ad.iter().map(|(name, expression)| (Arc::from(name.as_str()), Arc::from(expression.to_string()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_evaluated_and_only_read_attributes_are_kept() {
        let ad = ClassAd::from_long_text(
            "RequestCpus = 4\nRequestMemory = ifThenElse(MemoryUsage =!= undefined, MemoryUsage, 2048)\n\
             MemoryUsage = 300\nRequestDisk = DiskUsage\nDiskUsage = 1025\nWant = \"el9\"\nQDate = 77\n\
             Requirements = (TARGET.OS == Want) && (TARGET.Memory >= RequestMemory)\n",
        )
        .unwrap();
        let needs = needs(&ad, 0);
        assert_eq!((needs.cpus, needs.memory, needs.disk, needs.gpus), (4, 384, 1152, 0));
        let names: Vec<&str> = needs.attributes.keys().map(|name| &**name).collect();
        assert_eq!(names, ["want"]);
        assert_eq!(needs.attributes.get("want").map(|text| &**text), Some("\"el9\""));
    }
}
