//! The native notation: one JSON object a line.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::amount::{disk, memory, seconds};
use super::input_error::{Fault, InputError, Place};
use super::job::JobClass;
use super::job_ad::attributes;
use super::needs::Needs;
use super::workload::Workload;
use super::workload_builder::WorkloadBuilder;
use crate::elastic::engine::Seconds;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(deserialize_with = "seconds")]
    at: Seconds,
    #[serde(deserialize_with = "seconds")]
    run: Seconds,
    #[serde(default = "one")]
    count: u64,
    #[serde(default = "one_cpu")]
    cpus: u32,
    #[serde(default, deserialize_with = "memory")]
    memory: u64,
    #[serde(default, deserialize_with = "disk")]
    disk: u64,
    #[serde(default)]
    gpus: u32,
    #[serde(default, borrow)]
    requirements: Option<Cow<'a, str>>,
    #[serde(default)]
    attributes: Option<Map<String, Json>>,
    #[serde(default, borrow)]
    user: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    group: Option<Cow<'a, str>>,
}

/// The part of a line that makes its class.
#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    figures: (u32, u64, u64, u32),
    texts: [Option<Cow<'a, str>>; 3],
    attributes: Option<String>,
}

fn one() -> u64 {
    1
}

fn one_cpu() -> u32 {
    1
}

/// Reads the lines. Empty ones, and those that begin with `#`, are passed over.
pub(super) fn read_native(text: &str) -> Result<Workload, InputError> {
    let mut builder = WorkloadBuilder::default();
    let mut classes: HashMap<Key<'_>, u32> = HashMap::new();
    for (position, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            add(&mut builder, &mut classes, line).map_err(|fault| InputError::at(Place::Line(position + 1), fault))?;
        }
    }
    Ok(builder.finish())
}

fn add<'a>(builder: &mut WorkloadBuilder, classes: &mut HashMap<Key<'a>, u32>, line: &'a str) -> Result<(), Fault> {
    let line: Line<'a> = serde_json::from_str(line).map_err(Fault::Json)?;
    if line.cpus == 0 {
        return Err(Fault::Value { field: "cpus", value: "0".into(), expected: "at least 1" });
    }
    if line.count == 0 {
        return Err(Fault::Value { field: "count", value: "0".into(), expected: "at least 1" });
    }
    let (at, run, count) = (line.at, line.run, line.count);
    let key = Key {
        figures: (line.cpus, line.memory, line.disk, line.gpus),
        attributes: line.attributes.as_ref().map(|values| Json::Object(values.clone()).to_string()),
        texts: [line.requirements, line.user, line.group],
    };
    let class = match classes.get(&key) {
        Some(class) => *class,
        None => {
            let [requirements, user, group] = key.texts.each_ref().map(|text| text.as_deref().map(Into::into));
            let (cpus, memory, disk, gpus) = key.figures;
            let attributes = attributes(line.attributes.unwrap_or_default());
            let needs = Needs { cpus, memory, disk, gpus, requirements, attributes };
            let class = builder.class(&JobClass { group, user, needs })?;
            classes.insert(key, class);
            class
        }
    };
    builder.add(at, run, count, class)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_jobs_and_alike_ones_share_a_class() {
        let workload = read_native(
            "# two shapes\n{\"at\":30,\"run\":60,\"count\":2,\"cpus\":2,\"memory\":\"4GB\",\"user\":\"ann\"}\n\n\
             {\"at\":10.9,\"run\":5,\"requirements\":\"TARGET.HasGPU\",\"attributes\":{\"Tag\":\"a\",\"N\":3}}\n\
             {\"at\":40,\"run\":1,\"cpus\":2,\"memory\":4096,\"user\":\"ann\"}\n",
        )
        .unwrap();
        let jobs: Vec<_> = workload.jobs.iter().map(|job| (job.at, job.run, job.class)).collect();
        assert_eq!(jobs, [(10, 5, 1), (30, 60, 0), (30, 60, 0), (40, 1, 0)]);
        assert_eq!(workload.classes[0].needs, Needs { cpus: 2, memory: 4096, ..Needs::default() });
        assert_eq!(workload.classes[1].needs.requirements.as_deref(), Some("TARGET.HasGPU"));
        assert_eq!(workload.classes[1].needs.attributes.get("Tag").map(|text| &**text), Some("\"a\""));
    }

    #[test]
    fn a_fault_names_its_line() {
        let error = |text| read_native(text).unwrap_err().to_string();
        let unknown = error("{\"at\":0,\"run\":1}\n{\"at\":0,\"runs\":1}");
        assert!(unknown.starts_with("line 2: unknown field `runs`"), "{unknown}");
        assert!(error("{\"at\":0,\"run\":1,\"memory\":\"4 apples\"}").starts_with("line 1: `4 apples` is no amount"));
        assert_eq!(error("{\"at\":0,\"run\":1,\"cpus\":0}"), "line 1: `cpus` is `0`, but must be at least 1");
        let expression = error("{\"at\":0,\"run\":1,\"requirements\":\"(\"}");
        assert!(expression.starts_with("line 1: `requirements` is no ClassAd expression"), "{expression}");
    }
}
