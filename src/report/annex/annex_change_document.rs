//! The document of a created or changed annex.

use jiff::Timestamp;
use serde::Serialize;

use crate::annex::{Annex, AnnexInstance, AnnexName, AnnexPhase};
use crate::provider::InstanceState;
use crate::report::schema_version::SchemaVersion;

/// The document of the commands that make or change an annex: `hoist annex create`, `update`, `extend` and `drain`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnnexChangeDocument<'a> {
    schema: SchemaVersion,
    /// Its name.
    annex: &'a AnnexName,
    /// Its name, and the chance that tells it from others of this name.
    tag: String,
    /// What came of it, in a word.
    outcome: &'a str,
    /// Where it stands by the record.
    state: AnnexPhase,
    /// How many instances it is to have.
    wanted: Option<u32>,
    /// How many of them run; null where nobody waited for them.
    running: Option<usize>,
    /// Their ids; null where nobody waited for them.
    instances: Option<Vec<&'a str>>,
    /// When its lease ends.
    expires_at: Option<Timestamp>,
    /// The cloud's id of the whole.
    cloud_id: Option<&'a str>,
    #[serde(flatten)]
    drained: Option<DrainedView<'a>>,
}

/// What came of draining.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DrainedView<'a> {
    /// The instances that have ended.
    pub ended: Vec<&'a str>,
    /// The instances that still have jobs.
    pub draining: &'a [String],
}

impl<'a> AnnexChangeDocument<'a> {
    /// Creates the document of a recorded annex, with its instances if the command waited for them.
    pub fn new(record: &'a Annex, outcome: &'a str, instances: Option<&'a [AnnexInstance]>) -> Self {
        let spec = record.spec.as_ref();
        Self {
            schema: SchemaVersion,
            annex: &record.id.name,
            tag: record.id.tag(),
            outcome,
            state: record.stage,
            wanted: spec.map(|spec| spec.count),
            running: instances.map(running),
            instances: instances.map(|all| all.iter().map(|one| one.id.as_str()).collect()),
            expires_at: spec.map(|spec| spec.expires_at),
            cloud_id: record.cloud_id.as_deref(),
            drained: None,
        }
    }

    /// Adds the result of draining.
    #[must_use]
    pub fn drained(self, drained: DrainedView<'a>) -> Self {
        Self { drained: Some(drained), ..self }
    }
}

/// Returns the number of running instances.
pub(super) fn running(instances: &[AnnexInstance]) -> usize {
    instances.iter().filter(|instance| instance.state == InstanceState::Running).count()
}
