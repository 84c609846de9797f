//! Program arguments: one line, split into words as a POSIX shell splits them (Python's `shlex.split`).

/// The words of `line`.
///
/// # Errors
/// A quotation that is not closed, or a backslash at the end.
pub(super) fn split(line: &str) -> Result<Vec<String>, String> {
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
                        None => return Err("a quotation begun with ' is not closed".to_owned()),
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
                            None => return Err("a quotation begun with \" is not closed".to_owned()),
                        },
                        Some(c) => word.push(c),
                        None => return Err("a quotation begun with \" is not closed".to_owned()),
                    }
                }
            }
            '\\' => match chars.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err("a backslash stands at the end".to_owned()),
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
