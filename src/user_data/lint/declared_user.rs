//! What one cloud-config of a machine lists, to be compared with the others'.

use super::lint_path::LintPath;

/// Lists and mappings of a cloud-config that is merged with others of the same machine.
pub(super) struct DeclaredUser {
    pub(super) place: LintPath,
    /// Keys with their lines.
    pub(super) keys: Vec<(String, u32)>,
    /// Whether it says how it is merged.
    pub(super) has_rule: bool,
}
