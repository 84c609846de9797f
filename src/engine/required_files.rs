//! The local files that a command needs: each is checked once, however many services use it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::diagnostics::Diagnostic;
use crate::plan::{DollarTemplate, LAUNCH_ATTRIBUTES, ProgramDefect, ProgramKind, Service, SourceFile};

/// The hint if there is no better one.
const PUT_IT_BACK: &str = "a run reads its files from the plan's folder; put it back";

/// Files that were checked, and their defects.
#[derive(Default)]
pub(super) struct RequiredFiles<'a>(BTreeMap<&'a Path, Looked<'a>>);

/// The result of checking a file.
struct Looked<'a> {
    /// The first service that uses it.
    service: &'a str,
    defect: Option<ProgramDefect>,
    /// The number of its uses, if it has a defect.
    uses: usize,
}

impl<'a> RequiredFiles<'a> {
    /// Checks the user data that the service is launched with, if it has any.
    pub(super) fn look_at_user_data(&mut self, service: &'a Service) {
        if let Some(file) = service.launch.as_ref().and_then(|launch| launch.user_data.as_ref()) {
            self.look_at("user data", service, file, readable);
        }
    }

    /// Checks this program of the service and its configuration, if it has them; `here` tells that the program's needs
    /// must be met on this machine.
    pub(super) fn look_at_program(&mut self, service: &'a Service, kind: ProgramKind, here: bool) {
        let Some(program) = kind.of(&service.programs) else { return };
        self.look_at(&format!("{kind} program"), service, &program.file, |path| runnable(path, here));
        if let Some(config) = &program.config {
            self.look_at("config", service, config, |path| fillable(service, path));
        }
    }

    fn look_at(
        &mut self,
        what: &str,
        service: &'a Service,
        file: &'a SourceFile,
        look: impl FnOnce(&Path) -> Result<(), ProgramDefect>,
    ) {
        let looked = self.0.entry(&file.path).or_insert_with(|| {
            let path = file.path.display();
            let told = |it: ProgramDefect| ProgramDefect { problem: format!("{what} {path}: {}", it.problem), ..it };
            Looked { service: &service.name, defect: look(&file.path).err().map(told), uses: 0 }
        });
        looked.uses += usize::from(looked.defect.is_some());
    }

    /// Returns the defects, one per file.
    pub(super) fn into_diagnostics(self) -> impl Iterator<Item = Diagnostic> {
        self.0.into_values().filter_map(|Looked { service, defect, uses }| {
            let others = match uses.saturating_sub(1) {
                0 => String::new(),
                1 => " (and 1 more use)".to_owned(),
                more => format!(" (and {more} more uses)"),
            };
            let ProgramDefect { problem, remedy } = defect?;
            let hint = remedy.unwrap_or_else(|| PUT_IT_BACK.to_owned());
            Some(Diagnostic::error(format!("{problem}{others}")).of(format_args!("service {service}")).hint(hint))
        })
    }
}

fn defect(problem: impl Into<String>) -> ProgramDefect {
    ProgramDefect { problem: problem.into(), remedy: None }
}

/// Checks that the program can run, as far as its file tells; `here` if it runs on this machine.
fn runnable(path: &Path, here: bool) -> Result<(), ProgramDefect> {
    readable(path)?;
    let defect = ProgramDefect::of(path).or_else(|| ProgramDefect::here(path).filter(|_| here));
    defect.map_or(Ok(()), Err)
}

fn readable(path: &Path) -> Result<(), ProgramDefect> {
    let shown = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => defect("the file does not exist"),
        _ => defect(format!("cannot be read: {error}")),
    };
    // Checked before it is opened: opening a pipe waits.
    if !std::fs::metadata(path).map_err(shown)?.is_file() {
        return Err(defect("it is no regular file"));
    }
    std::fs::File::open(path).map(drop).map_err(shown)
}

/// Checks that the template can be filled with what the service has.
fn fillable(service: &Service, path: &Path) -> Result<(), ProgramDefect> {
    readable(path)?;
    let text = std::fs::read_to_string(path).map_err(|error| defect(format!("cannot be read: {error}")))?;
    let template =
        DollarTemplate::parse(&text).map_err(|error| defect(format!("line {}: {}", error.line, error.message)))?;
    let known = |name: &str| {
        service.attributes.contains_key(name)
            || service.secrets.contains_key(name)
            || service.settings.contains_key(name)
            || LAUNCH_ATTRIBUTES.contains(&name)
    };
    match template.names().find(|(name, _)| !known(name)) {
        Some((name, line)) => Err(defect(format!("line {line}: unknown variable \"{name}\""))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_run::run_of;
    use super::*;

    #[test]
    fn a_file_that_many_services_use_is_told_once() {
        let missing = SourceFile { path: "/nowhere/data".into(), digest: String::new() };
        let mut run = run_of(&["db", "web", "www"]);
        let plan = std::sync::Arc::make_mut(&mut run.plan);
        for service in &mut plan.levels[0].services {
            service.launch.as_mut().unwrap().user_data = Some(missing.clone());
        }
        let mut files = RequiredFiles::default();
        run.plan.services().for_each(|(_, service)| files.look_at_user_data(service));
        let told: Vec<String> = files.into_diagnostics().map(|diagnostic| diagnostic.to_string()).collect();
        let message = "service db: user data /nowhere/data: the file does not exist (and 2 more uses)";
        assert_eq!(told, [format!("{message}\n  {PUT_IT_BACK}")]);
    }
}
