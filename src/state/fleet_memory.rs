//! The memory of a fleet's scaler, with that of its engine.

use std::path::Path;

use rusqlite::{Connection, Error, OptionalExtension, Transaction, params};

use super::digest::{Digest, DigestPart};
use super::error::StateError;
use super::fleet_seal::SealedFleet;
use super::run_journal::json as text_of;
use crate::scaler::ScalerMemory;

/// Replaces the memory, if it differs.
pub(super) fn put(
    transaction: &Transaction<'_>,
    sealed: &mut SealedFleet,
    memory: &ScalerMemory,
) -> rusqlite::Result<()> {
    let text = text_of(memory)?;
    let digest = Some(digest(sealed, &text));
    if sealed.memory == digest {
        return Ok(());
    }
    sealed.memory = digest;
    let insert = "INSERT OR REPLACE INTO fleet_memory (fleet, memory) VALUES (?1, ?2)";
    transaction.prepare_cached(insert)?.execute(params![sealed.id, text]).map(drop)
}

/// Returns the memory, if any was recorded; fails if it is missing, unreadable, or altered.
pub(super) fn read(
    connection: &Connection,
    path: &Path,
    sealed: &SealedFleet,
) -> Result<Option<ScalerMemory>, StateError> {
    let Some(expected) = sealed.memory else { return Ok(None) };
    let failed = |error: Error| StateError::sqlite(path, "read the engine's memory", &error);
    let corrupt = |what: String| StateError::Corrupt {
        path: path.to_path_buf(),
        detail: format!("the engine's memory of fleet {} {what}", sealed.tag()),
    };
    let query = "SELECT memory FROM fleet_memory WHERE fleet = ?1";
    let mut query = connection.prepare_cached(query).map_err(failed)?;
    let found: Option<String> = query.query_row([sealed.id], |row| row.get(0)).optional().map_err(failed)?;
    let text = found.ok_or_else(|| corrupt("is missing".to_owned()))?;
    if digest(sealed, &text) != expected {
        return Err(corrupt("is not what was written".to_owned()));
    }
    serde_json::from_str(&text).map(Some).map_err(|error| corrupt(format!("cannot be read: {error}")))
}

fn digest(sealed: &SealedFleet, text: &str) -> Digest {
    sealed.digest_of("fleet memory", &[DigestPart::Text(text)])
}
