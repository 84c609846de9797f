use std::time::Duration;

use super::section::{MOST_WORKERS, Section};
use super::toml_writer::TomlWriter;

/// `[workers]`: number of workers, and times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workers {
    /// Minimum number of workers.
    pub min: u32,
    /// Maximum number of workers.
    pub max: u32,
    /// Number of jobs that a worker runs at once.
    pub jobs_per_worker: u32,
    /// Time without a job after which a worker is ended.
    pub idle: Duration,
    /// Time that jobs must have waited before a worker is launched for them.
    pub waiting_time: Duration,
    /// Time in which a worker must join the pool.
    pub deploy_time: Duration,
}

impl Default for Workers {
    fn default() -> Self {
        Self {
            min: 0,
            max: 3,
            jobs_per_worker: 1,
            idle: Duration::from_secs(300),
            waiting_time: Duration::from_secs(40),
            deploy_time: Duration::from_secs(1200),
        }
    }
}

impl Workers {
    pub(super) fn read(section: Section<'_, '_>) -> Self {
        let default = Self::default();
        let (min, max) = (section.workers("min"), section.workers("max"));
        let limits = (min.as_ref().map_or(default.min, |min| min.value), max.map_or(default.max, |max| max.value));
        if limits.0 > limits.1 {
            let place = min.map_or_else(|| section.place.clone(), |min| min.place);
            let message = format!("\"min\" of [workers] is {}, more than \"max\", {}", limits.0, limits.1);
            section.table.reader.findings.error(&place, message);
        }
        let workers = Self {
            min: limits.0,
            max: limits.1,
            jobs_per_worker: section.count("jobs_per_worker", 1..=MOST_WORKERS).unwrap_or(default.jobs_per_worker),
            idle: section.duration("idle").unwrap_or(default.idle),
            waiting_time: section.pause("waiting_time").unwrap_or(default.waiting_time),
            deploy_time: section.duration("deploy_time").unwrap_or(default.deploy_time),
        };
        section.table.finish();
        workers
    }

    pub(super) fn write(&self, out: &mut TomlWriter) {
        out.section(&["workers"]);
        out.put("min", self.min);
        out.put("max", self.max);
        out.put("jobs_per_worker", self.jobs_per_worker);
        out.duration("idle", self.idle);
        out.duration("waiting_time", self.waiting_time);
        out.duration("deploy_time", self.deploy_time);
    }
}
