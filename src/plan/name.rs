//! Valid names of plans, levels and services.

use super::diagnostic_sink::DiagnosticSink;
use crate::diagnostics::{Place, shown};

/// The maximum length of a name in bytes, including a replica's number: it becomes part of file, host and tag names,
/// which clouds limit to 128 or 255.
const LONGEST: usize = 64;

/// The rule for names, worded as the end of a sentence.
pub const RULE: &str = "a name has letters, digits, \"-\", \"_\" and \".\", does not begin with \".\" or \"-\", and is at most 64 bytes long";

/// Returns whether `name` is valid for a plan, a level or a service.
///
/// Names become directories on hosts, tags, and parts of commands and of `${SERVICE.ATTRIBUTE}`, and must be safe in
/// all of these.
pub fn is_valid(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST
        && !name.starts_with(['.', '-'])
        && !name.contains("..")
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Returns the nearest valid name, for names that are derived.
pub(super) fn made_valid(name: &str) -> String {
    let replaced: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' }).collect();
    let mut valid = replaced.replace("..", "-");
    valid.truncate(LONGEST);
    let valid = valid.trim_start_matches(['.', '-']).trim_end_matches(['.', '-']);
    if is_valid(valid) { valid.to_owned() } else { "plan".to_owned() }
}

/// Reports an invalid name.
pub(super) fn check_name(findings: &DiagnosticSink, place: &Place, what: &str, name: &str) {
    if !is_valid(name) {
        let message = format!("\"{}\" cannot name a {what}", shown(name));
        findings.error_with(place, message, Some(RULE.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_escape_are_refused() {
        for bad in [
            "",
            ".",
            "..",
            "a..b",
            ".a",
            "-a",
            "a/b",
            "a b",
            "a\"b",
            "a'b",
            "a\nb",
            "a;b",
            "a$b",
            "a`b",
            "ä",
            &"x".repeat(65),
        ] {
            assert!(!is_valid(bad), "{bad:?}");
            assert!(is_valid(&made_valid(bad)), "{bad:?}");
        }
        for good in ["web", "web-0", "One_l2", "a.b", "3One", &"x".repeat(64)] {
            assert!(is_valid(good), "{good:?}");
            assert_eq!(made_valid(good), good);
        }
    }
}
