//! Launch plans: the validated model, the two notations that become it, and the rules they must keep.
//!
//! This layer knows nothing of the others. A [`Plan`] cannot be wrong: whoever holds one may run it.

mod attributes;
mod boot_env;
mod bucket;
mod build;
mod check;
mod circles;
mod conf;
mod diff;
mod dollar;
mod draft;
mod duration;
mod environment;
mod files;
mod import;
mod index;
mod lease;
mod load;
mod model;
mod name;
mod names;
mod native;
mod nearest;
mod one_or_several;
mod place;
mod problem;
mod secret;
mod source;
mod tarball;
mod text;
mod unset;
mod variables;

pub use attributes::{Attributes, ExpandError, Facts};
pub use boot_env::{BootEnv, boot_env};
pub use bucket::Bucket;
pub use conf::{IniOption, IniSection, read_ini};
pub use diff::{Changes, diff};
pub use dollar::{Template, TemplateError};
pub use files::MAX_PROGRAM;
pub use import::{Import, import};
pub use index::PlanIndex;
pub use lease::Lease;
pub use load::{LoadOptions, Loaded, load};
pub use model::{
    BUILT_IN_CLOUDS, CloudConfig, DEFAULT_CHECK_RETRIES, DEFAULT_LAUNCH_TIMEOUT, DEFAULT_PROGRAM_TIMEOUT,
    HostKeyPolicy, LAUNCH_ATTRIBUTES, LaunchSpec, Level, Market, Plan, Program, Programs, RunOn, Service, SourceFile,
    SshConfig,
};
pub use name::{RULE as NAME_RULE, is_valid as is_valid_name};
pub use nearest::nearest;
pub use problem::{Problem, Problems, Severity};
pub use secret::SecretSource;
pub use source::MAX_PLAN_FILE;
pub use text::{Reference, Text};
