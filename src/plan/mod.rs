//! Launch plans: the validated model, the two notations, and the rules of validation.
//!
//! This layer is independent of the others. A [`Plan`] is always valid and can be run.

mod address;
mod attributes;
mod boot_env;
mod bucket;
mod cloud_config;
mod cloudinitd;
mod cycles;
mod diagnostic_sink;
mod diff;
mod differences;
mod dollar;
mod draft;
mod duration;
mod environment;
mod files;
mod hardware;
mod import;
mod index;
mod input;
mod interpreter;
mod json_config;
mod known_providers;
mod lease;
mod load;
mod load_options;
mod local_time;
mod located;
mod model;
mod name;
mod native;
mod notation;
mod on_host;
mod program_file;
mod program_kind;
mod provider;
mod purpose;
mod references;
mod resolve;
mod secret;
mod service_index;
mod source;
mod string_or_list;
mod tarball;
mod text;
mod unset_variables;
mod variables;

pub use address::{check_address, without_brackets};
pub use attributes::{Attributes, ExpandError, RuntimeValues, is_always_first};
pub use boot_env::{BootEnv, BootEnvError, boot_env};
pub use bucket::{Bucket, BucketError};
pub use cloud_config::{CloudConfig, LOCAL_CLOUD};
pub use cloudinitd::{IniOption, IniSection, read_ini};
pub(crate) use diagnostic_sink::DiagnosticSink;
pub use diff::{Changes, diff};
pub use differences::{Difference, differences};
pub use dollar::{DollarError, DollarTemplate};
pub(crate) use duration::format as format_duration;
pub use duration::{DurationError, NO_LIMIT, parse as parse_duration};
pub(crate) use environment::Environment;
pub use hardware::{Disk, DiskKind, Tenancy};
pub use import::{Import, import};
pub use index::PlanIndex;
pub use input::{MAX_TEXT, open_file, read_file, read_text_file};
pub use interpreter::Interpreter;
pub use json_config::{fill_json, is_json_config};
pub use known_providers::{HOW_TO_GET_AWS, KnownProviders, ProviderRules, ProviderSetting, WITHOUT_AWS};
pub use lease::{Lease, LeaseError};
pub use load::{Loaded, load};
pub use load_options::LoadOptions;
pub use local_time::local_time;
pub(crate) use located::Located;
pub use model::{
    DEFAULT_CHECK_RETRIES, DEFAULT_LAUNCH_TIMEOUT, DEFAULT_PROGRAM_TIMEOUT, HostKeyPolicy, LAUNCH_ATTRIBUTES,
    LaunchSpec, Level, Market, OnFailure, Plan, Program, Programs, RunOn, Service, SourceFile, SshAddress, SshConfig,
};
pub use name::{RULE as NAME_RULE, is_valid as is_valid_name};
pub(crate) use native::{Table, TableReader, document};
pub use notation::Notation;
pub use on_host::{ForwardAgent, LoginShell};
pub use program_file::{MAX_PROGRAM, ProgramDefect};
pub use program_kind::ProgramKind;
pub use secret::{SHORTEST_SECRET, SecretSource};
pub use source::MAX_PLAN_FILE;
pub use text::{Reference, Text};
