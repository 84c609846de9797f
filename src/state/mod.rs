//! The state file: every run, its journal and its lock, in SQLite.
//!
//! It is all that is known of machines that cost money, so it is never replaced: a file that cannot be read as it should
//! is refused as it is, with what to try.

mod connection;
mod error;
mod file_check;
mod journal;
mod lock;
mod owner;
mod record_row;
mod run_row;
mod schema;
mod state_file;

pub use error::StateError;
pub use lock::{HEARTBEAT, LockInfo, RunLock, STALE_AFTER};
pub use owner::Owner;
pub use run_row::{NewRun, RunId, RunRow};
pub use schema::FORMAT;
pub use state_file::StateFile;
