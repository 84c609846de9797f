//! User data: what a machine does at its first start, as cloud-init reads it.
//!
//! Parts are put together as one MIME message ([`write_message`], [`combine()`]), compressed where that makes it fit
//! ([`fit`]) or stored elsewhere where it does not ([`Spill`]), and looked at before anything is launched ([`lint()`]):
//! against cloud-init's own schema, for secrets, for scripts that no shell reads, and for what is embedded in it,
//! however deep.

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
mod yaml;

pub use combine::{CombineMode, combine};
pub use lint::{CHECKS, Finding, Lint, LintCheck, LintOptions, PartSize, finding_name, is_check, lint};
pub use mime_writer::{Part, write as write_message};
pub use part_kind::{NoPart, PartKind};
pub use schema::VERSION as SCHEMA_VERSION;
pub use secrets::rules as secret_rules;
pub use size_limit::{LIMIT, TooLarge, fit, fits};
pub use spill::Spill;
pub use user_data_source::UserDataSource;
pub(crate) use written::{DEFAULT_MODE, content as written_content, permissions as written_permissions};
pub(crate) use yaml::{Node, YamlValue, load as load_yaml};
