use std::collections::BTreeMap;

use super::fleet_meter::FleetMeter;
use super::instruments::Instruments;
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
