use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

/// Labels of a series with their values, in the order of the page.
pub(super) type Labels = Vec<(&'static str, String)>;

/// A gauge with labels, of all fleets.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    pub(super) family: Family<Labels, Gauge<f64, AtomicU64>>,
    known: BTreeMap<String, BTreeSet<Labels>>,
}

impl Gauges {
    /// Sets all series of a fleet; those that it had before and that are not among them disappear from the page. The
    /// label `fleet` is added.
    pub(super) fn replace(&mut self, fleet: &str, series: impl IntoIterator<Item = (Labels, f64)>) {
        let mut present = BTreeSet::new();
        for (labels, value) in series {
            let labels = with_fleet(fleet, labels);
            self.family.get_or_create(&labels).set(value);
            present.insert(labels);
        }
        let before = self.known.insert(fleet.to_owned(), present.clone()).unwrap_or_default();
        before.difference(&present).for_each(|gone| {
            self.family.remove(gone);
        });
    }
}

/// Returns the labels with that of the fleet before them.
pub(super) fn with_fleet(fleet: &str, labels: Labels) -> Labels {
    std::iter::once(("fleet", fleet.to_owned())).chain(labels).collect()
}

/// Returns the label of amounts of money.
pub(super) fn currency() -> (&'static str, String) {
    ("currency", "USD".to_owned())
}
