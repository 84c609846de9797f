//! The list of annexes.

use jiff::Timestamp;
use serde::Serialize;

use crate::annex::{Annex, AnnexName, AnnexPhase};
use crate::report::schema_version::SchemaVersion;
use crate::report::time::{age, duration, lease};
use crate::report::{Cell, Style, table};

/// An annex in the list.
pub struct AnnexListed {
    /// Record of the annex.
    pub record: Annex,
    /// Time of the last record.
    pub updated_at: Timestamp,
    /// Process that holds the annex.
    pub held_by: Option<String>,
}

impl AnnexListed {
    fn is_over(&self, now: Timestamp) -> bool {
        let record = &self.record;
        record.stage != AnnexPhase::Ended && record.spec.as_ref().is_some_and(|spec| spec.expires_at <= now)
    }

    fn place(&self) -> String {
        let place = &self.record.place;
        let region = place.region.as_ref().map(|region| format!(" {region}")).unwrap_or_default();
        format!("{}{region}", place.provider)
    }
}

/// The document of `hoist annex list`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnnexesDocument<'a> {
    schema: SchemaVersion,
    /// What is recorded.
    annexes: Vec<ListedAnnexView<'a>>,
}

/// An annex in the list.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListedAnnexView<'a> {
    /// Its name.
    annex: &'a AnnexName,
    /// Its name, and the chance that tells it from others of this name.
    tag: String,
    /// Where it stands by the record.
    state: AnnexPhase,
    /// Whether it should have ended by now.
    lease_over: bool,
    /// Why it is so, where that is known.
    reason: Option<&'a str>,
    /// How many instances it is to have.
    count: Option<u32>,
    /// Its cloud's provider.
    provider: &'a str,
    /// The region.
    region: Option<&'a str>,
    /// The cloud's id of the whole.
    cloud_id: Option<&'a str>,
    /// When it was first recorded.
    created_at: Timestamp,
    /// When something was last recorded of it.
    updated_at: Timestamp,
    /// When its lease ends.
    expires_at: Option<Timestamp>,
    /// How many seconds that is from now; 0 where it is over.
    lease_left_seconds: Option<i64>,
    /// Instances that take no more jobs.
    draining: &'a [String],
    /// Who works on it now.
    held_by: Option<&'a str>,
}

impl<'a> AnnexesDocument<'a> {
    /// Creates the document of these annexes, as of `now`.
    pub fn new(annexes: &'a [AnnexListed], now: Timestamp) -> Self {
        let annexes = annexes.iter().map(|listed| ListedAnnexView::of(listed, now)).collect();
        Self { schema: SchemaVersion, annexes }
    }
}

impl<'a> ListedAnnexView<'a> {
    fn of(listed: &'a AnnexListed, now: Timestamp) -> Self {
        let record = &listed.record;
        let spec = record.spec.as_ref();
        Self {
            annex: &record.id.name,
            tag: record.id.tag(),
            state: record.stage,
            lease_over: listed.is_over(now),
            reason: record.reason.as_deref(),
            count: spec.map(|spec| spec.count),
            provider: &record.place.provider,
            region: record.place.region.as_deref(),
            cloud_id: record.cloud_id.as_deref(),
            created_at: record.created_at,
            updated_at: listed.updated_at,
            expires_at: spec.map(|spec| spec.expires_at),
            lease_left_seconds: spec.map(|spec| spec.expires_at.duration_since(now).as_secs().max(0)),
            draining: &record.draining,
            held_by: listed.held_by.as_deref(),
        }
    }
}

/// Formats the list for people.
pub fn annexes_human(annexes: &[AnnexListed], now: Timestamp, style: Style) -> String {
    let titles = ["ANNEX", "STATE", "COUNT", "PLACE", "LEASE", "AGE"];
    let mut rows: Vec<Vec<Cell>> = vec![titles.map(|title| Cell::painted(title, style.dim(title))).into()];
    for listed in annexes {
        let record = &listed.record;
        let state = if listed.is_over(now) { "lease over" } else { stage_word(record.stage) };
        let painted = match state {
            "settled" => style.good(state),
            "failed" | "lease over" => style.bad(state),
            "ended" | "new" => style.dim(state),
            _ => style.warn(state),
        };
        let left = match &record.spec {
            _ if record.stage == AnnexPhase::Ended => "-".to_owned(),
            Some(spec) if spec.expires_at <= now => format!("over, {} ago", duration(age(spec.expires_at, now))),
            Some(spec) => format!("{} left", lease(age(now, spec.expires_at))),
            None => "-".to_owned(),
        };
        let held = listed.held_by.as_ref().map(|holder| format!("  held by {holder}")).unwrap_or_default();
        let old = duration(age(record.created_at, now));
        rows.push(vec![
            record.id.name.to_string().into(),
            Cell::painted(state, painted),
            record.spec.as_ref().map_or_else(|| "-".to_owned(), |spec| spec.count.to_string()).into(),
            listed.place().into(),
            left.into(),
            Cell::painted(&format!("{old}{held}"), format!("{old}{}", style.warn(held))),
        ]);
    }
    table(0, &rows)
}

fn stage_word(stage: AnnexPhase) -> &'static str {
    match stage {
        AnnexPhase::New => "new",
        AnnexPhase::Applying => "applying",
        AnnexPhase::Settled => "settled",
        AnnexPhase::Failed => "failed",
        AnnexPhase::Deleting => "deleting",
        AnnexPhase::Ended => "ended",
    }
}
