//! The names by which findings are allowed.

use super::check::{CHECKS, is_check};
use crate::diagnostics::did_you_mean;
use crate::user_data::secrets;

/// Returns the name if it is that of a finding, otherwise the error.
pub fn finding_name(text: &str) -> Result<String, String> {
    let rules = secrets::rules();
    // A secret's name consists of its rule's name and the key.
    let rule = text.split(':').next().unwrap_or(text);
    if is_check(text) || rules.contains(rule) {
        return Ok(text.to_owned());
    }
    let known = CHECKS.iter().flat_map(|check| [check.name, check.group]).chain(rules.iter().copied());
    let meant = did_you_mean(rule, known).map(|meant| format!("; {meant}")).unwrap_or_default();
    Err(format!("no finding has this name{meant}"))
}
