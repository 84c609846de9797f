//! User data: what a machine does at its first start, as cloud-init reads it.
//!
//! Parts are put together as one MIME message ([`write_message`], [`combine()`]), compressed where that makes it fit ([`fit`]) or
//! stored elsewhere where it does not ([`Spill`]), and looked at before anything is launched ([`lint()`]): against cloud-init's
//! own schema, for secrets, for scripts that no shell reads, and for what is embedded in it, however deep.

mod base64;
mod combine;
mod kind;
mod lint;
mod merge;
mod message;
mod mime;
mod schema;
mod secrets;
mod size;
mod spill;
mod yaml;

pub use combine::{Piece, Together, combine};
pub use kind::Kind;
pub use lint::{Finding, Lint, LintOptions, PartSize, Severity, lint};
pub use message::{Part, write as write_message};
pub use schema::VERSION as SCHEMA_VERSION;
pub use size::{LIMIT, fit, fits};
pub use spill::Spill;
