//! The lists and mappings of one cloud-config, for comparison with the other cloud-configs of the machine.

use super::lint_path::LintPath;

/// The lists and mappings of a cloud-config that is merged with others of the same machine.
pub(super) struct DeclaredUser {
    pub(super) place: LintPath,
    /// Keys with their lines.
    pub(super) keys: Vec<(String, u32)>,
    /// Whether it declares how it is merged.
    pub(super) has_rule: bool,
}
