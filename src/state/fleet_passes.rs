//! The passes of a fleet: repeats are counted, and old ones are dropped.

use std::ops::RangeInclusive;
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Error, OptionalExtension, Row, Transaction, params};

use super::damage::Damage;
use super::digest::{Digest, DigestPart};
use super::error::StateError;
use super::fleet_seal::SealedFleet;
use super::pass_query::PassQuery;
use super::run_journal::json as text_of;
use super::time_column::nanoseconds;
use crate::scaler::PassRecord;

/// Passes that ended earlier are dropped.
const KEPT_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(30 * 24);

/// The most passes that are kept.
const MOST: i64 = 20_000;

/// The most bytes of passes that are kept: one with many groups of jobs has tens of kilobytes.
const MOST_BYTES: i64 = 16 * 1024 * 1024;

/// Adds a pass: one that was added before is replaced, and one that repeats the last is counted.
pub(super) fn put(
    transaction: &Transaction<'_>,
    path: &Path,
    sealed: &mut SealedFleet,
    pass: &PassRecord,
    now: Timestamp,
) -> Result<(), StateError> {
    let failed = |error: Error| StateError::sqlite(path, "record the pass", &error);
    match last(transaction, path, sealed)? {
        Some((length, old)) if old.is_replaced_by(pass) => {
            sealed.pass_bytes -= length;
            write(transaction, sealed, pass).map_err(failed)?;
        }
        Some((length, mut old)) => {
            if old.take_in(pass) {
                sealed.pass_bytes -= length;
                write(transaction, sealed, &old).map_err(failed)?;
            } else {
                sealed.last_pass += 1;
                write(transaction, sealed, pass).map_err(failed)?;
            }
        }
        None => {
            sealed.last_pass += 1;
            write(transaction, sealed, pass).map_err(failed)?;
        }
    }
    prune(transaction, sealed, now).map_err(failed)
}

/// Writes the pass as the last one.
fn write(transaction: &Transaction<'_>, sealed: &mut SealedFleet, pass: &PassRecord) -> rusqlite::Result<()> {
    let (at, until, text) = (nanoseconds(pass.at), nanoseconds(pass.end()), text_of(pass)?);
    sealed.pass_bytes += text.len() as i64;
    let digest = digest(sealed, sealed.last_pass, at, until, &text);
    let insert = "INSERT OR REPLACE INTO fleet_passes (fleet, sequence, at, until, record, digest)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let parameters = params![sealed.id, sealed.last_pass, at, until, text, digest];
    transaction.prepare_cached(insert)?.execute(parameters).map(drop)
}

/// Drops the oldest passes until the others are few, short and young enough. The last one stays.
fn prune(transaction: &Transaction<'_>, sealed: &mut SealedFleet, now: Timestamp) -> rusqlite::Result<()> {
    let too_old = nanoseconds(now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN));
    let (mut first, mut bytes) = (sealed.first_pass, sealed.pass_bytes);
    let mut query = transaction.prepare_cached(
        "SELECT until, octet_length(record) FROM fleet_passes WHERE fleet = ?1 AND sequence < ?2 ORDER BY sequence",
    )?;
    let mut rows = query.query([sealed.id, sealed.last_pass])?;
    while let Some(row) = rows.next()? {
        let (until, length): (i64, i64) = (row.get(0)?, row.get(1)?);
        if until >= too_old && sealed.last_pass - first < MOST && bytes <= MOST_BYTES {
            break;
        }
        first += 1;
        bytes -= length;
    }
    if first == sealed.first_pass {
        return Ok(());
    }
    (sealed.first_pass, sealed.pass_bytes) = (first, bytes);
    let delete = "DELETE FROM fleet_passes WHERE fleet = ?1 AND sequence < ?2";
    transaction.prepare_cached(delete)?.execute([sealed.id, first]).map(drop)
}

/// Returns the last pass and its length in bytes.
pub(super) fn last(
    connection: &Connection,
    path: &Path,
    sealed: &SealedFleet,
) -> Result<Option<(i64, PassRecord)>, StateError> {
    if sealed.last_pass < sealed.first_pass {
        return Ok(None);
    }
    let query = "SELECT sequence, at, until, record, digest FROM fleet_passes WHERE fleet = ?1 AND sequence = ?2";
    let found = connection
        .prepare_cached(query)
        .and_then(|mut query| query.query_row([sealed.id, sealed.last_pass], |row| Ok(read(row, sealed))).optional())
        .map_err(|error| StateError::sqlite(path, "read the passes", &error))?;
    let missing = || Err(Damage(format!("pass {} of fleet {} is missing", sealed.last_pass, sealed.tag())));
    found.unwrap_or_else(missing).map(Some).map_err(|damage| StateError::corrupt(path, &[damage]))
}

/// Returns the chosen passes, oldest first; fails if one is missing, unreadable, or altered.
pub(super) fn chosen(
    connection: &Connection,
    path: &Path,
    sealed: &SealedFleet,
    which: &PassQuery,
) -> Result<Vec<PassRecord>, StateError> {
    let failed = |error: Error| StateError::sqlite(path, "read the passes", &error);
    let range = range(connection, sealed, which).map_err(failed)?;
    let query = "SELECT sequence, at, until, record, digest FROM fleet_passes
                 WHERE fleet = ?1 AND sequence BETWEEN ?2 AND ?3 ORDER BY sequence";
    let mut query = connection.prepare_cached(query).map_err(failed)?;
    let mut rows = query.query([sealed.id, *range.start(), *range.end()]).map_err(failed)?;
    let mut passes = Vec::new();
    for expected in range {
        let row = rows.next().map_err(failed)?;
        let pass = match row {
            Some(row) if row.get::<_, i64>(0).map_err(failed)? == expected => read(row, sealed),
            _ => Err(Damage(format!("pass {expected} of fleet {} is missing", sealed.tag()))),
        };
        passes.push(pass.map_err(|damage| StateError::corrupt(path, &[damage]))?.1);
    }
    Ok(passes)
}

/// Returns the sequences of the chosen passes.
fn range(connection: &Connection, sealed: &SealedFleet, which: &PassQuery) -> rusqlite::Result<RangeInclusive<i64>> {
    let (first, last) = (sealed.first_pass, sealed.last_pass);
    let seek = |query: &str, at: Timestamp| -> rusqlite::Result<Option<i64>> {
        connection.prepare_cached(query)?.query_row([sealed.id, nanoseconds(at)], |row| row.get(0))
    };
    Ok(match which {
        PassQuery::Newest(count) => {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            first.max(last.saturating_sub(count).saturating_add(1))..=last
        }
        PassQuery::Since(at) => {
            let query = "SELECT min(sequence) FROM fleet_passes WHERE fleet = ?1 AND until >= ?2";
            seek(query, *at)?.unwrap_or(last + 1)..=last
        }
        PassQuery::Around(at) => {
            let query = "SELECT max(sequence) FROM fleet_passes WHERE fleet = ?1 AND at <= ?2";
            match seek(query, *at)? {
                Some(before) => before..=last.min(before + 1),
                None => first..=first.min(last),
            }
        }
    })
}

/// Reads a pass and its length.
fn read(row: &Row<'_>, sealed: &SealedFleet) -> Result<(i64, PassRecord), Damage> {
    let columns = || -> rusqlite::Result<(i64, i64, i64, String, Digest)> {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    };
    let tag = sealed.tag();
    let (sequence, at, until, text, found) =
        columns().map_err(|error| Damage(format!("a pass of fleet {tag} cannot be read: {error}")))?;
    if digest(sealed, sequence, at, until, &text) != found {
        return Err(Damage(format!("pass {sequence} of fleet {tag} is not what was written")));
    }
    let pass = serde_json::from_str(&text)
        .map_err(|error| Damage(format!("pass {sequence} of fleet {tag} cannot be read: {error}")))?;
    Ok((text.len() as i64, pass))
}

fn digest(sealed: &SealedFleet, sequence: i64, at: i64, until: i64, text: &str) -> Digest {
    let parts =
        [DigestPart::Number(sequence), DigestPart::Number(at), DigestPart::Number(until), DigestPart::Text(text)];
    sealed.digest_of("fleet pass", &parts)
}
