//! Loading a plan: from the file's text to drafts to the validated model.

use std::path::{Path, PathBuf};

use super::diagnostic_sink::DiagnosticSink;
use super::draft::PlanDraft;
use super::environment::Environment;
use super::known_providers::KnownProviders;
use super::load_options::LoadOptions;
use super::model::Plan;
use super::notation::Notation;
use super::purpose::Purpose;
use super::resolve::build;
use super::{cloudinitd, native, source};
use crate::diagnostics::{Diagnostic, Diagnostics, Place};

/// A valid plan, and its warnings.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The plan.
    pub plan: Plan,
    /// Settings without effect and probable mistakes, by file and line.
    pub warnings: Vec<Diagnostic>,
}

/// Reads and validates the plan at `path`: the native notation if the name ends in `.toml`, otherwise cloudinit.d's.
/// `-` is standard input, whose notation is detected from the text.
///
/// # Errors
/// All errors of the plan at once, together with the warnings.
pub fn load(path: &Path, options: &LoadOptions) -> Result<Loaded, Diagnostics> {
    let findings = DiagnosticSink::default();
    let environment = Environment::new(&options.environment);
    let plan = read_draft(path, &options.providers, &findings, &environment)
        .and_then(|draft| build(&draft, options, &environment, &findings, Purpose::Run));
    let failed = findings.has_errors();
    let problems = findings.into_sorted();
    match plan {
        Some(plan) if !failed => Ok(Loaded { plan, warnings: problems }),
        _ => Err(Diagnostics(problems)),
    }
}

/// Reads the plan at `path`, or with `-` on standard input, without validating it.
pub(super) fn read_draft(
    path: &Path,
    providers: &KnownProviders,
    findings: &DiagnosticSink,
    environment: &Environment<'_>,
) -> Option<PlanDraft> {
    if path.as_os_str() == "-" {
        return read_standard_input(providers, findings, environment);
    }
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
        Err(error) if path.is_dir() => {
            findings.error_with(&Place::file(path), error.to_string(), plans_in(path));
            return None;
        }
        Err(error) => return fail(error.to_string()),
    };
    read_as(Notation::of(path), &text, path, &absolute, providers, findings, environment)
}

fn read_as(
    notation: Notation,
    text: &str,
    path: &Path,
    absolute: &Path,
    providers: &KnownProviders,
    findings: &DiagnosticSink,
    environment: &Environment<'_>,
) -> Option<PlanDraft> {
    match notation {
        Notation::Native => native::read(text, path, absolute, providers, findings, environment),
        Notation::Cloudinitd => cloudinitd::read(text, path, absolute, providers, findings, environment),
    }
}

/// Reads the plan on standard input. Its notation is detected from the text, and its paths are relative to the working
/// directory.
fn read_standard_input(
    providers: &KnownProviders,
    findings: &DiagnosticSink,
    environment: &Environment<'_>,
) -> Option<PlanDraft> {
    let path = Path::new("standard input");
    let here = std::env::current_dir().map_err(|error| format!("the directory is gone: {}", source::reason(&error)));
    match here.and_then(|here| Ok((here, source::read_standard_input().map_err(|error| error.to_string())?))) {
        Ok((here, text)) => {
            let notation = Notation::of_text(&text);
            // Like a file with that notation in the working directory.
            let absolute = here.join(if notation == Notation::Native { "stdin.toml" } else { "stdin" });
            read_as(notation, &text, path, &absolute, providers, findings, environment)
        }
        Err(problem) => {
            findings.error(&Place::file(path), problem);
            None
        }
    }
}

/// Returns a hint that names the plans in a directory, for a user who gave the directory.
fn plans_in(directory: &Path) -> Option<String> {
    const LOOK_AT: usize = 1000;
    const MOST_NAMED: usize = 5;
    let is_plan = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let begins = |text: &str| match ending {
            Some("toml") => text.lines().any(|line| line.trim().trim_matches(['[', ']', ' ']).starts_with("levels")),
            _ => text.lines().any(|line| line.trim() == "[runlevels]"),
        };
        matches!(ending, Some("toml" | "conf")) && source::read_text(path).is_ok_and(|text| begins(&text))
    };
    let entries = std::fs::read_dir(directory).ok()?.take(LOOK_AT);
    let mut plans: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_plan).collect();
    plans.sort();
    let named: Vec<String> = plans.iter().take(MOST_NAMED).map(|path| path.display().to_string()).collect();
    match (named.as_slice(), plans.len().saturating_sub(MOST_NAMED)) {
        ([], _) => None,
        ([one], _) => Some(format!("name the plan in it: {one}")),
        (several, 0) => Some(format!("name one of the plans in it: {}", several.join(", "))),
        (several, more) => Some(format!("name one of the plans in it: {} and {more} more", several.join(", "))),
    }
}
