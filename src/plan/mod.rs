//! Launch plans: the validated model, the two notations that become it, and the rules they must keep.
//!
//! This layer knows nothing of the others. A [`Plan`] cannot be wrong: whoever holds one may run it.

mod diff;
mod model;
mod stub;
mod text;
pub use stub::*;

pub use diff::{Changes, diff};
pub use model::{
    BUILT_IN_CLOUDS, CloudConfig, DEFAULT_CHECK_RETRIES, DEFAULT_LAUNCH_TIMEOUT, DEFAULT_PROGRAM_TIMEOUT,
    HostKeyPolicy, LAUNCH_ATTRIBUTES, LaunchSpec, Level, Market, Plan, Program, Programs, RunOn, Service, SourceFile,
    SshConfig,
};
pub use text::{Reference, Text};
