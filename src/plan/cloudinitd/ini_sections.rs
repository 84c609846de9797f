//! INI files of other tools than cloudinit.d, in the same notation.

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
    /// Where it begins, from 1.
    pub line: usize,
    /// Its options by lower-cased name.
    pub options: BTreeMap<String, IniOption>,
}

/// What an option of an INI file was set to.
#[derive(Clone, PartialEq, Eq)]
pub struct IniOption {
    /// As written, without the space around it.
    pub value: String,
    /// From 1.
    pub line: usize,
}

/// Without the value, which may be a secret.
impl std::fmt::Debug for IniOption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IniOption").field("line", &self.line).finish_non_exhaustive()
    }
}

/// The sections of an INI file as Python's ConfigParser reads them, without interpolation, and every line that is none
/// of the notation's. An option that is given twice has its last value, and a warning.
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
