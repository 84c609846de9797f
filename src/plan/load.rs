//! Loading a plan: the file's text, to drafts, to the validated model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::build::{Purpose, build};
use super::draft::PlanDraft;
use super::environment::Environment;
use super::model::Plan;
use super::place::Place;
use super::problem::{Findings, Problem, Problems};
use super::{conf, native, source};

/// How a plan is to be read.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Variables by name (`--var NAME=VALUE`); they outrank files and the plan.
    pub variables: Vec<(String, String)>,
    /// Files of variables (`--var-file`): a TOML table when the name ends in `.toml`, else INI with a `[globals]` section.
    pub variable_files: Vec<PathBuf>,
    /// Launch everything on this cloud instead (`--cloud`): one of the plan's, or a built-in one.
    pub cloud: Option<String>,
    /// What `env.NAME` values read, and `HOME` for `~`.
    pub environment: BTreeMap<String, String>,
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

/// A plan that can run, and what its author should know.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The plan.
    pub plan: Plan,
    /// What has no effect or is probably a slip, by file and line.
    pub warnings: Vec<Problem>,
}

/// Reads and validates the plan at `path`: the native notation where the name ends in `.toml`, else cloudinit.d's.
///
/// # Errors
/// Everything that is wrong with it, at once, together with the warnings.
pub fn load(path: &Path, options: &LoadOptions) -> Result<Loaded, Problems> {
    let findings = Findings::default();
    let environment = Environment::new(&options.environment);
    let plan = read_draft(path, &findings, &environment)
        .and_then(|draft| build(&draft, options, &environment, &findings, Purpose::Run));
    let failed = findings.has_errors();
    let problems = findings.into_sorted();
    match plan {
        Some(plan) if !failed => Ok(Loaded { plan, warnings: problems }),
        _ => Err(Problems(problems)),
    }
}

/// Reads the plan at `path` as far as its notation goes.
pub(super) fn read_draft(path: &Path, findings: &Findings, environment: &Environment<'_>) -> Option<PlanDraft> {
    let fail = |problem: String| {
        findings.error(&Place::file(path), problem);
        None
    };
    let absolute = match std::path::absolute(path) {
        Ok(absolute) => source::normalized(&absolute),
        Err(error) => return fail(format!("cannot be found: {}", source::reason(&error))),
    };
    let text = match source::read_text(path) {
        Ok(text) => text,
        Err(problem) => return fail(problem),
    };
    if path.extension().is_some_and(|extension| extension == "toml") {
        native::read(&text, path, &absolute, findings, environment)
    } else {
        conf::read(&text, path, &absolute, findings, environment)
    }
}
