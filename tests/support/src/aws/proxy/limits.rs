//! AWS's request limits: a token bucket for each kind of call ("Request throttling for the Amazon EC2 API").

use std::collections::BTreeMap;
use std::time::Duration;

use super::parameters::Parameters;

/// The buckets of one region.
#[derive(Debug, Default)]
pub(super) struct Limits {
    buckets: BTreeMap<&'static str, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Duration,
}

/// A kind of call with its bucket: size, and tokens a second that come back.
struct Kind(&'static str, f64, f64);

const RUN: Kind = Kind("RunInstances", 5.0, 2.0);
const RUN_INSTANCES: Kind = Kind("instances launched", 1000.0, 2.0);
const TERMINATE: Kind = Kind("TerminateInstances", 100.0, 5.0);
const TERMINATED_INSTANCES: Kind = Kind("instances terminated", 1000.0, 20.0);
const DESCRIBE: Kind = Kind("Describe*, filtered or paginated", 100.0, 20.0);
const DESCRIBE_ALL: Kind = Kind("Describe*, unfiltered", 50.0, 10.0);
const CREATE_TAGS: Kind = Kind("CreateTags", 100.0, 10.0);
const OTHER: Kind = Kind("other mutating calls", 50.0, 5.0);

impl Limits {
    /// Takes what a call needs; the name of the bucket that holds too little, in which case nothing is taken.
    pub(super) fn take(&mut self, action: &str, parameters: &Parameters, now: Duration) -> Result<(), &'static str> {
        let needs = needs(action, parameters);
        for (kind, amount) in &needs {
            if self.bucket(kind, now).tokens < *amount {
                return Err(kind.0);
            }
        }
        for (kind, amount) in &needs {
            self.bucket(kind, now).tokens -= amount;
        }
        Ok(())
    }

    fn bucket(&mut self, &Kind(name, size, refill): &Kind, now: Duration) -> &mut Bucket {
        let bucket = self.buckets.entry(name).or_insert(Bucket { tokens: size, at: now });
        let passed = now.saturating_sub(bucket.at).as_secs_f64();
        bucket.tokens = size.min(bucket.tokens + passed * refill);
        bucket.at = now;
        bucket
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of instances are small")]
fn needs(action: &str, parameters: &Parameters) -> Vec<(Kind, f64)> {
    let ids = || parameters.list("InstanceId").len() as f64;
    let total = |name| parameters.number(name).unwrap_or(1) as f64;
    match action {
        "RunInstances" => vec![(RUN, 1.0), (RUN_INSTANCES, total("MaxCount"))],
        "TerminateInstances" => vec![(TERMINATE, 1.0), (TERMINATED_INSTANCES, ids())],
        "CreateTags" => vec![(CREATE_TAGS, 1.0)],
        _ if reads(action) => {
            let narrow = |name: &str| name.starts_with("Filter.") || name == "MaxResults" || name.contains("Id.");
            let all = action.starts_with("Describe") && !parameters.0.keys().any(|name| narrow(name));
            vec![(if all { DESCRIBE_ALL } else { DESCRIBE }, 1.0)]
        }
        _ => vec![(OTHER, 1.0)],
    }
}

/// Whether an action changes nothing.
pub(super) fn reads(action: &str) -> bool {
    ["Describe", "Get", "List", "Search"].iter().any(|verb| action.starts_with(verb))
}
