//! The records of another state file on this machine about a run, an annex or a fleet.

use std::path::Path;

use rusqlite::OptionalExtension;

use super::identity;
use super::peek::peek;
use crate::scaler::FleetId;

/// Whether another state file on this machine manages a run, an annex or a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// The file exists, and manages it.
    Holds,
    /// The file exists, and does not manage it: it has ended there, or is not recorded.
    DoesNot,
    /// The file does not exist, or cannot be read.
    Unknown,
}

/// Whether the state file at `path`, if it still has this identity, manages the run with this tag. Reads only.
pub fn holds_run(path: &Path, identity: &str, tag: &str) -> Elsewhere {
    holds(path, identity, "SELECT 1 FROM runs WHERE tag = ?1 AND ended_at IS NULL", tag)
}

/// The same for an annex, by its tag: the name and the nonce.
pub fn holds_annex(path: &Path, identity: &str, tag: &str) -> Elsewhere {
    holds(path, identity, "SELECT 1 FROM annexes WHERE name || '/' || nonce = ?1 AND ended_at IS NULL", tag)
}

/// The same for a fleet, by its tag.
pub fn holds_fleet(path: &Path, identity: &str, tag: &str) -> Elsewhere {
    let Some(id) = FleetId::of_tag(tag) else { return Elsewhere::DoesNot };
    let name = format!("{}/{}", id.name, id.nonce);
    holds(path, identity, "SELECT 1 FROM fleets WHERE name || '/' || nonce = ?1 AND ended_at IS NULL", &name)
}

fn holds(path: &Path, id: &str, query: &str, tag: &str) -> Elsewhere {
    let found = peek(path, |connection| {
        if identity::read(connection)?.as_deref() != Some(id) {
            return Ok(Elsewhere::Unknown);
        }
        let held = connection.query_row(query, [tag], |_| Ok(())).optional()?;
        Ok(if held.is_some() { Elsewhere::Holds } else { Elsewhere::DoesNot })
    });
    found.unwrap_or(Elsewhere::Unknown)
}
