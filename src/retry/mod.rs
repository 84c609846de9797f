//! Retrying and polling: pauses, limits, errors that are worth a retry, and a few calls at a time.
//!
//! [`Pauses`] gives the pauses, [`Limit`] the end of waiting. [`Poller`] paces a polling loop, [`poll`] and
//! [`poll_blocking()`] are such loops, and [`retry_transient()`] repeats a call while its error may pass ([`MayPass`]).

mod in_parallel;
mod limit;
mod pauses;
mod poll_blocking;
mod poller;
mod random;
mod retry_transient;

pub(crate) use in_parallel::in_parallel;
pub use limit::Limit;
pub use pauses::Pauses;
pub use poll_blocking::{poll_blocking, poll_blocking_until};
pub use poller::{Poller, poll, poll_until};
pub use retry_transient::{MayPass, retry_transient};
