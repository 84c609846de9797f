//! Detection of the notation of a launch specification.

use std::path::Path;

use super::specification::LaunchSpecification;
use super::{ec2, gce};
use crate::compat::json_node::JsonDocument;
use crate::diagnostics::{Diagnostic, Diagnostics};

impl LaunchSpecification {
    /// Parses a JSON text, read from `file`, in either notation. Returns warnings about keys without effect.
    ///
    /// # Errors
    /// All errors in the text: invalid JSON, unknown keys, invalid values, and missing keys.
    pub fn parse(text: &str, file: &Path) -> Result<(Self, Vec<Diagnostic>), Diagnostics> {
        let document = JsonDocument::parse(text, file)?;
        let root = document.root();
        let read = match (ec2::KEYS.iter().any(|key| root.has(key)), gce::KEYS.iter().any(|key| root.has(key))) {
            (false, true) => gce::read(&root),
            (true, false) => ec2::read(&root),
            (true, true) => {
                root.error("mixes keys of EC2 and of GCE", None);
                None
            }
            (false, false) => {
                let hint =
                    "EC2's begins with \"ImageId\" and \"InstanceType\", GCE's with \"machineType\" and \"disks\"";
                root.error("is no launch specification", Some(hint));
                None
            }
        };
        let problems = document.into_problems();
        match read {
            Some(read) if !problems.iter().any(Diagnostic::is_error) => Ok((read, problems)),
            _ => Err(Diagnostics(problems)),
        }
    }
}
