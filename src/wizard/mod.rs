//! The wizard: a few questions, and what follows from their answers.

mod answers;
mod os;

pub use answers::{Answers, Binary, CloudKind, PasswordSource, Scaler};
pub use os::{Os, SYSTEMS};
