use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Metric, Registry};

use super::gauges::{Gauges, Labels, currency, with_fleet};
use super::weighted_histogram::WeightedHistogram;

/// Beginning of the name of every metric.
const PREFIX: &str = "hoist_elastic";

/// The gauges, counters and histograms of all fleets.
#[derive(Debug)]
pub(super) struct Instruments {
    registry: Registry,
    /// Names of all metrics, without the suffixes of counters and histograms.
    names: Vec<String>,
    pub(super) demand: Gauges,
    pub(super) machines: Gauges,
    pub(super) targets: Gauges,
    pub(super) limits: Gauges,
    pub(super) breakers: Gauges,
    pub(super) cooling: Gauges,
    pub(super) source_ages: Gauges,
    pub(super) sources_up: Gauges,
    pub(super) last_pass: Gauges,
    pub(super) paused: Gauges,
    pub(super) cost: Gauges,
    pub(super) budget_left: Gauges,
    passes: Counters,
    launches: Counters,
    failed_launches: Counters,
    terminations: Counters,
    decisions: Counters,
    spent: Family<Labels, Counter<f64, AtomicU64>>,
    drain: Histograms,
    join: Histograms,
    queue_wait: Waits,
}

type Counters = Family<Labels, Counter>;
type Histograms = Family<Labels, Histogram, Buckets>;
type Waits = Family<Labels, WeightedHistogram, Days>;

/// Makes histograms of times from 1 s to 9 h.
#[derive(Clone, Copy, Debug)]
struct Buckets;

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(exponential_buckets(1.0, 2.0, 16))
    }
}

/// Makes histograms of times from 1 s to 6 days.
#[derive(Clone, Copy, Debug)]
struct Days;

impl MetricConstructor<WeightedHistogram> for Days {
    fn new_metric(&self) -> WeightedHistogram {
        WeightedHistogram::new(exponential_buckets(1.0, 2.0, 20))
    }
}

/// Registers metrics with the common prefix.
struct Registrar {
    registry: Registry,
    names: Vec<String>,
}

impl Registrar {
    fn add<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: &M) {
        self.names.push(format!("{PREFIX}_{name}"));
        self.registry.register(name, help, metric.clone());
    }

    fn gauges(&mut self, name: &str, help: &str) -> Gauges {
        let gauges = Gauges::default();
        self.add(name, help, &gauges.family);
        gauges
    }

    fn counters(&mut self, name: &str, help: &str) -> Counters {
        let counters = Counters::default();
        self.add(name, help, &counters);
        counters
    }

    fn times(&mut self, name: &str, help: &str) -> Histograms {
        let times = Histograms::new_with_constructor(Buckets);
        self.add(name, help, &times);
        times
    }
}

impl Default for Instruments {
    fn default() -> Self {
        let mut new = Registrar { registry: Registry::with_prefix(PREFIX), names: Vec::new() };
        let spent = Family::default();
        let queue_wait = Waits::new_with_constructor(Days);
        let help = "Time that jobs had waited when they left the queue, where it tells groups of alike jobs";
        new.add("queue_wait_seconds", help, &queue_wait);
        new.add("spent", "Cost of the machines since the daemon's start, where their prices are known", &spent);
        Self {
            demand: new.gauges(
                "demand_jobs",
                "Jobs: matched and unmatchable ones wait, hidden ones follow them, held ones wait for a person",
            ),
            machines: new.gauges("machines", "Machines by kind, market and phase"),
            targets: new.gauges("target_machines", "Machines of a kind that shall serve, by the last pass"),
            limits: new.gauges("limit_machines", "Minimum and maximum number of machines; of all kinds without a kind"),
            breakers: new
                .gauges("breaker_open", "1 where launches are stopped since launched machines did not come up"),
            cooling: new.gauges("offer_cooling", "1 where launches wait since the cloud refused some"),
            source_ages: new.gauges("source_age_seconds", "Age of the last answer of a source at the last pass"),
            sources_up: new.gauges("source_up", "1 where a source answered at the last pass, fresh or from memory"),
            last_pass: new.gauges("last_pass_timestamp_seconds", "Time of the last pass, in seconds since 1970"),
            paused: new.gauges("paused", "1 where a person has paused the fleet"),
            cost: new.gauges("cost_per_hour", "Price of all machines for an hour, where their prices are known"),
            budget_left: new.gauges("budget_remaining", "What is left of the budget"),
            passes: new.counters("passes", "Passes by result"),
            launches: new.counters("launches", "Machines that were asked for, by result"),
            failed_launches: new.counters("failed_launches", "Launches without a machine at work, by reason"),
            terminations: new.counters("terminations", "Machines that were ended, by reason"),
            decisions: new.counters("decisions", "Decisions by action and reason"),
            drain: new.times("drain_seconds", "Time from the order to accept no more work to the machine's end"),
            join: new.times("join_seconds", "Time from a machine's launch to its joining the pool"),
            spent,
            queue_wait,
            registry: new.registry,
            names: new.names,
        }
    }
}

impl Instruments {
    pub(super) fn passed(&self, fleet: &str, result: &'static str) {
        self.count(&self.passes, fleet, vec![("result", result.to_owned())], 1);
    }

    /// Returns the page.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// Returns the names of all metrics, those of counters without `_total`.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    fn count(&self, counters: &Counters, fleet: &str, labels: Labels, number: u64) {
        counters.get_or_create(&with_fleet(fleet, labels)).inc_by(number);
    }

    pub(super) fn launched(&self, fleet: &str, kind: &str, result: &'static str, number: u64) {
        let labels = vec![("kind", kind.to_owned()), ("result", result.to_owned())];
        self.count(&self.launches, fleet, labels, number);
    }

    pub(super) fn launch_failed(&self, fleet: &str, kind: &str, reason: &'static str, number: u64) {
        let labels = vec![("kind", kind.to_owned()), ("reason", reason.to_owned())];
        self.count(&self.failed_launches, fleet, labels, number);
    }

    pub(super) fn terminated(&self, fleet: &str, kind: &str, reason: &'static str) {
        let labels = vec![("kind", kind.to_owned()), ("reason", reason.to_owned())];
        self.count(&self.terminations, fleet, labels, 1);
    }

    pub(super) fn decided(&self, fleet: &str, action: &'static str, reason: &'static str) {
        let labels = vec![("action", action.to_owned()), ("reason", reason.to_owned())];
        self.count(&self.decisions, fleet, labels, 1);
    }

    pub(super) fn spent(&self, fleet: &str, amount: f64) {
        self.spent.get_or_create(&with_fleet(fleet, vec![currency()])).inc_by(amount);
    }

    pub(super) fn drained(&self, fleet: &str, kind: &str, seconds: f64) {
        let labels = with_fleet(fleet, vec![("kind", kind.to_owned())]);
        self.drain.get_or_create(&labels).observe(seconds);
    }

    pub(super) fn waited(&self, fleet: &str, seconds: f64, jobs: u64) {
        self.queue_wait.get_or_create(&with_fleet(fleet, Vec::new())).observe(seconds, jobs);
    }

    pub(super) fn joined(&self, fleet: &str, kind: &str, seconds: f64) {
        let labels = with_fleet(fleet, vec![("kind", kind.to_owned())]);
        self.join.get_or_create(&labels).observe(seconds);
    }
}
