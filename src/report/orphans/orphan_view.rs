//! Orphans in documents, one view per resource.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::audit::{LookedAfter, OrphanAnnex, ScopeError};
use crate::annex::AnnexName;
use crate::engine::{Missing, Orphan, lease_end};
use crate::provider::{Leftover, TAG_RUN, TAG_STATE_FILE};
use crate::report::annex::AnnexLeftoverView;
use crate::scaler::fleet_of;

/// A machine without a run that looks after it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OrphanView<'a> {
    /// Where it was found: a cloud, with its region where it has several.
    place: &'a str,
    /// Its id.
    instance_id: &'a str,
    /// The address by which it is reached.
    address: Option<&'a str>,
    /// The run that it was launched for, by its tag.
    run: Option<&'a str>,
    /// The name of the fleet whose worker it is, by its tag.
    fleet: Option<String>,
    /// Who launched it, by its tag.
    owner: Option<&'a str>,
    /// Whether that is whoever asks.
    mine: bool,
    /// When it was launched.
    launched_at: Timestamp,
    /// When its lease ends.
    expires_at: Option<Timestamp>,
    /// Why nobody looks after it, in a word.
    why: &'static str,
    /// Which state file it is tagged with.
    state: Option<&'a str>,
    /// The path of that state file.
    state_file: Option<&'a str>,
    /// Whether it may be another state file's.
    other_state: bool,
    /// What else is odd about it.
    finding: Option<&'a str>,
}

/// Something that carries our tags beside machines.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LeftoverView<'a> {
    /// Where it was found.
    place: &'a str,
    /// The kind of resource.
    kind: &'static str,
    /// Its id.
    id: &'a str,
    /// The run that it was made for, by its tag.
    run: Option<&'a str>,
    /// Who made it, by its tag.
    owner: Option<&'a str>,
    /// Whether that is whoever asks.
    mine: bool,
    /// Its size, its state.
    detail: &'a str,
    /// Whether it costs money.
    bills: bool,
    /// Whether its run is one that this state file does not know.
    other_state: bool,
}

/// A recorded machine that is not there.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MissingView<'a> {
    /// Where it should be.
    place: &'a str,
    /// Its run.
    run: &'a str,
    /// Its service.
    service: &'a str,
    /// Its id.
    instance_id: &'a str,
    /// What is there in its stead, where something is.
    finding: Option<&'a str>,
    /// What to try.
    hint: Option<&'a str>,
}

/// An annex that no record of this state file is of.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OrphanAnnexView<'a> {
    /// Where it was found.
    place: &'a str,
    /// Its name.
    annex: &'a AnnexName,
    /// Its name, and the chance that tells it from others of this name.
    tag: String,
    /// Who made it, as far as can be told.
    owner: Option<&'a str>,
    /// Whether that is whoever asks.
    mine: bool,
    /// Which state file looks after it, as far as can be told.
    state: Option<&'a str>,
    /// Whether it may be another state file's.
    other_state: bool,
    /// What is left of it, where its stack is gone; left out where that is there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remains: Vec<AnnexLeftoverView<'a>>,
}

/// Something that another state file on this machine looks after.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LookedAfterView<'a> {
    /// Where it was found.
    place: &'a str,
    /// What it is.
    what: &'a str,
    /// Its run, where it is a machine.
    run: Option<&'a str>,
    /// That state file.
    state_file: &'a Path,
}

/// A place that could not be asked.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ScopeErrorView<'a> {
    /// Which, and why.
    error: &'a str,
    /// What to try.
    hint: Option<&'a str>,
}

impl<'a> OrphanView<'a> {
    pub(super) fn of(place: &'a str, orphan: &'a Orphan, me: &str, state: Option<&str>) -> Self {
        let instance = &orphan.instance;
        let tag = |name: &str| instance.tags.get(name).map(String::as_str);
        Self {
            place,
            instance_id: &instance.id,
            address: instance.address.as_deref(),
            run: tag(TAG_RUN),
            fleet: fleet_of(instance).map(|fleet| fleet.name.into()),
            owner: orphan.owner(),
            mine: orphan.owner() == Some(me),
            launched_at: instance.launched_at,
            expires_at: lease_end(instance),
            why: orphan.why.as_str(),
            state: orphan.state(),
            state_file: tag(TAG_STATE_FILE),
            other_state: orphan.is_elsewhere(state),
            finding: instance.finding(),
        }
    }
}

impl<'a> LeftoverView<'a> {
    pub(super) fn of(place: &'a str, thing: &'a Leftover, me: &str, other_state: bool) -> Self {
        Self {
            place,
            kind: thing.kind.as_str(),
            id: &thing.id,
            run: thing.run.as_deref(),
            owner: thing.owner.as_deref(),
            mine: thing.owner.as_deref() == Some(me),
            detail: &thing.detail,
            bills: thing.bills,
            other_state,
        }
    }
}

impl<'a> MissingView<'a> {
    pub(super) fn of(place: &'a str, missing: &'a Missing) -> Self {
        Self {
            place,
            run: &missing.run,
            service: &missing.service,
            instance_id: &missing.instance_id,
            finding: missing.finding.as_deref(),
            hint: missing.hint.as_deref(),
        }
    }
}

impl<'a> OrphanAnnexView<'a> {
    pub(super) fn of(place: &'a str, annex: &'a OrphanAnnex, me: &str, state: Option<&str>) -> Self {
        Self {
            place,
            annex: &annex.id.name,
            tag: annex.id.tag(),
            owner: annex.owner.as_deref(),
            mine: annex.owner.as_deref() == Some(me),
            state: annex.state.as_deref(),
            other_state: annex.is_elsewhere(state),
            remains: annex.remains.iter().map(AnnexLeftoverView::of).collect(),
        }
    }
}

impl<'a> LookedAfterView<'a> {
    pub(super) fn of(place: &'a str, it: &'a LookedAfter) -> Self {
        Self { place, what: &it.what, run: it.run.as_deref(), state_file: &it.state_file }
    }
}

impl<'a> ScopeErrorView<'a> {
    pub(super) fn of(error: &'a ScopeError) -> Self {
        Self { error: &error.what, hint: error.hint.as_deref() }
    }
}
