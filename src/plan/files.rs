//! The files that a plan names: their existence, content and digests, each examined once.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use sha2::{Digest, Sha256};

use super::diagnostic_sink::{DiagnosticSink, UnparsedPart};
use super::dollar::DollarTemplate;
use super::draft::ServiceDraft;
use super::json_config::{is_json_config, json_defect};
use super::located::Located;
use super::model::{LAUNCH_ATTRIBUTES, SourceFile};
use super::notation::Notation;
use super::program_file::{MAX_PROGRAM, ProgramDefect};
use super::purpose::Purpose;
use super::references::{INSTANCE_ID, no_instance};
use super::source::SourceError;
use super::text::{Reference, Text};
use super::{source, unset_variables};
use crate::diagnostics::{Place, did_you_mean, shown};

/// The maximum size of a configuration template or of user data, in bytes.
const MAX_TEMPLATE: u64 = 16 * 1024 * 1024;

/// The plan's variables, and those whose environment variables are unset.
#[derive(Clone, Copy)]
pub(super) struct Variables<'a> {
    pub(super) given: &'a BTreeMap<String, Located<String>>,
    pub(super) unset: &'a BTreeMap<String, Located<String>>,
}

pub(super) struct PlanFiles<'a> {
    variables: Variables<'a>,
    home: Option<&'a Path>,
    purpose: Purpose,
    notation: Notation,
    findings: &'a DiagnosticSink,
    known: RefCell<HashMap<PathBuf, Rc<KnownFile>>>,
    /// The problems reported so far: defaults lead every service to the same place and file.
    reported: RefCell<HashSet<(Place, PathBuf)>>,
}

/// The reason why a path could not be expanded.
enum PathError<'a> {
    /// It references this variable of the plan, which is this unset environment variable.
    Unset(String, &'a Located<String>),
    /// It references an undefined variable.
    Unknown(String),
    /// It could not be expanded with any variables.
    Never(String),
}

/// A file's properties. Errors are without its name.
struct KnownFile {
    digest: Result<String, SourceError>,
    defect: std::cell::OnceCell<Option<ProgramDefect>>,
    defect_here: std::cell::OnceCell<Option<ProgramDefect>>,
    template: std::cell::OnceCell<Result<DollarTemplate, (Option<usize>, String)>>,
}

impl<'a> PlanFiles<'a> {
    pub(super) fn new(
        variables: Variables<'a>,
        home: Option<&'a Path>,
        purpose: Purpose,
        notation: Notation,
        findings: &'a DiagnosticSink,
    ) -> Self {
        Self { variables, home, purpose, notation, findings, known: RefCell::default(), reported: RefCell::default() }
    }

    /// Checks a program: any readable file; a tarball must have the layout that hosts expect. `is_here` if it runs on
    /// this machine.
    pub(super) fn program(
        &self,
        service: &ServiceDraft,
        kind: &str,
        path: &Located<String>,
        is_here: bool,
    ) -> Option<SourceFile> {
        let what = format!("{kind} program of service \"{}\"", shown(&service.name.value));
        let (file, known) = self.file(service, &what, path, MAX_PROGRAM)?;
        let told = |defect: &ProgramDefect| format!("{what}: {}: {}", file.path.display(), defect.problem);
        if let Some(defect) = known.defect.get_or_init(|| ProgramDefect::of(&file.path)) {
            if self.is_news(&path.place, &file.path) {
                self.findings.error_with(&path.place, told(defect), defect.remedy.clone());
            }
        } else if is_here
            && let Some(defect) = known.defect_here.get_or_init(|| ProgramDefect::here(&file.path))
            && self.is_news(&path.place, &file.path)
        {
            // A program that runs before may provide it.
            self.findings.warning_with(&path.place, told(defect), defect.remedy.clone());
        }
        Some(file)
    }

    /// Returns the home directory, for `~`.
    pub(super) fn home(&self) -> Option<&Path> {
        self.home
    }

    /// Checks a configuration template, whose variables must all be attributes of the service. Returns the file and the
    /// attributes' names.
    pub(super) fn config(&self, service: &ServiceDraft, path: &Located<String>) -> Option<(SourceFile, Vec<String>)> {
        let what = format!("config of service \"{}\"", shown(&service.name.value));
        let (file, known) = self.file(service, &what, path, MAX_TEMPLATE)?;
        let template = known.template.get_or_init(|| {
            let text = source::read_text(&file.path).map_err(|error| (None, error.to_string()))?;
            DollarTemplate::parse(&text).map_err(|error| (Some(error.line), error.message))
        });
        let at = |line: Option<usize>| Place { file: self.displayed(&file.path).into(), line };
        let template = match template {
            Err((line, problem)) => {
                let hint = format!("it is the {what} ({})", path.place);
                self.findings.error_with(&at(*line), problem.clone(), Some(hint));
                return None;
            }
            Ok(template) => template,
        };
        if is_json_config(&file.path)
            && let Some((line, problem)) = json_defect(template)
            && self.is_news(&path.place, &file.path)
        {
            let message = format!("{what} is no JSON, which its name says it is: {problem}");
            // cloudinit.d accepts any text.
            match self.notation {
                Notation::Native => {
                    let hint = "mend it, or give it a name that does not end in .json";
                    self.findings.error_with(&at(Some(line)), message, Some(hint.to_owned()));
                }
                Notation::Cloudinitd => self.findings.warning(&at(Some(line)), message),
            }
        }
        let own = &service.fields.attributes;
        let secrets = &service.fields.secrets;
        let is_known =
            |name: &str| own.contains_key(name) || secrets.contains_key(name) || LAUNCH_ATTRIBUTES.contains(&name);
        for (name, line) in template.names() {
            if name == INSTANCE_ID && !service.launches {
                self.findings.error_with(&at(Some(line)), no_instance(&service.name.value), None);
            }
            if is_known(name) {
                continue;
            }
            if let Some(variable) = service.fields.unset_attributes.get(name) {
                if self.purpose == Purpose::Run {
                    unset_variables::report(self.findings, "attribute", name, variable, &at(Some(line)));
                }
            } else if !self.findings.is_unread(UnparsedPart::Attributes) {
                let message = format!(
                    "unknown variable \"{name}\": service \"{}\" has no such attribute",
                    shown(&service.name.value)
                );
                let hint =
                    did_you_mean(name, own.keys().chain(secrets.keys()).map(String::as_str).chain(LAUNCH_ATTRIBUTES));
                self.findings.error_with(&at(Some(line)), message, hint);
            }
        }
        let names: BTreeSet<&str> = template.names().map(|(name, _)| name).collect();
        Some((file, names.into_iter().map(str::to_owned).collect()))
    }

    /// Checks a file of user data.
    pub(super) fn user_data(&self, service: &ServiceDraft, path: &Located<String>) -> Option<SourceFile> {
        let what = format!("user data of service \"{}\"", shown(&service.name.value));
        self.file(service, &what, path, MAX_TEMPLATE).map(|(file, _)| file)
    }

    /// Checks a private key. If nothing is reached by SSH (`unused`), a missing one causes only a warning.
    pub(super) fn ssh_key(&self, service: &ServiceDraft, path: &Located<String>, unused: bool) -> Option<PathBuf> {
        let what = format!("SSH key of service \"{}\"", shown(&service.name.value));
        let resolved = self.resolve(service, &what, path)?;
        if let Err(problem) = source::check_regular(&resolved)
            && self.is_news(&path.place, &resolved)
        {
            let message = format!("{what}: {}: {problem}", resolved.display());
            if unused {
                self.findings.warning(&path.place, message);
            } else {
                self.findings.error(&path.place, message);
            }
        }
        Some(resolved)
    }

    fn file(
        &self,
        service: &ServiceDraft,
        what: &str,
        path: &Located<String>,
        limit: u64,
    ) -> Option<(SourceFile, Rc<KnownFile>)> {
        let resolved = self.resolve(service, what, path)?;
        let known = self.known.borrow().get(&resolved).cloned();
        let known = known.unwrap_or_else(|| {
            let known = Rc::new(KnownFile {
                digest: digest(&resolved, limit),
                defect: std::cell::OnceCell::new(),
                defect_here: std::cell::OnceCell::new(),
                template: std::cell::OnceCell::new(),
            });
            self.known.borrow_mut().insert(resolved.clone(), known.clone());
            known
        });
        match &known.digest {
            Ok(digest) => Some((SourceFile { path: resolved, digest: digest.clone() }, known)),
            Err(problem) => {
                if self.is_news(&path.place, &resolved) {
                    let message = format!("{what}: {}: {problem}", resolved.display());
                    self.findings.error_with(&path.place, message, nearest_file(&resolved));
                }
                None
            }
        }
    }

    fn is_news(&self, place: &Place, file: &Path) -> bool {
        self.reported.borrow_mut().insert((place.clone(), file.to_path_buf()))
    }

    /// Returns the absolute path, with its variables expanded.
    fn resolve(&self, service: &ServiceDraft, what: &str, path: &Located<String>) -> Option<PathBuf> {
        let expanded = self.text(what, path)?;
        if expanded.is_empty() || expanded.contains('\0') {
            self.findings.error(&path.place, format!("{what}: \"{}\" is no path", shown(&expanded)));
            return None;
        }
        Some(source::resolve(&service.directory, &expanded, self.home))
    }

    /// Returns the user to log in as, with variables expanded.
    pub(super) fn ssh_user(&self, service: &ServiceDraft, user: &Located<String>) -> Option<String> {
        let what = format!("SSH user of service \"{}\"", shown(&service.name.value));
        let expanded = self.text(&what, user)?;
        // A user's name must not be mistaken by ssh for an option, or for two words.
        let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '@' | ':' | '%' | '"' | '\'' | '\\');
        if expanded.is_empty() || expanded.starts_with('-') || expanded.contains(odd) {
            self.findings.error(&user.place, format!("{what}: \"{}\" is no user's name", shown(&expanded)));
            return None;
        }
        Some(expanded)
    }

    /// Expands the variables in a text. Other references are not known before the run.
    fn text(&self, what: &str, path: &Located<String>) -> Option<String> {
        match self.expand(&path.value) {
            Ok(expanded) => return Some(expanded),
            Err(PathError::Unset(name, variable)) => {
                if self.purpose == Purpose::Run {
                    unset_variables::report(self.findings, "variable", &name, variable, &path.place);
                }
            }
            Err(PathError::Unknown(_)) if self.findings.is_unread(UnparsedPart::Anything) => {}
            Err(PathError::Unknown(problem) | PathError::Never(problem)) => {
                self.findings.error(&path.place, format!("{what}: {problem}"));
            }
        }
        None
    }

    fn expand(&self, path: &str) -> Result<String, PathError<'a>> {
        /// The maximum depth of variables that reference each other; a deeper chain is a cycle or malicious.
        const MAX_ROUNDS: usize = 10;
        const MAX_PATH: usize = 4096;
        let mut text = Text::new(path);
        for _ in 0..MAX_ROUNDS {
            if text.is_plain() {
                return Ok(text.as_str().to_owned());
            }
            let expanded = text.expand(|reference| match reference {
                Reference::Global(name) => match (self.variables.given.get(name), self.variables.unset.get(name)) {
                    (Some(value), _) => Ok(value.value.clone()),
                    (None, Some(variable)) => Err(PathError::Unset(name.clone(), variable)),
                    (None, None) => Err(PathError::Unknown(format!("unknown variable {reference}"))),
                },
                other => Err(PathError::Never(format!(
                    "{other} is not known before the run; this can read ${{global.NAME}} only"
                ))),
            })?;
            if expanded.len() > MAX_PATH {
                return Err(PathError::Never(format!("it is longer than {MAX_PATH} bytes")));
            }
            text = Text::new(expanded);
        }
        Err(PathError::Never("the variables in it read each other".to_owned()))
    }

    /// Returns the path for messages: relative to the working directory if it is below it.
    fn displayed(&self, path: &Path) -> PathBuf {
        let below = std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf));
        below.unwrap_or_else(|| path.to_path_buf())
    }
}

/// Returns the SHA-256 of a file in hexadecimal.
fn digest(path: &Path, limit: u64) -> Result<String, SourceError> {
    let file = source::open_within(path, limit)?;
    let mut file = file.take(limit);
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer).map_err(|error| SourceError::unreadable(&error))? {
            0 => break,
            read => hasher.update(&buffer[..read]),
        }
    }
    Ok(hex::encode(hasher.finalize()))
}

/// Returns a file in the same directory with a similar name.
fn nearest_file(missing: &Path) -> Option<String> {
    const LOOK_AT: usize = 1000;
    let names: Vec<String> = std::fs::read_dir(missing.parent()?)
        .ok()?
        .take(LOOK_AT)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    let name = missing.file_name()?.to_str()?;
    if names.iter().any(|other| other == name) {
        return None;
    }
    did_you_mean(name, names.iter().map(String::as_str))
}
