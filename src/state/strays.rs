//! What is recorded of something whose own row is missing: a row that a damage took away would hide what costs money.

use rusqlite::Connection;

use super::lock_kind::LockKind;

/// Says of each run or annex that heads or records are kept of, and that has no row itself.
pub(super) fn strays(connection: &Connection, subject: LockKind) -> rusqlite::Result<Vec<String>> {
    let (column, rows, heads, records) = match subject {
        LockKind::Run => ("run", "runs", "run_heads", "records"),
        LockKind::Annex => ("annex", "annexes", "annex_heads", "annex_records"),
    };
    // From each journal only its first record is looked for, so that this takes as many steps as there are journals.
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
