//! The documents of requested annexes.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::annex_document::AnnexDocument;
use super::annex_leftover_view::AnnexLeftoverView;
use crate::annex::{Annex, AnnexLeftover, AnnexName, AnnexPhase};
use crate::report::schema_version::SchemaVersion;

/// The document of `hoist annex status` of several annexes.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnnexStatusesDocument {
    schema: SchemaVersion,
    /// Each with what was found.
    #[cfg_attr(test, schemars(with = "Vec<AnnexStatusDocument<'static>>"))]
    annexes: Vec<Value>,
}

/// The document of `hoist annex status` of one annex.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum AnnexStatusDocument<'a> {
    /// The cloud has it.
    There(Box<AnnexDocument<'a>>),
    /// The cloud has nothing of it.
    Gone(GoneAnnexView<'a>),
    /// It could not be asked for.
    Unknown(UnknownAnnexView<'a>),
}

/// An annex that the cloud has nothing of.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct GoneAnnexView<'a> {
    schema: SchemaVersion,
    /// Its name.
    annex: &'a AnnexName,
    /// Its name, and the chance that tells it from others of this name.
    tag: String,
    /// `gone`.
    state: &'static str,
    /// Where it stands by the record.
    recorded: AnnexPhase,
    /// Why it is so, where that is known.
    reason: Option<&'a str>,
    /// When its lease ends, or ended.
    expires_at: Option<Timestamp>,
    /// None.
    instances: [(); 0],
    /// What carries its tag all the same; left out where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remains: Vec<AnnexLeftoverView<'a>>,
}

/// An annex that could not be asked for.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnknownAnnexView<'a> {
    schema: SchemaVersion,
    /// Its name.
    annex: &'a AnnexName,
    /// Its name, and the chance that tells it from others of this name.
    tag: String,
    /// Why.
    error: String,
}

impl AnnexStatusesDocument {
    /// Combines the documents of annexes.
    pub fn new(annexes: Vec<Value>) -> Self {
        Self { schema: SchemaVersion, annexes }
    }
}

impl<'a> AnnexStatusDocument<'a> {
    /// Creates the document of an annex that the cloud does not show, with what is left of it all the same.
    pub fn gone(record: &'a Annex, remains: &'a [AnnexLeftover]) -> Self {
        Self::Gone(GoneAnnexView {
            schema: SchemaVersion,
            annex: &record.id.name,
            tag: record.id.tag(),
            state: "gone",
            recorded: record.stage,
            reason: record.reason.as_deref(),
            expires_at: record.spec.as_ref().map(|spec| spec.expires_at),
            instances: [],
            remains: remains.iter().map(AnnexLeftoverView::of).collect(),
        })
    }

    /// Creates the document of an annex that could not be asked for.
    pub fn unknown(record: &'a Annex, error: String) -> Self {
        let (annex, tag) = (&record.id.name, record.id.tag());
        Self::Unknown(UnknownAnnexView { schema: SchemaVersion, annex, tag, error })
    }
}
