//! The document of jobs submitted to an annex.

use std::path::Path;

use serde::Serialize;

use crate::annex::{AnnexId, AnnexName};
use crate::batch::htcondor::Jobs;
use crate::report::schema_version::SchemaVersion;

/// The document of `hoist annex submit`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SubmissionDocument<'a> {
    schema: SchemaVersion,
    /// The annex's name.
    annex: &'a AnnexName,
    /// Its name, and the chance that tells it from others of this name.
    tag: String,
    /// The submit file.
    file: &'a Path,
    /// What it became in the queue.
    clusters: Vec<ClusterView>,
}

/// A cluster of jobs.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClusterView {
    /// Its number in the queue.
    cluster: u64,
    /// How many jobs it has.
    jobs: u64,
}

impl<'a> SubmissionDocument<'a> {
    /// Creates the document of the jobs submitted from this file.
    pub fn new(id: &'a AnnexId, file: &'a Path, jobs: &[Jobs]) -> Self {
        let clusters = jobs.iter().map(|jobs| ClusterView { cluster: jobs.cluster, jobs: jobs.count }).collect();
        Self { schema: SchemaVersion, annex: &id.name, tag: id.tag(), file, clusters }
    }
}
