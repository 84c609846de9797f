//! Templates with `$name`, `${name}` and `$$`, in the syntax of Python's `string.DollarTemplate`.

use std::fmt::{self, Write as _};

/// A template in which every `$` is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DollarTemplate {
    pieces: Vec<DollarPiece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum DollarPiece {
    Plain(String),
    Name { name: String, line: usize },
}

/// A template's error, and its line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct DollarError {
    /// The line, from 1.
    pub line: usize,
    /// The message.
    pub message: String,
}

/// A variable without a value.
#[derive(Debug, thiserror::Error)]
#[error("unknown variable \"{0}\"")]
pub(super) struct UnknownVariable(pub(super) String);

impl DollarTemplate {
    /// Parses a template.
    ///
    /// # Errors
    /// A `$` is followed by neither a name, a name in braces, nor another `$`.
    pub fn parse(text: &str) -> Result<Self, DollarError> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut line = 1;
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            plain.push_str(&rest[..at]);
            line += rest[..at].matches('\n').count();
            let after = &rest[at + 1..];
            if let Some(after) = after.strip_prefix('$') {
                plain.push('$');
                rest = after;
                continue;
            }
            let (inner, braced) = after.strip_prefix('{').map_or((after, false), |inner| (inner, true));
            let length = name_length(inner);
            let end = &inner[length..];
            if length == 0 || (braced && !end.starts_with('}')) {
                let shown: String = rest[at..].chars().take(20).take_while(|c| *c != '\n').collect();
                let message = format!("\"{shown}\" is no variable; write $NAME or ${{NAME}}, and $$ for a dollar sign");
                return Err(DollarError { line, message });
            }
            if !plain.is_empty() {
                pieces.push(DollarPiece::Plain(std::mem::take(&mut plain)));
            }
            pieces.push(DollarPiece::Name { name: inner[..length].to_owned(), line });
            rest = if braced { &end[1..] } else { end };
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(DollarPiece::Plain(plain));
        }
        Ok(Self { pieces })
    }

    /// Returns every occurrence of a variable, with its line.
    pub fn names(&self) -> impl Iterator<Item = (&str, usize)> {
        self.pieces.iter().filter_map(|piece| match piece {
            DollarPiece::Plain(_) => None,
            DollarPiece::Name { name, line } => Some((name.as_str(), *line)),
        })
    }

    /// Replaces each variable by the result of `value_of`.
    ///
    /// # Errors
    /// A variable has no value.
    pub fn fill<V: fmt::Display>(&self, mut value_of: impl FnMut(&str) -> Option<V>) -> Result<String, DollarError> {
        self.fill_after(|name, _| value_of(name).ok_or_else(|| UnknownVariable(name.to_owned())))
    }

    /// Like [`Self::fill`], for values that depend on their position: `value_of` gets a variable's name and all the
    /// text before it.
    ///
    /// # Errors
    /// `value_of` rejects a value at its position.
    pub fn fill_after<V: fmt::Display, E: fmt::Display>(
        &self,
        mut value_of: impl FnMut(&str, &str) -> Result<V, E>,
    ) -> Result<String, DollarError> {
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                DollarPiece::Plain(text) => filled.push_str(text),
                DollarPiece::Name { name, line } => match value_of(name, &filled) {
                    // Writing to a string cannot fail.
                    Ok(value) => drop(write!(filled, "{value}")),
                    Err(error) => return Err(DollarError { line: *line, message: error.to_string() }),
                },
            }
        }
        Ok(filled)
    }
}

fn name_length(text: &str) -> usize {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return 0;
    }
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_filled_as_python_fills_them() {
        let template = DollarTemplate::parse("{\"a\": \"$a\",\n \"b\": \"${b_1}x\", \"c\": \"$$a $a_ $a-\"}").unwrap();
        assert_eq!(template.names().collect::<Vec<_>>(), [("a", 1), ("b_1", 2), ("a_", 2), ("a", 2)]);
        let filled = template.fill(|name| Some(format!("<{name}>"))).unwrap();
        assert_eq!(filled, "{\"a\": \"<a>\",\n \"b\": \"<b_1>x\", \"c\": \"$a <a_> <a>-\"}");
    }

    #[test]
    fn what_has_no_value_or_is_no_variable_is_named() {
        let error = DollarTemplate::parse("$a\n$b").unwrap().fill(|name| (name == "a").then_some(1)).unwrap_err();
        assert_eq!(error.to_string(), "line 2: unknown variable \"b\"");
        for bad in ["x\n$5", "\n${a.b}", "\n${a", "\n$", "\n${}", "\n$é"] {
            let error = DollarTemplate::parse(bad).unwrap_err();
            assert_eq!(error.line, 2, "{bad}");
            assert!(error.message.contains("is no variable"), "{bad}");
        }
    }
}
