use std::collections::BTreeMap;

use super::fleet_meter::FleetMeter;
use super::instruments::Instruments;
use crate::elastic::engine::Seconds;
use crate::elastic::fleet::FleetFile;
use crate::scaler::{Fleet, PassRecord};

/// The metrics of all fleets of a daemon, by OpenMetrics 1.0. Labels are fleets, kinds and fixed words, so that the
/// number of series is bounded; no machine is one.
#[derive(Debug, Default)]
pub struct Metrics {
    instruments: Instruments,
    meters: BTreeMap<String, FleetMeter>,
}

impl Metrics {
    /// Content type of [`Metrics::text`].
    pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// Takes in a pass of a fleet, as it stands after it.
    pub fn passed(&mut self, fleet: &Fleet, file: &FleetFile, pass: &PassRecord) {
        let name = fleet.id.name.as_str();
        self.instruments.passed(name, "done");
        self.meters.entry(name.to_owned()).or_default().passed(&mut self.instruments, fleet, file, pass);
    }

    /// Takes in how long jobs had waited that left a fleet's queue: lengths in seconds, each with the number of jobs.
    pub fn waited(&self, fleet: &str, waits: &[(Seconds, u64)]) {
        waits.iter().for_each(|(seconds, jobs)| self.instruments.waited(fleet, *seconds as f64, *jobs));
    }

    /// Takes in a pass of a fleet that failed.
    pub fn failed(&self, fleet: &str) {
        self.instruments.passed(fleet, "failed");
    }

    /// Returns the page.
    pub fn text(&self) -> String {
        self.instruments.text()
    }

    /// Returns the names of all metrics, those of counters without `_total`.
    pub fn names(&self) -> &[String] {
        self.instruments.names()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// Returns the words of the dashboard's queries that name metrics of ours, without the suffixes of their series.
    fn queried(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| queried(item, found)),
            Value::Object(fields) => fields.values().for_each(|field| queried(field, found)),
            Value::String(text) => {
                let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let names = words.filter(|word| word.starts_with("hoist_elastic_"));
                let suffixes = ["_total", "_bucket"];
                let base = |name: &str| {
                    suffixes.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name).to_owned()
                };
                found.extend(names.map(base));
            }
            _ => {}
        }
    }

    #[test]
    fn the_dashboard_asks_for_metrics_that_exist_and_for_all_of_them() {
        let dashboard: Value = serde_json::from_str(include_str!("../../docs/grafana/hoist-elastic.json")).unwrap();
        let mut asked = BTreeSet::new();
        queried(&dashboard, &mut asked);
        let metrics = Metrics::default();
        let known: BTreeSet<String> = metrics.names().iter().cloned().collect();
        assert_eq!(asked, known);
    }
}
