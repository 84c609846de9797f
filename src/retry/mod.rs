//! Trying again and looking again: how long to wait, and what is worth it.
//!
//! [`Pauses`] says how long, [`Limit`] until when. [`Poller`] paces a loop that looks until something is so, [`poll`]
//! and [`poll_blocking()`] are such loops, and [`retry_transient()`] makes a call again whose failure may pass
//! ([`MayPass`]).

mod limit;
mod pauses;
mod poll_blocking;
mod poller;
mod random;
mod retry_transient;

pub use limit::Limit;
pub use pauses::Pauses;
pub use poll_blocking::{poll_blocking, poll_blocking_until};
pub use poller::{Poller, poll, poll_until};
pub use retry_transient::{MayPass, retry_transient};
