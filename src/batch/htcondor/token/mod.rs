//! Tokens of HTCondor pools (IDTOKENS): made with a key, given by the collector, requested from the pool's
//! administrator, read and tried out.
//!
//! HTCondor's programs were measured with version 23.9.6.

mod claims;
mod make;
mod order;
mod ping;
mod request;

pub use claims::Claims;
pub use make::SigningKey;
pub use order::{TokenOrder, WORKER_RIGHTS};
pub use ping::PingAnswer;
pub use request::{RequestState, TokenRequest};
