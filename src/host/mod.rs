//! Hosts: where programs run.

use std::process::ExitCode;

/// Becomes the init of a local instance if this process was started as one (`hoist __init …`), and gives its exit code.
///
/// Called before anything else: the init must be single-threaded when it enters its namespaces.
pub fn init_if_asked() -> Option<ExitCode> {
    None
}
