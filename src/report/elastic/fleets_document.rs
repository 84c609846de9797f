//! The list of fleets.

use jiff::Timestamp;
use serde::Serialize;

use super::fleet_bounds::FleetBoundsView;
use super::fleet_standing::FleetStanding;
use super::fleet_text::paint_state;
use crate::diagnostics::agreeing;
use crate::report::schema_version::SchemaVersion;
use crate::report::time::{age, duration};
use crate::report::{Cell, Style, table};

/// The document of `hoist elastic list`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FleetsDocument<'a> {
    schema: SchemaVersion,
    /// What is recorded, newest first.
    fleets: Vec<ListedFleetView<'a>>,
}

/// A fleet in the list.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListedFleetView<'a> {
    /// Its name.
    fleet: &'a str,
    /// The value of its machines' tag `hoist:fleet`.
    tag: String,
    /// `running`, `paused`, `stopping` or `ended`.
    state: &'static str,
    /// Number of machines that count against the maximum.
    live: usize,
    /// Number of workers that have ended by their leases. Nobody has looked whether they are gone; they do not count.
    gone_by_lease: usize,
    /// Limits of the number of workers.
    bounds: Option<FleetBoundsView>,
    /// Its file.
    file: &'a str,
    /// The engine that decides.
    engine: Option<&'a str>,
    /// Its cloud's provider.
    provider: &'a str,
    /// The region.
    region: Option<&'a str>,
    /// Tag of the run or annex that it belongs to.
    parent: Option<&'a str>,
    /// The process that runs its scaler. Null: nobody runs it.
    run_by: Option<&'a str>,
    /// When it was first recorded.
    created_at: Timestamp,
    /// When something was last recorded of it.
    updated_at: Timestamp,
}

impl<'a> FleetsDocument<'a> {
    /// Creates the document of these fleets, as of `now`.
    pub fn new(fleets: &'a [FleetStanding], now: Timestamp) -> Self {
        Self { schema: SchemaVersion, fleets: fleets.iter().map(|fleet| ListedFleetView::of(fleet, now)).collect() }
    }
}

impl<'a> ListedFleetView<'a> {
    fn of(standing: &'a FleetStanding, now: Timestamp) -> Self {
        let record = &standing.record;
        Self {
            fleet: record.id.name.as_str(),
            tag: record.id.tag(),
            state: standing.state(),
            live: standing.live(now),
            gone_by_lease: standing.gone_by_lease(now).count(),
            bounds: standing.bounds(now),
            file: record.path.to_str().unwrap_or_default(),
            engine: standing.engine(),
            provider: &record.cloud.provider,
            region: record.cloud.region.as_deref(),
            parent: record.parent.as_deref(),
            run_by: standing.run_by.as_deref(),
            created_at: record.created_at,
            updated_at: standing.updated_at,
        }
    }
}

/// Renders the list for people.
pub fn fleets_human(fleets: &[FleetStanding], now: Timestamp, style: Style) -> String {
    let titles = ["FLEET", "STATE", "WORKERS", "MIN", "MAX", "ENGINE", "PLACE", "AGE", "RUN BY"];
    let mut rows: Vec<Vec<Cell>> = vec![titles.map(|title| Cell::painted(title, style.dim(title))).into()];
    for standing in fleets {
        let (record, state) = (&standing.record, standing.state());
        let bounds = standing.bounds(now);
        let bound = |of: fn(&FleetBoundsView) -> u32| {
            bounds.as_ref().map_or_else(|| "-".to_owned(), |bounds| of(bounds).to_string())
        };
        let nobody = if state == "ended" { "-" } else { "nobody" };
        rows.push(vec![
            record.id.name.to_string().into(),
            Cell::painted(state, paint_state(state, style)),
            workers(standing, now).into(),
            bound(|bounds| bounds.min).into(),
            bound(|bounds| bounds.max).into(),
            standing.engine().unwrap_or("-").into(),
            standing.place().into(),
            duration(age(record.created_at, now)).into(),
            standing.run_by.clone().unwrap_or_else(|| nobody.to_owned()).into(),
        ]);
    }
    table(0, &rows)
}

/// Returns the number of workers. Of a fleet that has ended, those that it left to their leases. Nobody records the
/// ends of workers that no scaler looks after: those whose leases are over are told apart.
fn workers(standing: &FleetStanding, now: Timestamp) -> String {
    let live = standing.live(now);
    let left = match (standing.state(), live) {
        ("ended", 1) => "1 left to its lease".to_owned(),
        ("ended", 2..) => format!("{live} left to their leases"),
        _ => live.to_string(),
    };
    match standing.gone_by_lease(now).count() {
        0 => left,
        gone => format!("{left}, {gone} gone by {}", agreeing(gone, "its lease", "their leases")),
    }
}
