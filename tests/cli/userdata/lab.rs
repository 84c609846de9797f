//! What the tests of user data share.

use base64::Engine as _;
use hoist_test_support::call::Call;
use hoist_test_support::place;
use hoist_test_support::ran::Ran;

use hoist::diagnostics::Severity;
use hoist::user_data::{Finding, LintOptions, lint};

/// All that is found in a text.
pub(crate) fn found(text: &str) -> Vec<Finding> {
    lint(text.as_bytes(), &LintOptions::default()).findings
}

/// The checks that found an error in a text.
pub(crate) fn errors(text: &str) -> Vec<&'static str> {
    let errors = found(text).into_iter().filter(|finding| finding.diagnostic.severity == Severity::Error);
    errors.map(|finding| finding.check).collect()
}

/// The names of what is found in a text, with their severities.
pub(crate) fn names(text: &str) -> Vec<(String, Severity)> {
    found(text).into_iter().map(|finding| (finding.name, finding.diagnostic.severity)).collect()
}

pub(crate) fn base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Runs hoist with this on its standard input.
pub(crate) fn hoist(arguments: &[&str], input: &str) -> Ran {
    Call::hoist(place::repository()).args(arguments).env("HOME", place::scratch()).input(input).run()
}

/// What stands for a secret of this length: letters and digits that are no word.
pub(crate) fn secret(length: usize) -> String {
    "Xk9mQ2vT7bR4wZ8nL3pH6jD5sF1gC0yA".chars().cycle().take(length).collect()
}

/// A form with `@N@` filled by a secret of N characters, and what was filled in.
pub(crate) fn filled(form: &str) -> (String, Vec<String>) {
    let (mut text, mut shown, mut rest) = (String::new(), Vec::new(), form);
    while let Some((before, after)) = rest.split_once('@') {
        text.push_str(before);
        match after.split_once('@').and_then(|(digits, after)| Some((digits.parse::<usize>().ok()?, after))) {
            Some((length, after)) => {
                shown.push(secret(length));
                text.push_str(&secret(length));
                rest = after;
            }
            None => {
                text.push('@');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    (text, shown)
}
