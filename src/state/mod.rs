//! The state file: every run and every annex, each with its journal and its lock, in SQLite.
//!
//! It is the only record of instances that cost money, so it is never replaced: a file that cannot be read properly is
//! refused unchanged, with a hint.

mod annex_journal;
mod annex_lock;
mod annex_row;
mod annex_seal;
mod annexes;
mod companions;
mod connection;
mod damage;
mod digest;
mod elsewhere;
mod error;
mod file_place;
mod header;
mod high_water;
mod identity;
mod integrity;
mod journal_row;
mod lock;
mod lock_holder;
mod lock_kind;
mod lock_row;
mod open_checks;
mod owner;
mod peek;
mod reserve;
mod run_journal;
mod run_lock;
mod run_row;
mod run_rows;
mod run_seal;
mod schema;
mod seal_all;
mod sqlite_error;
mod state_file;
mod strays;
mod time_column;
mod unwritable;

pub use annex_lock::AnnexLock;
pub use annex_row::AnnexRow;
pub use elsewhere::{Elsewhere, holds_annex, holds_run};
pub use error::StateError;
pub use lock::HEARTBEAT;
pub use lock_holder::LockHolder;
pub use lock_kind::LockKind;
pub use lock_row::STALE_AFTER;
pub use owner::Owner;
pub use reserve::{NoReserve, RoomToEnd};
pub use run_lock::RunLock;
pub use run_row::{NewRun, RunId, RunRow};
pub use schema::FORMAT;
pub use state_file::StateFile;
