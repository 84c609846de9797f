use std::time::Duration;

use super::section::Section;
use super::toml_writer::TomlWriter;

/// `[lease]`: how long workers stay without a scaler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerLease {
    /// Time for which a worker is kept since the last renewal.
    pub length: Duration,
    /// Time after the lease's end in which running jobs may end.
    pub grace: Duration,
}

impl Default for WorkerLease {
    fn default() -> Self {
        Self { length: Duration::from_secs(1800), grace: Duration::from_secs(1800) }
    }
}

impl WorkerLease {
    pub(super) fn read(section: Section<'_, '_>) -> Self {
        let default = Self::default();
        let lease = Self {
            length: section.duration("length").unwrap_or(default.length),
            grace: section.pause("grace").unwrap_or(default.grace),
        };
        section.table.finish();
        lease
    }

    pub(super) fn write(&self, out: &mut TomlWriter) {
        out.section(&["lease"]);
        out.duration("length", self.length);
        out.duration("grace", self.grace);
    }
}
