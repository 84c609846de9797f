//! Annexes at a glance.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::time::{age, duration, lease};
use super::{Cell, Style, table};
use crate::annex::{Annex, AnnexPhase};

/// An annex in the list.
pub struct AnnexListed {
    /// What is recorded of it.
    pub record: Annex,
    /// When something was last recorded of it.
    pub updated_at: Timestamp,
    /// Who works on it now.
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

/// The document of `annex list`.
pub fn annexes_json(annexes: &[AnnexListed], now: Timestamp) -> Value {
    let annexes: Vec<Value> = annexes
        .iter()
        .map(|listed| {
            let record = &listed.record;
            let spec = record.spec.as_ref();
            json!({
                "annex": record.id.name,
                "tag": record.id.tag(),
                "state": record.stage,
                "lease_over": listed.is_over(now),
                "reason": record.reason,
                "count": spec.map(|spec| spec.count),
                "provider": record.place.provider,
                "region": record.place.region,
                "cloud_id": record.cloud_id,
                "created_at": record.created_at.to_string(),
                "updated_at": listed.updated_at.to_string(),
                "expires_at": spec.map(|spec| spec.expires_at.to_string()),
                "lease_left_seconds": spec.map(|spec| spec.expires_at.duration_since(now).as_secs().max(0)),
                "draining": record.draining,
                "held_by": listed.held_by,
            })
        })
        .collect();
    json!({ "schema": 1, "annexes": annexes })
}

/// The same for people.
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
