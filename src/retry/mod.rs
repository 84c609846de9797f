//! Trying again: how long to wait, and what is worth it.

mod backoff;
mod retry_transient;

pub use backoff::Backoff;
pub use retry_transient::retry_transient;
