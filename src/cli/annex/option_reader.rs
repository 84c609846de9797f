//! Reader of options that collects all errors.

use std::path::PathBuf;

use super::options::SpecOptions;
use crate::annex::Dollars;
use crate::app::annex::CentralManager;
use crate::diagnostics::Diagnostic;

/// Options with the results of reading them so far.
pub(super) struct OptionReader<'a> {
    /// Options as given.
    pub(super) options: &'a SpecOptions,
    /// Errors in the options.
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Warnings for the user.
    pub(super) warnings: Vec<String>,
    /// Central manager of the pool, once read.
    pub(super) manager: Option<CentralManager>,
    /// File of a token that the user gave, once read.
    pub(super) token_source: Option<PathBuf>,
}

impl<'a> OptionReader<'a> {
    /// Creates a reader of these options.
    pub(super) fn new(options: &'a SpecOptions) -> Self {
        Self { options, diagnostics: Vec::new(), warnings: Vec::new(), manager: None, token_source: None }
    }

    /// Returns the value, or collects the error and returns none.
    pub(super) fn keep<T>(&mut self, read: Result<T, Diagnostic>) -> Option<T> {
        read.map_err(|diagnostic| self.diagnostics.push(diagnostic)).ok()
    }

    /// Returns a text, and reports an empty one.
    pub(super) fn named(&mut self, option: &str, text: Option<&String>) -> Option<String> {
        let text = text?.trim();
        if text.is_empty() {
            self.diagnostics.push(Diagnostic::usage(format!("{option}: nothing is named")));
            return None;
        }
        Some(text.to_owned())
    }

    /// Returns the entries of a list, and reports empty ones.
    pub(super) fn list(&mut self, option: &str, items: &[String]) -> Vec<String> {
        if items.iter().any(|item| item.trim().is_empty()) {
            self.diagnostics.push(Diagnostic::usage(format!("{option}: an entry of the list is empty")));
        }
        items.iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
    }

    /// Returns a text, and reports characters that could have a special meaning in HTCondor's configuration.
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

/// Parses the amount of `--budget`, in dollars; none if it is not given.
pub(super) fn budget(option: Option<&str>) -> Result<Option<Dollars>, Diagnostic> {
    let read = |text: &str| text.parse().map_err(|error| Diagnostic::usage(format!("--budget: {error}")));
    option.map(read).transpose()
}
