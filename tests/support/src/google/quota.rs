//! Quotas: of a region, and of the whole project.

use serde_json::{Value, json};

use super::error::GoogleError;
use super::operation::OperationError;

/// A limit other than the usual one.
#[derive(Clone, Debug)]
pub struct Quota {
    /// `CPUS`, `PREEMPTIBLE_CPUS`, `INSTANCES`, `CPUS_ALL_REGIONS` …
    pub metric: String,
    pub limit: u32,
}

impl Quota {
    /// In each region; `CPUS_ALL_REGIONS` is the project's.
    pub fn new(metric: &str, limit: u32) -> Self {
        Self { metric: metric.to_owned(), limit }
    }
}

/// The only metric here that counts all regions together.
pub(super) const PROJECT_METRIC: &str = "CPUS_ALL_REGIONS";

/// The metrics of a region, and the limits that they have when a test sets none.
pub(super) const REGION_METRICS: [(&str, u32); 9] = [
    ("CPUS", 5000),
    ("N2_CPUS", 5000),
    ("C3_CPUS", 5000),
    ("T2A_CPUS", 5000),
    ("PREEMPTIBLE_CPUS", 5000),
    ("INSTANCES", 6000),
    ("IN_USE_ADDRESSES", 6000),
    ("DISKS_TOTAL_GB", 1_000_000),
    ("SSD_TOTAL_GB", 1_000_000),
];

const PROJECT_LIMIT: u32 = 20_000;

/// The limit of a metric.
pub(super) fn limit(quotas: &[Quota], metric: &str) -> u32 {
    let set = quotas.iter().rev().find(|quota| quota.metric == metric).map(|quota| quota.limit);
    let usual = REGION_METRICS.iter().find(|(name, _)| *name == metric).map_or(PROJECT_LIMIT, |(_, limit)| *limit);
    set.unwrap_or(usual)
}

/// A quota that is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exceeded {
    pub metric: String,
    pub limit: u32,
    pub region: String,
}

impl Exceeded {
    fn is_of_project(&self) -> bool {
        self.metric == PROJECT_METRIC
    }

    fn message(&self) -> String {
        let place = if self.is_of_project() { "globally".to_owned() } else { format!("in region {}", self.region) };
        format!("Quota '{}' exceeded.  Limit: {:.1} {place}.", self.metric, f64::from(self.limit))
    }

    /// As a call is answered.
    pub(super) fn refusal(&self) -> GoogleError {
        GoogleError::new(403, "quotaExceeded", self.message())
    }

    /// As an operation has it.
    pub(super) fn error(&self) -> OperationError {
        let whole = self.is_of_project();
        let kind = if whole { "per-project" } else { "per-project-region" };
        let info = json!({
            "metricName": format!("compute.googleapis.com/{}", self.metric.to_lowercase()),
            "limitName": format!("{}-{kind}", self.metric.replace('_', "-")),
            "dimensions": if whole { json!({}) } else { json!({"region": self.region}) },
            "limit": f64::from(self.limit),
        });
        let details = json!([{"quotaInfo": info}]);
        OperationError { details: Some(details), ..OperationError::new("QUOTA_EXCEEDED", self.message()) }
    }
}

/// A quota as regions and projects show it.
pub(super) fn shown(metric: &str, limit: u32, usage: u32) -> Value {
    json!({"metric": metric, "limit": f64::from(limit), "usage": f64::from(usage)})
}
