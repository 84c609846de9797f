//! Texts and conditions in arguments of HTCondor's programs.

use super::error::HTCondorError;
use crate::classad::{Base, Binary, Expression, Name, Node, clauses, parse_old_expression};

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

/// Returns the condition that an attribute is exactly this text.
///
/// # Errors
/// As [`literal`].
pub(super) fn is_text(attribute: &str, text: &str) -> Result<Expression, HTCondorError> {
    literal(text)?;
    let first = Node::Reference { base: Base::Scope, name: Name::new(attribute) }.into();
    Ok(Node::Chain { first, rest: Box::new([(Binary::Is, Expression::text(text))]) }.into())
}

/// Whether `expression` implies `clause`: whether `clause` is one of its operands of `&&`. Expressions that cannot be
/// read imply nothing.
pub(super) fn demands(expression: &str, clause: &str) -> bool {
    let (Ok(expression), Ok(clause)) = (parse_old_expression(expression), parse_old_expression(clause)) else {
        return false;
    };
    let clause = clause.without_parentheses();
    clauses(&expression).into_iter().map(Expression::without_parentheses).any(|part| part == clause)
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
