//! The option for allowed findings in user data.

use clap::Args;

use crate::user_data::{LintOptions, finding_name};

/// What is meant to be in user data.
#[derive(Args, Debug, Clone, Default)]
pub(in crate::cli) struct Allow {
    /// A finding that is meant to be there, by its name (unknown-key, password:db_password); may be given several times
    #[arg(long = "allow", visible_alias = "allow-secret", value_name = "NAME", value_parser = finding_name)]
    allowed: Vec<String>,
}

impl Allow {
    /// Creates the option with these names.
    pub(in crate::cli) fn of(names: &[String]) -> Self {
        Self { allowed: names.to_vec() }
    }

    /// Returns the allowed names.
    pub(in crate::cli) fn names(&self) -> &[String] {
        &self.allowed
    }

    /// Returns the options for checking user data.
    pub(in crate::cli) fn options(&self) -> LintOptions {
        LintOptions::allowing(&self.allowed)
    }
}
