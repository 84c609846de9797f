//! Options for loading a plan.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::known_providers::KnownProviders;

/// Options for loading a plan.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Variables by name (`--var NAME=VALUE`), which take precedence over files and the plan.
    pub variables: Vec<(String, String)>,
    /// Files of variables (`--var-file`): a TOML table if the name ends in `.toml`, otherwise INI with a `[globals]`
    /// section.
    pub variable_files: Vec<PathBuf>,
    /// The cloud to launch everything on instead (`--cloud`): one of the plan's, or a built-in one.
    pub cloud: Option<String>,
    /// The environment for `env.NAME` values, with `HOME` for `~`.
    pub environment: BTreeMap<String, String>,
    /// The providers that the plan may name.
    pub providers: KnownProviders,
}

impl LoadOptions {
    /// Returns options with this process's environment, for plans that may name `providers`.
    pub fn with_process_environment(providers: KnownProviders) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { environment, providers, ..Self::default() }
    }
}
