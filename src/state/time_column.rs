//! Times in the state file.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;

/// Converts a time for the file. Nanoseconds cover 1677 to 2262; other times are clamped.
pub(super) fn nanoseconds(at: Timestamp) -> i64 {
    at.as_nanosecond().clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

/// Converts a time from the file.
pub(super) fn from_nanoseconds(nanoseconds: i64) -> Result<Timestamp, jiff::Error> {
    Timestamp::from_nanosecond(nanoseconds.into())
}

/// Reads a column of nanoseconds.
pub(super) fn timestamp(row: &Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    from_nanoseconds(row.get(column)?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, Box::new(error)))
}
