//! INI files of tools other than cloudinit.d, in the same format.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::diagnostic_sink::DiagnosticSink;
use super::ini::Ini;
use crate::diagnostics::{Diagnostic, Place};

/// A section of an INI file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IniSection {
    /// The text between the brackets.
    pub name: String,
    /// The line of the header, from 1.
    pub line: usize,
    /// The options by lower-cased name.
    pub options: BTreeMap<String, IniOption>,
}

/// An option of an INI file.
#[derive(Clone, PartialEq, Eq)]
pub struct IniOption {
    /// The value as written, without surrounding space.
    pub value: String,
    /// The line, from 1.
    pub line: usize,
}

/// Omits the value, which may be a secret.
impl std::fmt::Debug for IniOption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IniOption").field("line", &self.line).finish_non_exhaustive()
    }
}

/// Parses the sections of an INI file like Python's ConfigParser, without interpolation. Reports every invalid line. An
/// option that is given twice has its last value, and a warning.
pub fn read_ini(text: &str, file: &Path) -> (Vec<IniSection>, Vec<Diagnostic>) {
    let findings = DiagnosticSink::default();
    let ini = Ini::parse(text, file, &findings);
    let line = |place: &Place| place.line.unwrap_or(1);
    let mut sections = Vec::new();
    for section in &ini.sections {
        for (name, lost) in &section.replaced {
            findings.warning(&lost.place, format!("\"{name}\" is given again below, and that counts"));
        }
        let options =
            ini.defaults.iter().chain(&section.options).map(|(name, option)| {
                (name.clone(), IniOption { value: option.value.clone(), line: line(&option.place) })
            });
        sections.push(IniSection {
            name: section.name.clone(),
            line: line(&section.place),
            options: options.collect(),
        });
    }
    (sections, findings.into_sorted())
}
