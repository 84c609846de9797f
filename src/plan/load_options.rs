//! How a plan is to be read.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::known_providers::KnownProviders;

/// How a plan is to be read.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Variables by name (`--var NAME=VALUE`); they outrank files and the plan.
    pub variables: Vec<(String, String)>,
    /// Files of variables (`--var-file`): a TOML table when the name ends in `.toml`, else INI with a `[globals]`
    /// section.
    pub variable_files: Vec<PathBuf>,
    /// Launch everything on this cloud instead (`--cloud`): one of the plan's, or a built-in one.
    pub cloud: Option<String>,
    /// What `env.NAME` values read, and `HOME` for `~`.
    pub environment: BTreeMap<String, String>,
    /// The providers that the plan may name.
    pub providers: KnownProviders,
}

impl LoadOptions {
    /// Options that read this process's environment.
    pub fn with_process_environment() -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { environment, ..Self::default() }
    }
}
