//! Reading options one after the other, with everything that is wrong at once.

use super::options::SpecOptions;
use crate::annex::Dollars;
use crate::app::annex::CentralManager;
use crate::diagnostics::Diagnostic;

/// What came of the options that were read so far.
pub(super) struct OptionReader<'a> {
    /// The options as they were typed.
    pub(super) options: &'a SpecOptions,
    /// What is wrong with them.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// What to tell beside.
    pub(super) warnings: Vec<String>,
    /// The central manager of the pool, once it was read.
    pub(super) manager: Option<CentralManager>,
}

impl<'a> OptionReader<'a> {
    /// Of these options, of which none was read yet.
    pub(super) fn new(options: &'a SpecOptions) -> Self {
        Self { options, diagnostics: Vec::new(), warnings: Vec::new(), manager: None }
    }

    /// What was read, or nothing where something is wrong with it.
    pub(super) fn keep<T>(&mut self, read: Result<T, Diagnostic>) -> Option<T> {
        read.map_err(|diagnostic| self.diagnostics.push(diagnostic)).ok()
    }

    /// A text that is not empty.
    pub(super) fn named(&mut self, option: &str, text: Option<&String>) -> Option<String> {
        let text = text?.trim();
        if text.is_empty() {
            self.diagnostics.push(Diagnostic::usage(format!("{option}: nothing is named")));
            return None;
        }
        Some(text.to_owned())
    }

    /// A list without empty entries.
    pub(super) fn list(&mut self, option: &str, items: &[String]) -> Vec<String> {
        if items.iter().any(|item| item.trim().is_empty()) {
            self.diagnostics.push(Diagnostic::usage(format!("{option}: an entry of the list is empty")));
        }
        items.iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
    }

    /// A text that means nothing but itself in HTCondor's configuration.
    pub(super) fn word(&mut self, option: &str, text: String) -> String {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:/@%+".contains(&byte);
        if !text.bytes().all(is_plain) {
            let message =
                format!("{option}: \"{}\" must be of letters, digits and . _ - : / @ % +", text.escape_debug());
            self.diagnostics.push(Diagnostic::usage(message));
        }
        text
    }
}

/// What `--budget` allows, in dollars; none where it is not given.
pub(super) fn budget(option: Option<&str>) -> Result<Option<Dollars>, Diagnostic> {
    let read = |text: &str| text.parse().map_err(|error| Diagnostic::usage(format!("--budget: {error}")));
    option.map(read).transpose()
}
