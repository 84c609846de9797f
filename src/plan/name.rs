//! Which names plans, levels and services may have.

use super::diagnostic_sink::DiagnosticSink;
use crate::diagnostics::{Place, shown};

/// The longest name, in bytes, a replica's number included: file, host and tag names are made of it, and clouds end
/// those at 128 or 255.
const LONGEST: usize = 64;

/// What a name may be, as the end of a sentence.
pub const RULE: &str = "a name has letters, digits, \"-\", \"_\" and \".\", does not begin with \".\" or \"-\", and is at most 64 bytes long";

/// Whether `name` may name a plan, a level or a service.
///
/// Names become directories on hosts, tags, parts of commands and of `${SERVICE.ATTRIBUTE}`; none of these may be
/// surprised by them.
pub fn is_valid(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST
        && !name.starts_with(['.', '-'])
        && !name.contains("..")
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// The nearest valid name, for names that are derived and not chosen.
pub(super) fn made_valid(name: &str) -> String {
    let replaced: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' }).collect();
    let mut valid = replaced.replace("..", "-");
    valid.truncate(LONGEST);
    let valid = valid.trim_start_matches(['.', '-']).trim_end_matches(['.', '-']);
    if is_valid(valid) { valid.to_owned() } else { "plan".to_owned() }
}

/// Reports a name that may not be one.
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
