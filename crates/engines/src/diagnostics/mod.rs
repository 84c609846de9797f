//! Words of messages.

mod counted;

pub use counted::{agreeing, counted};
