use std::path::{Path, PathBuf};

use crate::diagnostics::{Diagnostic, Place, Severity};
use crate::elastic::fleet::{FleetCloud, FleetEngine, FleetFile, FleetLimits, WorkerLease, Workers};

/// Notes on credentials of EC2.
pub(super) const EC2_KEYS: &str = "the access key is not copied: write AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to \
    /etc/hoist/credentials.env, readable by root alone, or give the scaler's machine a role";

/// The configuration of an earlier scaler as a fleet file.
#[derive(Clone, Debug)]
pub struct FleetImport {
    /// The program that the configuration is of: `elastiq`, `coalition` or `epu`.
    pub source: &'static str,
    /// The settings.
    pub fleet: FleetFile,
    /// What was not carried over, or has another meaning, by line.
    pub notes: Vec<Diagnostic>,
}

/// Collects notes on a file.
pub(super) struct Notes {
    file: PathBuf,
    notes: Vec<Diagnostic>,
}

impl Notes {
    /// Starts with the warnings of a reader.
    pub(super) fn new(file: &Path, warnings: Vec<Diagnostic>) -> Self {
        Self { file: file.to_owned(), notes: warnings }
    }

    /// Adds a note on a line.
    pub(super) fn add(&mut self, line: Option<usize>, message: impl Into<String>) {
        let note = Diagnostic::new(Severity::Note, message).at(Place::new(&self.file, line));
        self.notes.push(note.printable());
    }

    /// Returns all notes, sorted by line.
    pub(super) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.notes.sort_by(|a, b| a.place.cmp(&b.place));
        self.notes
    }
}

/// Returns a fleet of this provider and engine with defaults.
pub(super) fn fleet(provider: &str, engine: FleetEngine) -> FleetFile {
    FleetFile {
        name: None,
        parent: None,
        workers: Workers::default(),
        queue: None,
        cloud: FleetCloud::new(provider),
        machine: None,
        machines: std::collections::BTreeMap::new(),
        engine,
        limits: FleetLimits::default(),
        lease: WorkerLease::default(),
        schedules: Vec::new(),
    }
}
