//! What the tests of user data share.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use hoist::template::user_data::{Finding, LintOptions, Severity, lint};

/// All that is found in a text.
pub(crate) fn found(text: &str) -> Vec<Finding> {
    lint(text.as_bytes(), &LintOptions::default()).findings
}

/// The checks that found an error in a text.
pub(crate) fn errors(text: &str) -> Vec<&'static str> {
    let errors = found(text).into_iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.check).collect()
}

pub(crate) fn base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Runs hoist with this on its standard input.
pub(crate) fn hoist(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hoist"))
        .args(arguments)
        .env_remove("XDG_CONFIG_HOME")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that refuses its arguments reads nothing.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}
