//! Writes and checks HTCondor's expressions.

use super::error::HTCondorError;

/// Returns a text as a string literal that means the same in the old and the new notation.
///
/// # Errors
/// The two notations read the text differently: it has a backslash or a control character.
pub(super) fn literal(text: &str) -> Result<String, HTCondorError> {
    if text.contains('\\') || text.contains(char::is_control) {
        return Err(HTCondorError::Unwritable(text.escape_debug().to_string()));
    }
    Ok(format!("\"{}\"", text.replace('"', "\\\"")))
}

/// Whether `expression` implies `clause`: whether `clause` is one of its operands of `&&`.
pub(super) fn demands(expression: &str, clause: &str) -> bool {
    let clause = plain(clause);
    let mut parts = vec![plain(expression)];
    while let Some(part) = parts.pop() {
        let part = bare(&part);
        if part == bare(&clause) {
            return true;
        }
        match conjuncts(part) {
            Some(found) if found.len() > 1 => parts.extend(found.into_iter().map(str::to_owned)),
            _ => {}
        }
    }
    false
}

/// Removes white space outside string literals.
fn plain(expression: &str) -> String {
    let mut in_text = StringScanner::default();
    expression.chars().filter(|&c| in_text.after(c) || !c.is_whitespace()).collect()
}

/// Removes brackets around the whole expression.
fn bare(mut expression: &str) -> &str {
    while let Some(inner) = expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        let (mut depth, mut in_text) = (0_i32, StringScanner::default());
        let closes_early = inner.chars().any(|c| {
            depth += if in_text.after(c) { 0 } else { i32::from(c == '(') - i32::from(c == ')') };
            depth < 0
        });
        if closes_early {
            break;
        }
        expression = inner;
    }
    expression
}

/// Returns the operands of `&&` at the outermost level; `None` if an operator with lower precedence stands there, too.
fn conjuncts(expression: &str) -> Option<Vec<&str>> {
    let (mut depth, mut in_text, mut start, mut parts) = (0_i32, StringScanner::default(), 0, Vec::new());
    let bytes = expression.as_bytes();
    for (at, c) in expression.char_indices() {
        if in_text.after(c) {
            continue;
        }
        depth += i32::from("([{".contains(c)) - i32::from(")]}".contains(c));
        if depth != 0 {
            continue;
        }
        let next = bytes.get(at + 1).copied();
        let previous = at.checked_sub(1).map(|before| bytes[before]);
        match c {
            '|' if next == Some(b'|') => return None,
            // Except as part of `=?=`.
            '?' if !(previous == Some(b'=') && next == Some(b'=')) => return None,
            '&' if next == Some(b'&') => parts.push(&expression[std::mem::replace(&mut start, at + 2)..at]),
            _ => {}
        }
    }
    parts.push(&expression[start..]);
    Some(parts)
}

/// Tracks, character by character, whether the position is within a string literal.
#[derive(Default)]
struct StringScanner {
    inside: bool,
    escaped: bool,
}

impl StringScanner {
    /// Advances by a character; returns whether it belongs to a string literal, quotes included.
    fn after(&mut self, c: char) -> bool {
        let was = self.inside;
        match c {
            _ if self.escaped => self.escaped = false,
            '\\' if self.inside => self.escaped = true,
            '"' => self.inside = !self.inside,
            _ => {}
        }
        was || self.inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annex_is_demanded_only_where_nothing_gets_around_it() {
        let clause = "(TARGET.AnnexName =?= \"foo\")";
        for bound in [
            "(TARGET.AnnexName =?= \"foo\")",
            "((TARGET.AnnexName=?=\"foo\")) && (TARGET.Arch == \"X86_64\")",
            "(Memory > 1 || true) && ((TARGET.AnnexName =?= \"foo\")) && (a =?= b)",
            "((a ? b : c) && (x && (TARGET.AnnexName =?= \"foo\")))",
            "(s == \"a\\\"|| (\") && (TARGET.AnnexName =?= \"foo\")",
        ] {
            assert!(demands(bound, clause), "{bound}");
        }
        for free in [
            "true",
            "true || (TARGET.AnnexName =?= \"foo\")",
            "(a && (TARGET.AnnexName =?= \"foo\")) || b",
            "(a && (TARGET.AnnexName =?= \"foo\")) ? a : b",
            "!(TARGET.AnnexName =?= \"foo\")",
            "(TARGET.AnnexName =?= \"foobar\")",
            "(TARGET.AnnexName =?= \"FOO\") && a",
            "(a) || (TARGET.AnnexName =?= \"foo\") && (b)",
            "s == \"&& (TARGET.AnnexName =?= \\\"foo\\\") &&\"",
        ] {
            assert!(!demands(free, clause), "{free}");
        }
    }

    #[test]
    fn a_literal_stays_one() {
        assert_eq!(literal("a\" || true || \"").unwrap(), "\"a\\\" || true || \\\"\"");
        for wrong in ["a\\", "a\nb", "\0"] {
            assert!(literal(wrong).is_err(), "{wrong:?}");
        }
    }
}
