//! The state file's formats: one migration each, applied in order, every one in a transaction of its own.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use super::error::StateError;

/// Marks a file as ours ("hois"); see <https://www.sqlite.org/pragma.html#pragma_application_id>.
pub(super) const APPLICATION_ID: i32 = 0x686f_6973;

/// The newest format, which this hoist writes.
pub const FORMAT: i64 = MIGRATIONS.len() as i64;

/// `MIGRATIONS[n]` leads from format n to format n + 1. What stands here never changes: files of every format exist.
///
/// Times are nanoseconds since 1970. In all formats `meta` names the hoist that wrote the file, for those that cannot read
/// the rest.
const MIGRATIONS: [&str; 3] = [
    "
    CREATE TABLE meta (
        key TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        tag TEXT NOT NULL UNIQUE,       -- the name and chance: unique over all state files
        plan_name TEXT NOT NULL,
        plan_file TEXT NOT NULL,
        plan TEXT NOT NULL,             -- JSON, as the run was created with
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        ended_at INTEGER,
        summary TEXT NOT NULL           -- JSON
    ) STRICT;
    CREATE UNIQUE INDEX runs_by_live_name ON runs (name) WHERE ended_at IS NULL;
    CREATE INDEX runs_by_name ON runs (name, id);

    CREATE TABLE records (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        sequence INTEGER NOT NULL,
        at INTEGER NOT NULL,
        event TEXT NOT NULL,            -- JSON
        PRIMARY KEY (run, sequence)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE outputs (
        id INTEGER PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        service TEXT NOT NULL,
        program TEXT NOT NULL,
        at INTEGER NOT NULL,
        outcome TEXT NOT NULL,          -- JSON
        seconds REAL NOT NULL,
        text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX outputs_by_service ON outputs (run, service, id);

    CREATE TABLE locks (
        run INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
        token TEXT NOT NULL,            -- of whoever holds it; another one's appends are refused
        owner TEXT NOT NULL,
        host TEXT NOT NULL,
        pid INTEGER NOT NULL,
        started INTEGER,                -- the process's start, in clock ticks since the host's
        place TEXT,                     -- the host's boot and the process namespace
        since INTEGER NOT NULL,
        heartbeat INTEGER NOT NULL,
        heartbeat_uptime INTEGER        -- milliseconds since the host's start
    ) STRICT;
",
    "
    -- The same tables. Plans may hold leases, secrets and several offers, and journals offers that had no capacity: an
    -- earlier hoist would not understand them, and must leave such a file alone.
",
    "
    CREATE TABLE annexes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        nonce TEXT NOT NULL,            -- chance: tells it from others of its name
        place TEXT NOT NULL,            -- JSON: the cloud that it is on
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        ended_at INTEGER,
        UNIQUE (name, nonce)
    ) STRICT;
    CREATE UNIQUE INDEX annexes_by_live_name ON annexes (name) WHERE ended_at IS NULL;

    CREATE TABLE annex_records (
        annex INTEGER NOT NULL REFERENCES annexes (id) ON DELETE CASCADE,
        sequence INTEGER NOT NULL,
        at INTEGER NOT NULL,
        event TEXT NOT NULL,            -- JSON
        PRIMARY KEY (annex, sequence)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE annex_locks (          -- as locks
        annex INTEGER PRIMARY KEY REFERENCES annexes (id) ON DELETE CASCADE,
        token TEXT NOT NULL,
        owner TEXT NOT NULL,
        host TEXT NOT NULL,
        pid INTEGER NOT NULL,
        started INTEGER,
        place TEXT,
        since INTEGER NOT NULL,
        heartbeat INTEGER NOT NULL,
        heartbeat_uptime INTEGER
    ) STRICT;
",
];

/// Brings a database to the newest format; refuses one of a newer format.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StateError> {
    let failed = |error: rusqlite::Error| StateError::sqlite(path, "prepare the tables", &error);
    loop {
        let format = format_of(connection).map_err(failed)?;
        if format == FORMAT {
            return Ok(());
        }
        if !(0..=FORMAT).contains(&format) {
            let hoist = read_version(connection).ok();
            return Err(StateError::Newer { path: path.to_path_buf(), format, known: FORMAT, hoist });
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(failed)?;
        // Another process may have migrated while we waited.
        if format_of(&transaction).map_err(failed)? != format {
            continue;
        }
        let step = || {
            transaction.execute_batch(MIGRATIONS[format as usize])?;
            let version = env!("CARGO_PKG_VERSION");
            transaction.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('hoist', ?1)", params![version])?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", format + 1)
        };
        step().map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
}

/// The version of hoist that wrote a file of an unknown format, read without touching anything.
pub(super) fn version_in(path: &Path) -> Option<String> {
    // "immutable" keeps SQLite from locking, recovering or writing anything beside the file.
    let escaped: String = path.to_str()?.chars().map(escape_in_uri).collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags).ok()?;
    read_version(&connection).ok()
}

fn escape_in_uri(c: char) -> String {
    match c {
        '%' | '?' | '#' => format!("%{:02x}", c as u32),
        _ => c.to_string(),
    }
}

fn format_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn read_version(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("SELECT value FROM meta WHERE key = 'hoist'", [], |row| row.get(0))
}
