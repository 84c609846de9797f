//! The state file: every run and every annex, each with its journal and its lock, in SQLite.
//!
//! It is all that is known of machines that cost money, so it is never replaced: a file that cannot be read as it should
//! is refused as it is, with what to try.

mod annex_file;
mod annex_journal;
mod annex_lock;
mod annex_row;
mod connection;
mod error;
mod file_check;
mod journal;
mod lock;
mod lock_row;
mod owner;
mod record_row;
mod run_lock;
mod run_row;
mod schema;
mod state_file;
mod subject;

pub use annex_lock::AnnexLock;
pub use annex_row::AnnexRow;
pub use error::StateError;
pub use lock::{HEARTBEAT, STALE_AFTER};
pub use lock_row::LockInfo;
pub use owner::Owner;
pub use run_lock::RunLock;
pub use run_row::{NewRun, RunId, RunRow};
pub use schema::FORMAT;
pub use state_file::StateFile;
pub use subject::Subject;
