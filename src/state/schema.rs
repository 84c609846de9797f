//! The state file's formats: a migration for each, applied in order, each in its own transaction.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior, params};

use super::error::StateError;
use super::seal_all::seal_all;
use super::{identity, integrity, unwritable};

/// Identifies hoist's files ("hois"); see <https://www.sqlite.org/pragma.html#pragma_application_id>.
pub(super) const APPLICATION_ID: i32 = 0x686f_6973;

/// The newest format, which this version writes.
pub const FORMAT: i64 = MIGRATIONS.len() as i64;

/// `MIGRATIONS[n]` migrates format n to format n + 1. Never change one: files of every format exist.
///
/// Times are nanoseconds since 1970. In all formats `meta` has the version of hoist that wrote the file, for versions
/// that cannot read the rest.
const MIGRATIONS: [&str; 5] = [
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
    "
    -- Each line carries the digest of the line before and of itself; `run_seal` and `annex_seal` say what the heads are.
    ALTER TABLE records ADD COLUMN digest BLOB;
    ALTER TABLE annex_records ADD COLUMN digest BLOB;
    ALTER TABLE outputs ADD COLUMN digest BLOB;

    CREATE TABLE run_heads (
        run INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
        plan BLOB NOT NULL,             -- its digest
        length INTEGER NOT NULL,        -- of the journal
        head BLOB NOT NULL,             -- the digest of its last record
        outputs INTEGER NOT NULL,
        outputs_head BLOB NOT NULL,
        seal BLOB NOT NULL              -- the digest of all this and of the run's row
    ) STRICT;

    CREATE TABLE annex_heads (
        annex INTEGER PRIMARY KEY REFERENCES annexes (id) ON DELETE CASCADE,
        length INTEGER NOT NULL,
        head BLOB NOT NULL,
        seal BLOB NOT NULL
    ) STRICT;
",
    "
    CREATE TABLE fleets (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        nonce TEXT NOT NULL,            -- chance: tells it from others of its name
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        ended_at INTEGER,
        UNIQUE (name, nonce)
    ) STRICT;
    CREATE UNIQUE INDEX fleets_by_live_name ON fleets (name) WHERE ended_at IS NULL;

    CREATE TABLE fleet_records (
        fleet INTEGER NOT NULL REFERENCES fleets (id) ON DELETE CASCADE,
        sequence INTEGER NOT NULL,
        at INTEGER NOT NULL,
        event TEXT NOT NULL,            -- JSON
        digest BLOB NOT NULL,           -- of the line before and of this one
        PRIMARY KEY (fleet, sequence)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE fleet_snapshots (      -- what the journal amounts to at one of its lines
        fleet INTEGER PRIMARY KEY REFERENCES fleets (id) ON DELETE CASCADE,
        sequence INTEGER NOT NULL,      -- of that line
        head BLOB NOT NULL,             -- its digest
        first INTEGER NOT NULL,         -- the sequence of the first line that is kept
        before BLOB NOT NULL,           -- the digest of the line before that one
        state TEXT NOT NULL             -- JSON
    ) STRICT;

    CREATE TABLE fleet_memory (         -- the scaler's and its engine's, after the last pass
        fleet INTEGER PRIMARY KEY REFERENCES fleets (id) ON DELETE CASCADE,
        memory TEXT NOT NULL            -- JSON
    ) STRICT;

    CREATE TABLE fleet_passes (
        fleet INTEGER NOT NULL REFERENCES fleets (id) ON DELETE CASCADE,
        sequence INTEGER NOT NULL,
        at INTEGER NOT NULL,
        until INTEGER NOT NULL,         -- the time of the last pass that it stands for
        record TEXT NOT NULL,           -- JSON
        digest BLOB NOT NULL,
        PRIMARY KEY (fleet, sequence)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE fleet_requests (       -- of other processes
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        fleet INTEGER NOT NULL REFERENCES fleets (id) ON DELETE CASCADE,
        at INTEGER NOT NULL,
        owner TEXT NOT NULL,            -- who asks
        request TEXT NOT NULL,          -- JSON
        answered_at INTEGER,
        answer TEXT,                    -- JSON
        digest BLOB NOT NULL
    ) STRICT;
    CREATE INDEX fleet_requests_by_fleet ON fleet_requests (fleet, id);

    CREATE TABLE fleet_heads (
        fleet INTEGER PRIMARY KEY REFERENCES fleets (id) ON DELETE CASCADE,
        length INTEGER NOT NULL,        -- of the journal, with the lines that are no longer kept
        head BLOB NOT NULL,             -- the digest of its last line
        snapshot BLOB,                  -- its digest
        memory BLOB,                    -- its digest
        first_pass INTEGER NOT NULL,    -- the sequence of the oldest pass
        last_pass INTEGER NOT NULL,     -- and of the newest; 0 before the first
        pass_bytes INTEGER NOT NULL,    -- length of all passes
        seal BLOB NOT NULL              -- the digest of all this and of the fleet's row
    ) STRICT;

    CREATE TABLE fleet_locks (          -- as locks
        fleet INTEGER PRIMARY KEY REFERENCES fleets (id) ON DELETE CASCADE,
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

/// The format that added the chains of journals.
const CHAINED: i64 = 4;

/// Migrates a database to the newest format; refuses newer formats.
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
        if format > 0 {
            check(connection, path)?;
        }
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(failed)?;
        // Another process may have migrated the file during the wait.
        if format_of(&transaction).map_err(failed)? != format {
            continue;
        }
        let step = || {
            transaction.execute_batch(MIGRATIONS[format as usize])?;
            let version = env!("CARGO_PKG_VERSION");
            transaction.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('hoist', ?1)", params![version])?;
            if format + 1 == CHAINED {
                seal_all(&transaction)?;
            }
            if format + 1 == FORMAT {
                identity::ensure(&transaction)?;
                integrity::note_schema(&transaction, FORMAT)?;
            }
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", format + 1)
        };
        step().map_err(failed)?;
        transaction.commit().map_err(failed)?;
    }
}

/// Refuses to migrate damaged files, and files that another process has migrated to a newer format by now.
fn check(connection: &Connection, path: &Path) -> Result<(), StateError> {
    let failed = |error: rusqlite::Error| StateError::sqlite(path, "prepare the tables", &error);
    // In one transaction, since another process may migrate the file meanwhile.
    let transaction = connection.unchecked_transaction().map_err(failed)?;
    integrity::check_structure(&transaction, path)?;
    if integrity::is_noted(&transaction).map_err(failed)? {
        integrity::check_schema(&transaction, path, format_of(&transaction).map_err(failed)?)?;
    }
    Ok(())
}

/// Returns the version of hoist that wrote a file of an unknown format, without changing the file.
pub(super) fn version_in(path: &Path) -> Option<String> {
    read_version(&unwritable::open_immutable(path).ok()?).ok()
}

pub(super) fn format_of(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn read_version(connection: &Connection) -> rusqlite::Result<String> {
    connection.query_row("SELECT value FROM meta WHERE key = 'hoist'", [], |row| row.get(0))
}
