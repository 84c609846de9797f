//! Records whose own row is missing: a row lost by damage would hide resources that cost money.

use rusqlite::Connection;

use super::lock_kind::LockKind;

/// Describes each run, annex or fleet that has heads or records but no row.
pub(super) fn strays(connection: &Connection, subject: LockKind) -> rusqlite::Result<Vec<String>> {
    let (column, rows, heads, records) = match subject {
        LockKind::Run => ("run", "runs", "run_heads", "records"),
        LockKind::Annex => ("annex", "annexes", "annex_heads", "annex_records"),
        LockKind::Fleet => ("fleet", "fleets", "fleet_heads", "fleet_records"),
    };
    // Looks up only the first record of each journal, so that the number of steps is that of the journals.
    let mut query = connection.prepare_cached(&format!(
        "WITH RECURSIVE known (id) AS (
             SELECT min({column}) FROM {records}
             UNION ALL
             SELECT (SELECT min({column}) FROM {records} WHERE {column} > known.id) FROM known WHERE known.id IS NOT NULL
         )
         SELECT id FROM (SELECT id FROM known WHERE id IS NOT NULL UNION SELECT {column} FROM {heads})
         WHERE id NOT IN (SELECT id FROM {rows} NOT INDEXED) ORDER BY id"
    ))?;
    let missing = query.query_map([], |row| row.get::<_, i64>(0))?;
    missing.map(|id| id.map(|id| format!("{subject} {id} is missing, though its journal is there"))).collect()
}
