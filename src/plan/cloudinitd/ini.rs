//! INI files in the format of Python 2's ConfigParser.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::super::diagnostic_sink::{DiagnosticSink, UnparsedPart};
use super::super::located::Located;
use super::interpolate::MAX_INTERPOLATED;
use crate::diagnostics::{Place, shown};

/// The sections of a file, before interpolation.
#[derive(Debug)]
pub(super) struct Ini {
    pub(super) file: Arc<Path>,
    /// `[DEFAULT]`: options of every section.
    pub(super) defaults: Options,
    /// The sections, in order of first appearance.
    pub(super) sections: Vec<Section>,
    /// The remaining size limit for interpolation in this file, in bytes.
    pub(super) budget: Cell<usize>,
    positions: HashMap<String, usize>,
}

/// Options by lower-cased name.
pub(super) type Options = BTreeMap<String, Located<String>>;

#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) options: Options,
    /// Options that were overridden by a later one, with the value that was lost.
    pub(super) replaced: Vec<(String, Located<String>)>,
}

impl Ini {
    /// Parses the text, reporting every invalid line.
    pub(super) fn parse(text: &str, file: &Path, findings: &DiagnosticSink) -> Self {
        let file: Arc<Path> = Arc::from(file);
        let mut ini = Self {
            file: file.clone(),
            defaults: Options::new(),
            sections: Vec::new(),
            budget: Cell::new(MAX_INTERPOLATED),
            positions: HashMap::new(),
        };
        // `None` before the first header; `Some(None)` in `[DEFAULT]`.
        let mut current: Option<Option<usize>> = None;
        let mut option: Option<String> = None;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, line) in text.split('\n').enumerate() {
            let place = Place::line(&file, number + 1);
            if is_blank_or_comment(line) {
                continue;
            }
            if line.starts_with(is_space)
                && let (Some(section), Some(name)) = (current, &option)
            {
                if let Some(value) = ini.options(section).get_mut(name) {
                    value.value.push('\n');
                    value.value.push_str(line.trim_matches(is_space));
                }
                continue;
            }
            if line.starts_with('[') {
                let Some(name) = header(line) else {
                    findings.unread(
                        UnparsedPart::Anything,
                        &place,
                        format!("\"{}\" is no section header", shown(line.trim())),
                        Some("a section begins with a line [NAME]".to_owned()),
                    );
                    continue;
                };
                current = Some(ini.section(name, &place, findings));
                option = None;
                continue;
            }
            let Some(section) = current else {
                findings.unread(
                    UnparsedPart::Anything,
                    &place,
                    format!("\"{}\" stands before the first section", shown(line.trim())),
                    Some("a section begins with a line [NAME]".to_owned()),
                );
                // One report is enough: all lines up to the next header have the same cause.
                current = Some(None);
                continue;
            };
            match split_option(line) {
                Some((name, value)) => {
                    let name = name.to_lowercase();
                    let value = Located::new(value, place);
                    let replaced = ini.options(section).insert(name.clone(), value);
                    if let (Some(replaced), Some(at)) = (replaced, section) {
                        ini.sections[at].replaced.push((name.clone(), replaced));
                    }
                    option = Some(name);
                }
                None => findings.unread(
                    UnparsedPart::Anything,
                    &place,
                    format!("\"{}\" is neither a section nor an option", shown(line.trim())),
                    Some("an option is a line `NAME: VALUE` or `NAME = VALUE`".to_owned()),
                ),
            }
        }
        ini
    }

    /// Returns the section with this name.
    pub(super) fn get(&self, name: &str) -> Option<&Section> {
        self.positions.get(name).map(|&at| &self.sections[at])
    }

    fn options(&mut self, section: Option<usize>) -> &mut Options {
        match section {
            Some(at) => &mut self.sections[at].options,
            None => &mut self.defaults,
        }
    }

    fn section(&mut self, name: &str, place: &Place, findings: &DiagnosticSink) -> Option<usize> {
        if name == "DEFAULT" {
            return None;
        }
        if let Some(&at) = self.positions.get(name) {
            let message = format!(
                "section [{}] was begun before ({}); the two are read as one",
                shown(name),
                self.sections[at].place
            );
            findings.warning(place, message);
            return Some(at);
        }
        self.positions.insert(name.to_owned(), self.sections.len());
        self.sections.push(Section {
            name: name.to_owned(),
            place: place.clone(),
            options: Options::new(),
            replaced: Vec::new(),
        });
        Some(self.sections.len() - 1)
    }
}

/// White space according to Python 2's `str.isspace`.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

fn is_blank_or_comment(line: &str) -> bool {
    if line.trim_matches(is_space).is_empty() || line.starts_with(['#', ';']) {
        return true;
    }
    let first = line.split(is_space).next().unwrap_or_default();
    first.eq_ignore_ascii_case("rem")
}

/// Returns the name in `[NAME]`; text after the bracket is ignored.
fn header(line: &str) -> Option<&str> {
    let (name, _) = line.strip_prefix('[')?.split_once(']')?;
    (!name.is_empty()).then_some(name)
}

/// Splits `NAME: VALUE` or `NAME = VALUE`.
fn split_option(line: &str) -> Option<(&str, String)> {
    let at = line.find([':', '='])?;
    let name = line[..at].trim_end_matches(is_space);
    if name.is_empty() || name.starts_with(is_space) {
        return None;
    }
    let mut value = line[at + 1..].trim_start_matches(is_space);
    if let Some(at) = value.find(';') {
        // Python looks at the character before the first `;`, which for a `;` at the very start is the last character.
        let before = if at == 0 { value.chars().next_back() } else { value[..at].chars().next_back() };
        if before.is_some_and(is_space) {
            value = &value[..at];
        }
    }
    let value = value.trim_matches(is_space);
    Some((name, if value == "\"\"" { String::new() } else { value.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Ini, Vec<String>) {
        let findings = DiagnosticSink::default();
        let ini = Ini::parse(text, Path::new("top.conf"), &findings);
        (ini, findings.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn options_are_read_as_python_reads_them() {
        let text = "# c\nrem this\nREM\n[a] rest\nKey One : v ; comment\nurl=http://x;y\nempty =\nquoted: \"\"\nmore: 1\n  two ; kept\n\n  # kept\n; c\n three\n[DEFAULT]\nd: 1\n[a]\nlast: x\r\nremark: y\n";
        let (ini, problems) = parse(text);
        let a = ini.get("a").unwrap();
        let value = |name: &str| a.options[name].value.as_str();
        assert_eq!(value("key one"), "v");
        assert_eq!(value("url"), "http://x;y");
        assert_eq!((value("empty"), value("quoted")), ("", ""));
        assert_eq!(value("more"), "1\ntwo ; kept\n# kept\nthree");
        assert_eq!((value("last"), value("remark")), ("x", "y"));
        assert_eq!(ini.defaults["d"].value, "1");
        assert_eq!(a.options["last"].place.line, Some(18));
        assert_eq!(
            problems,
            ["top.conf:17: warning: section [a] was begun before (top.conf:4); the two are read as one"]
        );
    }

    #[test]
    fn every_bad_line_is_named() {
        let (_, problems) = parse("a: 1\n[open\n[x]\n  indented: 1\nno option\n: nameless\n[]\nok: 1\n");
        let lines: Vec<&str> = problems.iter().map(|problem| problem.split(": ").next().unwrap()).collect();
        assert_eq!(lines, ["top.conf:1", "top.conf:2", "top.conf:4", "top.conf:5", "top.conf:6", "top.conf:7"]);
        assert_eq!(
            problems[3],
            "top.conf:5: \"no option\" is neither a section nor an option\n  an option is a line `NAME: VALUE` or `NAME = VALUE`"
        );
    }
}
