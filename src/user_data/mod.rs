//! User data: the configuration and scripts that cloud-init applies at a machine's first boot.
//!
//! Parts are combined into one MIME message ([`write_message`], [`combine()`]). If it is too large, it is compressed
//! ([`fit`]) or stored elsewhere ([`Spill`]). Before a launch, everything is checked ([`lint()`]): against cloud-init's
//! own schema, for secrets, for the syntax of scripts, and for embedded contents, however deep.

mod base64;
mod combine;
mod jinja;
mod lint;
mod merge;
mod mime_reader;
mod mime_writer;
mod part_kind;
mod schema;
mod secrets;
mod size_limit;
mod spill;
mod user_data_source;
mod written;

pub use combine::{CombineMode, combine};
pub use lint::{CHECKS, Finding, Lint, LintCheck, LintOptions, PartSize, finding_name, is_check, lint};
pub use mime_writer::{Part, write as write_message};
pub use part_kind::{NoPart, PartKind};
pub use schema::VERSION as SCHEMA_VERSION;
pub use secrets::rules as secret_rules;
pub use size_limit::{LIMIT, SizeLimit, TooLarge, fit, fits};
pub use spill::Spill;
pub use user_data_source::UserDataSource;
pub(crate) use written::{DEFAULT_MODE, content as written_content, permissions as written_permissions};
