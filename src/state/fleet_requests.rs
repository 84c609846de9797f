//! The requests of other processes to a fleet's scaler.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, Error, OptionalExtension, Row, Transaction, params};
use serde::de::DeserializeOwned;

use super::damage::Damage;
use super::digest::{Digest, DigestPart};
use super::error::StateError;
use super::fleet_seal::SealedFleet;
use super::owner::Owner;
use super::run_journal::json as text_of;
use super::time_column::nanoseconds;
use crate::scaler::{FleetRequest, RequestAnswer};

/// Answered requests are kept for this time: much longer than any process waits for its answer.
const KEPT_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(7 * 24);

/// The most answered requests that are kept.
const MOST: i64 = 1_000;

/// A request as it is in the file.
struct RequestRow {
    id: i64,
    at: i64,
    owner: String,
    request: String,
    answered_at: Option<i64>,
    answer: Option<String>,
}

impl RequestRow {
    const COLUMNS: &str = "id, at, owner, request, answered_at, answer, digest";

    fn read(row: &Row<'_>, fleet: &SealedFleet) -> Result<Self, Damage> {
        let columns = || -> rusqlite::Result<(Self, Digest)> {
            let request = Self {
                id: row.get(0)?,
                at: row.get(1)?,
                owner: row.get(2)?,
                request: row.get(3)?,
                answered_at: row.get(4)?,
                answer: row.get(5)?,
            };
            Ok((request, row.get(6)?))
        };
        let (request, found) =
            columns().map_err(|error| Damage(format!("a request to fleet {} cannot be read: {error}", fleet.tag())))?;
        if request.digest(fleet) == found {
            Ok(request)
        } else {
            Err(Damage(format!("request {} to fleet {} is not what was written", request.id, fleet.tag())))
        }
    }

    fn digest(&self, fleet: &SealedFleet) -> Digest {
        let parts = [
            DigestPart::Number(self.id),
            DigestPart::Number(self.at),
            DigestPart::Text(&self.owner),
            DigestPart::Text(&self.request),
            self.answered_at.into(),
            self.answer.as_deref().map_or(DigestPart::Nothing, DigestPart::Text),
        ];
        fleet.digest_of("fleet request", &parts)
    }

    fn write(&self, connection: &Connection, fleet: &SealedFleet) -> rusqlite::Result<()> {
        let insert =
            "INSERT OR REPLACE INTO fleet_requests (id, at, owner, request, answered_at, answer, digest, fleet)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let Self { id, at, owner, request, answered_at, answer } = self;
        let parameters = params![id, at, owner, request, answered_at, answer, self.digest(fleet), fleet.id];
        connection.prepare_cached(insert)?.execute(parameters).map(drop)
    }

    /// Parses one of the texts.
    fn parse<T: DeserializeOwned>(&self, text: &str, fleet: &SealedFleet) -> Result<T, Damage> {
        serde_json::from_str(text)
            .map_err(|error| Damage(format!("request {} to fleet {} cannot be read: {error}", self.id, fleet.tag())))
    }
}

/// Adds a request; returns its number.
pub(super) fn ask(
    transaction: &Transaction<'_>,
    fleet: &SealedFleet,
    request: &FleetRequest,
    owner: &Owner,
) -> rusqlite::Result<u64> {
    // Numbers are never used twice, as the table's own counter knows.
    let insert = "INSERT INTO fleet_requests (fleet, at, owner, request, digest) VALUES (?1, 0, '', '', x'')";
    transaction.prepare_cached(insert)?.execute([fleet.id])?;
    let row = RequestRow {
        id: transaction.last_insert_rowid(),
        at: nanoseconds(Timestamp::now()),
        owner: owner.to_string(),
        request: text_of(request)?,
        answered_at: None,
        answer: None,
    };
    row.write(transaction, fleet)?;
    Ok(row.id.cast_unsigned())
}

/// Returns the requests without an answer, oldest first.
pub(super) fn open(
    connection: &Connection,
    path: &Path,
    fleet: &SealedFleet,
) -> Result<Vec<(u64, FleetRequest)>, StateError> {
    let failed = |error: Error| StateError::sqlite(path, "read the requests", &error);
    let query = format!(
        "SELECT {} FROM fleet_requests WHERE fleet = ?1 AND answered_at IS NULL ORDER BY id",
        RequestRow::COLUMNS
    );
    let mut query = connection.prepare_cached(&query).map_err(failed)?;
    let rows = query.query_map([fleet.id], |row| Ok(RequestRow::read(row, fleet))).map_err(failed)?;
    let mut requests = Vec::new();
    for row in rows {
        let read = row.map_err(failed)?.and_then(|row| Ok((row.id.cast_unsigned(), row.parse(&row.request, fleet)?)));
        requests.push(read.map_err(|damage| StateError::corrupt(path, &[damage]))?);
    }
    Ok(requests)
}

/// Answers an open request, and drops old ones.
pub(super) fn answer(
    transaction: &Transaction<'_>,
    path: &Path,
    fleet: &SealedFleet,
    request: u64,
    answer: &RequestAnswer,
    now: Timestamp,
) -> Result<(), StateError> {
    let failed = |error: Error| StateError::sqlite(path, "answer the request", &error);
    let mut row = find(transaction, path, fleet, request)?
        .filter(|row| row.answered_at.is_none())
        .ok_or_else(|| StateError::NoRequest { name: fleet.name.clone(), request })?;
    row.answered_at = Some(nanoseconds(now));
    row.answer = Some(text_of(answer).map_err(failed)?);
    row.write(transaction, fleet).map_err(failed)?;
    let too_old = nanoseconds(now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN));
    let delete = "DELETE FROM fleet_requests WHERE fleet = ?1 AND id < ?2 AND answered_at IS NOT NULL
                  AND (answered_at < ?3 OR id < (SELECT id FROM fleet_requests WHERE fleet = ?1
                                                 ORDER BY id DESC LIMIT 1 OFFSET ?4))";
    transaction
        .prepare_cached(delete)
        .and_then(|mut delete| delete.execute([fleet.id, row.id, too_old, MOST]))
        .map(drop)
        .map_err(failed)
}

/// Refuses all open requests to a fleet that has ended.
pub(super) fn refuse_all(
    transaction: &Transaction<'_>,
    path: &Path,
    fleet: &SealedFleet,
    now: Timestamp,
) -> Result<(), StateError> {
    let refusal = RequestAnswer::Refused { message: format!("fleet {} has ended", fleet.name), hint: None };
    for (request, _) in open(transaction, path, fleet)? {
        answer(transaction, path, fleet, request, &refusal, now)?;
    }
    Ok(())
}

/// Returns the answer to a request, once there is one.
pub(super) fn answer_to(
    connection: &Connection,
    path: &Path,
    fleet: &SealedFleet,
    request: u64,
) -> Result<Option<RequestAnswer>, StateError> {
    let row = find(connection, path, fleet, request)?
        .ok_or_else(|| StateError::NoRequest { name: fleet.name.clone(), request })?;
    let answer = row.answer.as_deref().map(|text| row.parse(text, fleet)).transpose();
    answer.map_err(|damage| StateError::corrupt(path, &[damage]))
}

fn find(
    connection: &Connection,
    path: &Path,
    fleet: &SealedFleet,
    request: u64,
) -> Result<Option<RequestRow>, StateError> {
    let query = format!("SELECT {} FROM fleet_requests WHERE id = ?1 AND fleet = ?2", RequestRow::COLUMNS);
    let found = connection
        .prepare_cached(&query)
        .and_then(|mut query| {
            query.query_row([request.cast_signed(), fleet.id], |row| Ok(RequestRow::read(row, fleet))).optional()
        })
        .map_err(|error| StateError::sqlite(path, "read the request", &error))?;
    found.transpose().map_err(|damage| StateError::corrupt(path, &[damage]))
}
