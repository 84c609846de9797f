//! Program arguments: one line, split into words like in a POSIX shell (Python's `shlex.split`).

/// The reason why a line cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SplitError {
    /// A quotation that this character opens is not closed.
    #[error("a quotation begun with {0} is not closed")]
    Unclosed(char),
    /// A backslash at the end has no character to escape.
    #[error("a backslash stands at the end")]
    Backslash,
}

/// Splits `line` into words.
///
/// # Errors
/// A quotation is not closed, or there is a backslash at the end.
pub(super) fn split(line: &str) -> Result<Vec<String>, SplitError> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('\'') => break,
                        Some(c) => word.push(c),
                        None => return Err(SplitError::Unclosed('\'')),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next() {
                        Some('"') => break,
                        Some('\\') => match chars.next() {
                            Some(c @ ('"' | '\\')) => word.push(c),
                            Some(c) => word.extend(['\\', c]),
                            None => return Err(SplitError::Unclosed('"')),
                        },
                        Some(c) => word.push(c),
                        None => return Err(SplitError::Unclosed('"')),
                    }
                }
            }
            '\\' => match chars.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err(SplitError::Backslash),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_a_shell_does() {
        let words = |line| split(line).unwrap();
        assert_eq!(words("${.bootarg} \"message quote\""), ["${.bootarg}", "message quote"]);
        assert_eq!(words("a'b c'd \"\" '' \\  \"x\\\"y\\z\" #no"), ["ab cd", "", "", " ", "x\"y\\z", "#no"]);
        assert!(words(" \n").is_empty());
        for bad in ["'a", "\"a", "a\\", "\"a\\"] {
            assert!(split(bad).is_err(), "{bad}");
        }
    }
}
