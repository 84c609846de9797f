//! Reader of typed options of an INI file.

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::path::Path;

use super::keys::Keys;
use crate::diagnostics::{Diagnostic, Place, Severity, did_you_mean, nearest};
use crate::plan::{IniOption, IniSection};

/// Options whose values must not appear in messages.
const SECRET: &[&str] = &["accesskey", "secretaccesskey", "access_key", "client_token"];

pub(in crate::compat) struct IniReader<'a> {
    file: &'a Path,
    sections: &'a [IniSection],
    problems: RefCell<Vec<Diagnostic>>,
}

impl<'a> IniReader<'a> {
    /// Creates a reader, and reports every section and option that is not in `keys`.
    pub(in crate::compat) fn new(
        file: &'a Path,
        sections: &'a [IniSection],
        problems: Vec<Diagnostic>,
        keys: Keys,
    ) -> Self {
        let problems = problems.into_iter().map(without_secrets).collect();
        let reader = Self { file, sections, problems: RefCell::new(problems) };
        for section in sections {
            let Some((_, options)) = keys.iter().find(|(name, _)| *name == section.name) else {
                let names = keys.iter().map(|(name, _)| *name);
                let hint = nearest(&section.name, names).map(|near| format!("did you mean [{near}]?"));
                let message = format!("unknown section [{}] has no effect", section.name.escape_debug());
                reader.report(Severity::Warning, Some(section.line), message, hint);
                continue;
            };
            for (name, option) in &section.options {
                if !options.contains(&name.as_str()) {
                    let hint = did_you_mean(name, options.iter().copied());
                    let message = format!("unknown option \"{}\" has no effect", name.escape_debug());
                    reader.report(Severity::Warning, Some(option.line), message, hint);
                }
            }
        }
        reader
    }

    /// Returns all problems, sorted by line.
    pub(in crate::compat) fn into_problems(self) -> Vec<Diagnostic> {
        let mut problems = self.problems.into_inner();
        problems.sort_by(|a, b| a.place.cmp(&b.place));
        problems
    }

    pub(in crate::compat) fn report(
        &self,
        severity: Severity,
        line: Option<usize>,
        message: String,
        hint: Option<String>,
    ) {
        let problem = Diagnostic::new(severity, message).at(Place::new(self.file, line)).hints(hint).printable();
        self.problems.borrow_mut().push(problem);
    }

    pub(in crate::compat) fn line(&self, section: &str, option: &str) -> Option<usize> {
        self.option(section, option).map(|option| option.line)
    }

    /// Reads one line of text; none if it is empty.
    pub(in crate::compat) fn text(&self, section: &str, option: &str) -> Option<String> {
        let found = self.option(section, option).filter(|found| !found.value.is_empty())?;
        let wrong = |why: &str, hint: &str| {
            self.report(Severity::Error, Some(found.line), format!("\"{option}\" {why}"), Some(hint.to_owned()));
            None
        };
        if found.value.contains("%(") {
            return wrong("holds %( )s, which is not filled in here", "write the value out");
        }
        if found.value.contains('\n') {
            return wrong("goes on in the next line", "a line that begins with a space belongs to the one before");
        }
        if found.value.contains(char::is_control) {
            return wrong("holds a control character", "write the line again");
        }
        let quoted = |quote| found.value.len() > 1 && found.value.starts_with(quote) && found.value.ends_with(quote);
        if quoted('"') || quoted('\'') {
            return wrong("is in quotes, which would be part of the value", "leave the quotes out");
        }
        Some(found.value.clone())
    }

    /// Reads a truth value, in the words of Python's ConfigParser.
    pub(in crate::compat) fn yes(&self, section: &str, option: &str) -> Option<bool> {
        let text = self.text(section, option)?;
        match text.to_lowercase().as_str() {
            "1" | "yes" | "true" | "on" => Some(true),
            "0" | "no" | "false" | "off" => Some(false),
            _ => self.wrong(section, option, &format!("is \"{text}\", which is neither true nor false")),
        }
    }

    pub(in crate::compat) fn number(&self, section: &str, option: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let text = self.text(section, option)?;
        match text.parse() {
            Ok(number) if range.contains(&number) => Some(number),
            _ => {
                let why = format!("is \"{text}\", which is no whole number from {} to {}", range.start(), range.end());
                self.wrong(section, option, &why)
            }
        }
    }

    /// Reads US dollars, as written.
    pub(in crate::compat) fn price(&self, section: &str, option: &str) -> Option<String> {
        let text = self.text(section, option)?;
        let decimal = text.chars().all(|c| c.is_ascii_digit() || c == '.');
        match text.parse::<f64>() {
            Ok(price) if decimal && price > 0.0 => Some(text),
            _ => self.wrong(section, option, &format!("is \"{text}\", which is no price such as 0.05")),
        }
    }

    pub(in crate::compat) fn one_of(&self, section: &str, option: &str, words: &[&str]) -> Option<String> {
        let text = self.text(section, option)?;
        if words.contains(&text.as_str()) {
            return Some(text);
        }
        self.wrong(section, option, &format!("is \"{text}\", which is none of {}", words.join(", ")))
    }

    pub(in crate::compat) fn begins(&self, section: &str, option: &str, prefix: &str) -> Option<String> {
        let text = self.text(section, option)?;
        if text.starts_with(prefix) && !text.contains(char::is_whitespace) {
            return Some(text);
        }
        self.wrong(section, option, &format!("is \"{text}\", which is no id; one begins with \"{prefix}\""))
    }

    pub(in crate::compat) fn path(&self, section: &str, option: &str) -> Option<String> {
        let text = self.text(section, option)?;
        if text.starts_with('/') {
            return Some(text);
        }
        self.wrong(section, option, &format!("is \"{text}\", which is no path from the root"))
    }

    /// Reads an address or a host name.
    pub(in crate::compat) fn host(&self, section: &str, option: &str) -> Option<String> {
        let text = self.text(section, option)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_');
        if text.chars().all(plain) {
            return Some(text);
        }
        self.wrong(section, option, &format!("is \"{text}\", which is neither an address nor a host's name"))
    }

    fn option(&self, section: &str, option: &str) -> Option<&'a IniOption> {
        self.sections.iter().find(|found| found.name == section)?.options.get(option)
    }

    fn wrong<T>(&self, section: &str, option: &str, why: &str) -> Option<T> {
        self.report(Severity::Error, self.line(section, option), format!("\"{option}\" {why}"), None);
        None
    }
}

/// Hides an invalid line, which messages quote, if it may hold a key.
fn without_secrets(mut problem: Diagnostic) -> Diagnostic {
    if SECRET.iter().any(|secret| problem.message.to_lowercase().contains(secret)) {
        problem.message = "the line of a key is no option".to_owned();
    }
    problem
}
