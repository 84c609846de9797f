//! The plan's variables after `--var-file` and `--var`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::environment::Environment;
use super::load::LoadOptions;
use super::name::shown;
use super::nearest::did_you_mean;
use super::place::{Place, Sited};
use super::problem::Findings;
use super::{conf, native, source};

/// `plan` < each file of `--var-file` < each `--var`, as cloudinit.d ranks its `-G` and `-g`.
pub(super) fn merged(
    plan: &BTreeMap<String, Sited<String>>,
    options: &LoadOptions,
    findings: &Findings,
    environment: &Environment<'_>,
) -> BTreeMap<String, Sited<String>> {
    let mut variables = plan.clone();
    for file in &options.variable_files {
        for (name, value) in read_file(file, findings, environment) {
            variables.insert(name, value);
        }
    }
    let command_line = Place::file(Path::new("--var"));
    for (name, value) in &options.variables {
        variables.insert(name.clone(), Sited::new(value.clone(), command_line.clone()));
    }
    variables
}

/// Warns of variables of the command line that neither the plan nor any text of it knows: most are slips.
pub(super) fn warn_of_unused(
    options: &LoadOptions,
    plan: &BTreeMap<String, Sited<String>>,
    used: &BTreeSet<String>,
    findings: &Findings,
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

fn read_file(file: &Path, findings: &Findings, environment: &Environment<'_>) -> Vec<(String, Sited<String>)> {
    let text = match source::read_text(file) {
        Ok(text) => text,
        Err(problem) => {
            findings.error(&Place::file(file), problem);
            return Vec::new();
        }
    };
    if file.extension().is_some_and(|extension| extension == "toml") {
        native::read_variables(&text, file, findings, environment)
    } else {
        conf::read_variables(&text, file, findings, environment)
    }
}
