//! What is meant to be in user data.

use clap::Args;

use crate::diagnostics::did_you_mean;
use crate::user_data::{CHECKS, LintOptions, is_check, secret_rules};

/// What is meant to be in user data.
#[derive(Args, Debug, Clone, Default)]
pub(in crate::cli) struct Allow {
    /// A finding that is meant to be there, by its name (unknown-key, password:db_password); may be given several times
    #[arg(long = "allow", visible_alias = "allow-secret", value_name = "NAME", value_parser = name)]
    allowed: Vec<String>,
}

impl Allow {
    /// These names.
    pub(in crate::cli) fn of(names: &[String]) -> Self {
        Self { allowed: names.to_vec() }
    }

    /// The names.
    pub(in crate::cli) fn names(&self) -> &[String] {
        &self.allowed
    }

    /// How user data is looked at.
    pub(in crate::cli) fn options(&self) -> LintOptions {
        LintOptions::allowing(&self.allowed)
    }
}

/// The name of a finding, or why it is none.
pub(in crate::cli) fn name(text: &str) -> Result<String, String> {
    let rules = secret_rules();
    // A secret's name is its rule's and that of what it is the value of.
    let rule = text.split(':').next().unwrap_or(text);
    if is_check(text) || rules.contains(rule) {
        return Ok(text.to_owned());
    }
    let known = CHECKS.iter().flat_map(|check| [check.name, check.group]).chain(rules.iter().copied());
    let meant = did_you_mean(rule, known).map(|meant| format!("; {meant}")).unwrap_or_default();
    Err(format!("no finding has this name{meant}"))
}
