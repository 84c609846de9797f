//! The documents of `hoist elastic why`.

use jiff::Timestamp;
use serde::Serialize;

use super::asked_worker::Whose;
use super::fleet_standing::FleetStanding;
use super::latest_view::LatestView;
use super::machine_life::{LifeStep, phase_word};
use super::pass_view::PassView;
use super::sentences::FleetPlace;
use crate::report::schema_version::SchemaVersion;
use crate::scaler::PassRecord;

/// The document of `hoist elastic why NAME`, with `--at` or `--last` too.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WhyDocument<'a> {
    schema: SchemaVersion,
    /// The fleet.
    fleet: &'a str,
    /// The passes, oldest first.
    passes: Vec<PassView<'a>>,
    /// The latest that is known from each source, and what keeps the fleet from more. Null: certain passes were asked
    /// about.
    latest: Option<LatestView<'a>>,
    /// What a person should know, a sentence each.
    warnings: Vec<String>,
}

impl<'a> WhyDocument<'a> {
    /// Creates the document of passes of a fleet; `latest` is where it stands, if no certain ones were asked about.
    pub fn new(
        passes: &'a [PassRecord],
        latest: Option<&'a FleetStanding>,
        place: &FleetPlace<'a>,
        warnings: Vec<String>,
    ) -> Self {
        let latest = latest.map(|standing| LatestView::of(standing, place));
        let passes = passes.iter().map(|pass| PassView::of(pass, place)).collect();
        Self { schema: SchemaVersion, fleet: place.name.as_str(), passes, latest, warnings }
    }
}

/// The document of `hoist elastic why NAME --machine ID`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WhyMachineDocument<'a> {
    schema: SchemaVersion,
    /// The fleet.
    fleet: &'a str,
    /// The worker's name.
    name: &'a str,
    /// The cloud's id. Null: no machine has got the name.
    id: Option<&'a str>,
    /// Its kind.
    kind: &'a str,
    /// `starting`, `serving`, `draining`, `ending`, `terminating` or `gone`; of a name that no machine has got
    /// `asked_for` or `not_launched`.
    phase: &'static str,
    /// When its lease ends. Null: no machine has got the name.
    expires_at: Option<Timestamp>,
    /// Its life.
    life: Vec<LifeStepView<'a>>,
}

/// A step in a worker's life.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LifeStepView<'a> {
    /// When it was recorded.
    at: Timestamp,
    /// What happened, and why.
    sentence: &'a str,
}

impl<'a> WhyMachineDocument<'a> {
    /// Creates the document of a worker, or of a name that no machine has got.
    pub fn new(fleet: &'a str, whose: &'a Whose, life: &'a [LifeStep]) -> Self {
        let life = life.iter().map(|step| LifeStepView { at: step.at, sentence: &step.sentence }).collect();
        let schema = SchemaVersion;
        match whose {
            Whose::Worker(worker) => Self {
                schema,
                fleet,
                name: &worker.name,
                id: Some(worker.id.as_str()),
                kind: &worker.kind,
                phase: phase_word(worker.phase),
                expires_at: Some(worker.expires_at),
                life,
            },
            Whose::Name(asked) => Self {
                schema,
                fleet,
                name: &asked.name,
                id: None,
                kind: &asked.intent.kind,
                phase: asked.phase(),
                expires_at: None,
                life,
            },
        }
    }
}
