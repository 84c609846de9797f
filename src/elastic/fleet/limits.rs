use std::time::Duration;

use super::section::{MOST_WORKERS, Section};
use super::toml_writer::TomlWriter;
use crate::elastic::engine::Money;

/// `[limits]`: what bounds the engine's decisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetLimits {
    /// Maximum number of launches within a minute.
    pub launches_per_minute: u32,
    /// Maximum of what the fleet may cost in all. None: no limit.
    pub budget: Option<Money>,
    /// Maximum price of all workers for an hour. None: no limit.
    pub budget_per_hour: Option<Money>,
    /// Number of workers without a job that are kept ready.
    pub min_idle: u32,
    /// Time that a new worker gets until its first job.
    pub grace: Duration,
    /// Share of the pool's slots in percent whose absence from one pass to the next stops all shrinkage.
    pub freeze_fall: u8,
}

impl Default for FleetLimits {
    fn default() -> Self {
        Self {
            launches_per_minute: 60,
            budget: None,
            budget_per_hour: None,
            min_idle: 0,
            grace: Duration::from_secs(180),
            freeze_fall: 50,
        }
    }
}

impl FleetLimits {
    /// Reads the section; `max` is that of the workers.
    pub(super) fn read(section: Section<'_, '_>, max: u32) -> Self {
        let default = Self::default();
        let min_idle = section.workers("min_idle");
        if let Some(idle) = min_idle.as_ref().filter(|idle| idle.value > max) {
            let message = format!("\"min_idle\" of [limits] is {}, more than \"max\" of [workers], {max}", idle.value);
            section.table.reader.findings.error(&idle.place, message);
        }
        let limits = Self {
            launches_per_minute: section
                .count("launches_per_minute", 1..=MOST_WORKERS)
                .unwrap_or(default.launches_per_minute),
            budget: section.parsed("budget"),
            budget_per_hour: section.parsed("budget_per_hour"),
            min_idle: min_idle.map_or(default.min_idle, |idle| idle.value),
            grace: section.pause("grace").unwrap_or(default.grace),
            freeze_fall: section
                .count("freeze_fall", 1..=100)
                .and_then(|percent| u8::try_from(percent).ok())
                .unwrap_or(default.freeze_fall),
        };
        section.table.finish();
        limits
    }

    pub(super) fn write(&self, out: &mut TomlWriter) {
        out.section(&["limits"]);
        out.put("launches_per_minute", self.launches_per_minute);
        for (key, price) in [("budget", self.budget), ("budget_per_hour", self.budget_per_hour)] {
            if let Some(price) = price {
                out.raw(key, &price.to_string());
            }
        }
        out.put("min_idle", self.min_idle);
        out.duration("grace", self.grace);
        out.put("freeze_fall", i64::from(self.freeze_fall));
    }
}
