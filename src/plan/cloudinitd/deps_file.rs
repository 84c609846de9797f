//! Files of attributes: a `[deps]` section.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::super::diagnostic_sink::{DiagnosticSink, UnparsedPart};
use super::super::environment::Environment;
use super::super::located::Located;
use super::super::source;
use super::super::text::Text;
use super::ini::Ini;
use super::section_values::{OptionValue, SectionValues};
use super::self_reference;
use crate::diagnostics::shown;

/// An attribute's name, and its text or, if that is an unset environment variable, the variable.
type Attribute = (String, Result<Located<Text>, Located<String>>);

/// The attributes of one file, sorted by name.
type DepsAttributes = Rc<[Attribute]>;

/// Deps files, each read once.
pub(super) struct DepsFiles<'a> {
    findings: &'a DiagnosticSink,
    environment: &'a Environment<'a>,
    known: RefCell<HashMap<PathBuf, DepsAttributes>>,
}

impl<'a> DepsFiles<'a> {
    pub(super) fn new(findings: &'a DiagnosticSink, environment: &'a Environment<'a>) -> Self {
        Self { findings, environment, known: RefCell::default() }
    }

    /// Reads the attributes in the file at `path`, relative to `directory`; `beside` is the file that refers to it.
    pub(super) fn read(&self, path: &Located<String>, directory: &Path, beside: &Path) -> DepsAttributes {
        let absolute = source::resolve(directory, &path.value, self.environment.home());
        if let Some(known) = self.known.borrow().get(&absolute) {
            return known.clone();
        }
        let attributes: DepsAttributes = match source::read_text(&absolute) {
            Ok(text) => {
                let shown = source::normalized(&beside.parent().unwrap_or(Path::new("")).join(&path.value));
                self.attributes(&text, &shown, path).into()
            }
            Err(problem) => {
                // Not cached: every reference to it is reported.
                self.findings.unread(
                    UnparsedPart::Attributes,
                    &path.place,
                    format!("deps file {}: {problem}", absolute.display()),
                    None,
                );
                return Vec::new().into();
            }
        };
        self.known.borrow_mut().insert(absolute, attributes.clone());
        attributes
    }

    fn attributes(&self, text: &str, file: &Path, path: &Located<String>) -> Vec<Attribute> {
        let ini = Ini::parse(text, file, self.findings);
        for section in ini.sections.iter().filter(|section| section.name != "deps") {
            let message = format!("unknown section [{}]; it has no effect", shown(&section.name));
            self.findings.warning_with(&section.place, message, Some("attributes stand in [deps]".to_owned()));
        }
        let Some(section) = ini.get("deps") else {
            let message = format!("deps file {}: it has no [deps] section", file.display());
            self.findings.unread(UnparsedPart::Attributes, &path.place, message, None);
            return Vec::new();
        };
        let view = SectionValues {
            ini: &ini,
            section,
            findings: self.findings,
            environment: self.environment,
            extras: &RefCell::default(),
        };
        view.warn_of_replaced();
        let mut attributes = Vec::new();
        for name in view.names() {
            if matches!(name, "hostname" | "instance_id" | "run_name")
                && let Some(written) = section.options.get(name)
                && !self_reference::says_nothing(name, &written.value)
            {
                let message = format!("the attribute \"{name}\" has no effect: every service has one of its own");
                self.findings.warning(&written.place, message);
            }
            match view.get(name) {
                Some(OptionValue::Given(value)) => attributes.push((name.to_owned(), Ok(value.map(Text::from)))),
                Some(OptionValue::Unset(variable)) => attributes.push((name.to_owned(), Err(variable))),
                None => {}
            }
        }
        attributes
    }
}
