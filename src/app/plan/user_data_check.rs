//! Check of the user data of a plan's services before a launch.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::app::Interaction;
use crate::cloud::local::check_user_data;
use crate::diagnostics::{Diagnostic, Place, Severity};
use crate::plan::{MAX_TEXT, Plan, Service, read_file};
use crate::user_data::{Finding, LintOptions, finding_name, lint};

/// Findings in the user data of a plan.
#[derive(Debug, Default)]
pub(crate) struct CheckedUserData {
    found: Vec<(Diagnostic, String)>,
}

impl CheckedUserData {
    /// Returns whether there are errors.
    pub(crate) fn is_wrong(&self) -> bool {
        self.errors().next().is_some()
    }

    /// Returns the errors, which prevent a launch.
    pub(crate) fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.found.iter().map(|(problem, _)| problem).filter(|problem| problem.severity == Severity::Error)
    }

    /// Returns the warnings.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.found.iter().map(|(problem, _)| problem).filter(|problem| problem.severity == Severity::Warning)
    }

    /// Returns the errors, a line each.
    pub(crate) fn diagnostics(&self) -> Vec<Diagnostic> {
        let wrong = self.found.iter().filter(|(problem, _)| problem.severity == Severity::Error);
        wrong.map(|(_, line)| Diagnostic::error(line.clone())).collect()
    }

    /// Shows the warnings.
    pub(crate) fn tell_warnings(&self, user: &dyn Interaction) {
        let warnings = self.found.iter().filter(|(problem, _)| problem.severity == Severity::Warning);
        warnings.for_each(|(_, line)| user.tell(line));
    }

    fn add(
        &mut self,
        severity: Severity,
        service: &Service,
        file: &Path,
        line: Option<u32>,
        message: &str,
        said: &str,
    ) {
        let line = line.and_then(|line| usize::try_from(line).ok());
        let message = format!("user data of service \"{}\": {message}", service.name);
        let problem = Diagnostic::new(severity, message).at(Place::new(file, line)).printable();
        self.found.push((problem, format!("service {}: user data {}{said}", service.name, file.display())));
    }
}

/// Checks the user data of these services, each file once per cloud and set of allowed findings; `allowed` applies to
/// all of them.
pub(crate) fn user_data<'a>(
    services: impl Iterator<Item = &'a Service>,
    plan: &Plan,
    allowed: &[String],
) -> CheckedUserData {
    let mut looked = CheckedUserData::default();
    let mut seen = BTreeSet::new();
    let mut known: BTreeMap<(&Path, &[String]), Vec<Finding>> = BTreeMap::new();
    for service in services {
        let Some(launch) = &service.launch else { continue };
        let Some(file) = &launch.user_data else { continue };
        let path = file.path.as_path();
        let is_local = plan.clouds.get(&service.cloud).is_some_and(|cloud| cloud.is_local());
        if !seen.insert((path, launch.allow.as_slice(), is_local)) {
            continue;
        }
        for name in &launch.allow {
            if let Err(why) = finding_name(name) {
                let message = format!("\"allow\" names {name:?}: {why}");
                looked.add(Severity::Warning, service, path, None, &message, &format!(": {message}"));
            }
        }
        let data = match read_file(path, MAX_TEXT) {
            Ok(data) => data,
            Err(error) => {
                let message = format!("cannot be read: {error}");
                looked.add(Severity::Error, service, path, None, &message, &format!(": {message}"));
                continue;
            }
        };
        let findings = known.entry((path, launch.allow.as_slice())).or_insert_with(|| {
            let options = LintOptions::allowing(allowed.iter().chain(&launch.allow));
            lint(&data, &options).findings
        });
        for finding in findings.iter() {
            let severity = match finding.diagnostic.severity {
                // The cloud reports sizes, since it counts the parts that hoist adds.
                Severity::Error if finding.check == "size" => continue,
                // The local cloud has its own key.
                Severity::Warning
                    if is_local && finding.diagnostic.message.ends_with("the key environment is unknown") =>
                {
                    continue;
                }
                Severity::Note => continue,
                severity => severity,
            };
            let message = finding.to_string();
            let message = message.split_once(": ").map_or(message.as_str(), |(_, rest)| rest);
            let message = message.trim_start_matches("error: ").trim_start_matches("warning: ");
            looked.add(severity, service, path, Some(finding.file_line), message, &format!(":{finding}"));
        }
        if is_local && let Err(error) = check_user_data(&data) {
            let message = error.message.trim_start_matches("user data: ").to_owned();
            looked.add(Severity::Error, service, path, None, &message, &format!(": {message}"));
        }
    }
    looked
}
