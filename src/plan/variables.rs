//! The plan's variables after `--var-file` and `--var`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::diagnostic_sink::DiagnosticSink;
use super::environment::Environment;
use super::load_options::LoadOptions;
use super::located::Located;
use super::{cloudinitd, native, source};
use crate::diagnostics::{Place, did_you_mean, shown};

/// Merges in order of increasing precedence: `plan`, each `--var-file`, each `--var`, as in cloudinit.d's `-G` and
/// `-g`.
pub(super) fn merged(
    plan: &BTreeMap<String, Located<String>>,
    options: &LoadOptions,
    findings: &DiagnosticSink,
    environment: &Environment<'_>,
) -> BTreeMap<String, Located<String>> {
    let mut variables = plan.clone();
    for file in &options.variable_files {
        for (name, value) in read_file(file, findings, environment) {
            variables.insert(name, value);
        }
    }
    let command_line = Place::file(Path::new("--var"));
    for (name, value) in &options.variables {
        variables.insert(name.clone(), Located::new(value.clone(), command_line.clone()));
    }
    variables
}

/// Warns of variables on the command line that neither the plan nor any of its texts uses: most are mistakes.
pub(super) fn warn_of_unused(
    options: &LoadOptions,
    plan: &BTreeMap<String, Located<String>>,
    used: &BTreeSet<String>,
    findings: &DiagnosticSink,
) {
    for (name, _) in &options.variables {
        if !plan.contains_key(name) && !used.contains(name) {
            findings.warning_with(
                &Place::file(Path::new("--var")),
                format!("nothing in the plan reads the variable \"{}\"", shown(name)),
                did_you_mean(name, plan.keys().chain(used).map(String::as_str)),
            );
        }
    }
}

fn read_file(file: &Path, findings: &DiagnosticSink, environment: &Environment<'_>) -> Vec<(String, Located<String>)> {
    let text = match source::read_text(file) {
        Ok(text) => text,
        Err(problem) => {
            findings.error(&Place::file(file), problem.to_string());
            return Vec::new();
        }
    };
    if file.extension().is_some_and(|extension| extension == "toml") {
        native::read_variables(&text, file, findings, environment)
    } else {
        cloudinitd::read_variables(&text, file, findings, environment)
    }
}
