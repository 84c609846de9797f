use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::fleet_bounds::FleetBoundsView;
use super::fleet_next::FleetNextView;
use super::fleet_standing::FleetStanding;
use super::latest_view::LatestView;
use super::machine_life::phase_word;
use super::pass_view::PassView;
use super::sentences::FleetPlace;
use crate::report::schema_version::SchemaVersion;
use crate::scaler::Worker;

/// The document of `hoist elastic status NAME`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FleetStatusDocument<'a> {
    schema: SchemaVersion,
    /// Its name.
    fleet: &'a str,
    /// The value of its machines' tag `hoist:fleet`.
    tag: String,
    /// `running`, `paused`, `stopping` or `ended`.
    state: &'static str,
    /// The process that runs its scaler. Null: nobody runs it.
    run_by: Option<&'a str>,
    /// Its file.
    file: &'a str,
    /// The engine that decides. Null: the file cannot be read any more.
    engine: Option<&'a str>,
    /// Its cloud's provider.
    provider: &'a str,
    /// The region.
    region: Option<&'a str>,
    /// Tag of the run or annex that it belongs to.
    parent: Option<&'a str>,
    /// Limits of the number of workers.
    bounds: Option<FleetBoundsView>,
    /// Number of machines that count against the maximum.
    live: usize,
    /// Number of workers that have ended by their leases. Nobody has looked whether they are gone; they do not count.
    gone_by_lease: usize,
    /// Number of machines that are being asked for.
    launching: usize,
    /// Number of workers by kind and phase.
    kinds: BTreeMap<&'a str, BTreeMap<&'static str, u64>>,
    /// The workers that are not known to be gone.
    workers: Vec<WorkerView<'a>>,
    /// What its machines have cost, in the currency of its prices. Null: unknown.
    spent: Option<String>,
    /// What comes next.
    next: FleetNextView,
    /// The last pass. Null: there was none.
    last_pass: Option<PassView<'a>>,
    /// The latest that is known from each source.
    latest: LatestView<'a>,
    /// When it was first recorded.
    created_at: Timestamp,
    /// When something was last recorded of it.
    updated_at: Timestamp,
    /// What a person should know, a sentence each.
    warnings: Vec<String>,
}

/// A worker.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WorkerView<'a> {
    /// Its name in the fleet.
    name: &'a str,
    /// The cloud's id.
    id: &'a str,
    /// Its kind.
    kind: &'a str,
    /// `starting`, `serving`, `draining`, `ending` or `terminating`.
    phase: &'static str,
    /// When it came into its phase.
    phase_since: Timestamp,
    /// When the cloud launched it.
    launched_at: Timestamp,
    /// When it was first seen in the pool.
    joined_at: Option<Timestamp>,
    /// When its lease ends.
    expires_at: Timestamp,
    /// Whether it has ended by its lease. Nobody has looked whether it is gone.
    gone_by_lease: bool,
    /// Its price for an hour. Null: unknown.
    price: Option<String>,
}

/// The document of `hoist elastic status`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FleetStatusesDocument<'a> {
    schema: SchemaVersion,
    /// The fleets, newest first.
    fleets: Vec<FleetStatusDocument<'a>>,
}

impl<'a> FleetStatusesDocument<'a> {
    /// Creates the document of these fleets, as of `now`.
    pub fn new(fleets: &'a [FleetStanding], now: Timestamp) -> Self {
        let fleets = fleets.iter().map(|fleet| FleetStatusDocument::new(fleet, now)).collect();
        Self { schema: SchemaVersion, fleets }
    }
}

impl<'a> FleetStatusDocument<'a> {
    /// Creates the document of a fleet, as of `now`.
    pub fn new(standing: &'a FleetStanding, now: Timestamp) -> Self {
        let record = &standing.record;
        let place = FleetPlace::of(record);
        Self {
            schema: SchemaVersion,
            fleet: record.id.name.as_str(),
            tag: record.id.tag(),
            state: standing.state(),
            run_by: standing.run_by.as_deref(),
            file: record.path.to_str().unwrap_or_default(),
            engine: standing.engine(),
            provider: &record.cloud.provider,
            region: record.cloud.region.as_deref(),
            parent: record.parent.as_deref(),
            bounds: standing.bounds(now),
            live: standing.live(now),
            gone_by_lease: standing.gone_by_lease(now).count(),
            launching: record.launching.values().map(|intent| intent.names.len()).sum(),
            kinds: kinds(standing, now),
            workers: record.present().map(|worker| WorkerView::of(worker, standing, now)).collect(),
            spent: standing.spent.map(|spent| spent.to_string()),
            next: FleetNextView::of(standing, now),
            last_pass: standing.last_pass.as_ref().map(|pass| PassView::of(pass, &place)),
            latest: LatestView::of(standing, &place),
            created_at: record.created_at,
            updated_at: standing.updated_at,
            warnings: standing.warnings(now),
        }
    }
}

impl<'a> WorkerView<'a> {
    fn of(worker: &'a Worker, standing: &FleetStanding, now: Timestamp) -> Self {
        Self {
            name: &worker.name,
            id: worker.id.as_str(),
            kind: &worker.kind,
            phase: phase_word(worker.phase),
            phase_since: worker.phase_since,
            launched_at: worker.launched_at,
            joined_at: worker.joined_at,
            expires_at: worker.expires_at,
            gone_by_lease: standing.is_gone_by_lease(worker, now),
            price: worker.price.map(|price| price.to_string()),
        }
    }
}

/// Counts the workers that are not gone, by what is known or by their leases, by kind and phase.
pub(super) fn kinds(standing: &FleetStanding, now: Timestamp) -> BTreeMap<&str, BTreeMap<&'static str, u64>> {
    let mut kinds: BTreeMap<&str, BTreeMap<&'static str, u64>> = BTreeMap::new();
    for worker in standing.record.present().filter(|worker| !standing.is_gone_by_lease(worker, now)) {
        *kinds.entry(&worker.kind).or_default().entry(phase_word(worker.phase)).or_default() += 1;
    }
    kinds
}
