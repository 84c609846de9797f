//! Google Compute Engine.
//!
//! Instances have names that follow from the launch's token, so that a repeated launch finds what an earlier one made.
//! Their tags are in their metadata as they are; labels, which Google restricts, only serve to find them.

mod bulk;
mod call_error;
mod check;
mod credentials;
mod describe;
mod gce_cloud;
mod guest_data;
mod host_keys;
mod instance;
mod labels;
mod launch;
mod launch_body;
mod leftovers;
mod names;
mod operation_failure;
mod options;
mod provider;
mod renew;
mod session;
mod settings;
mod terminate;
mod unsupported;

pub use gce_cloud::GceCloud;
pub use options::GceTiming;
pub use provider::GceProvider;
pub use session::GceSession;
pub use settings::{GceEnvironment, GceSettings};
