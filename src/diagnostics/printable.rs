//! Text that cannot act on the terminal that shows it.

/// A line without what would move the cursor, change the terminal or turn the text around: such characters are escaped.
pub fn printable(line: &str) -> String {
    if !line.contains(acts_on_terminals) {
        return line.to_owned();
    }
    let escaped = |c: char| if acts_on_terminals(c) { c.escape_default().collect() } else { vec![c] };
    line.chars().flat_map(escaped).collect()
}

/// A sentence in one line, whatever it quotes: control characters are escaped, tabs and ends of lines among them. What
/// turns text around stays as it is written; [`printable`] is the last one before a terminal.
pub fn without_controls(sentence: &str) -> String {
    if !sentence.contains(char::is_control) {
        return sentence.to_owned();
    }
    let escaped = |c: char| if c.is_control() { c.escape_default().collect() } else { vec![c] };
    sentence.chars().flat_map(escaped).collect()
}

/// What somebody wrote, as a message can quote it: what is no plain character is escaped, and so are quotes; what is
/// absurdly long is cut.
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut escaped: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().count() > LONGEST {
        escaped.push('…');
    }
    escaped
}

/// Whether a terminal would do something else with it than show it.
pub fn acts_on_terminals(c: char) -> bool {
    c.is_control() && c != '\t'
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_escaped() {
        let odd = "a\u{1b}]0;title\u{7}b\rc\u{9b}2Jd\u{202e}e\tf é 😀";
        assert_eq!(printable(odd), "a\\u{1b}]0;title\\u{7}b\\rc\\u{9b}2Jd\\u{202e}e\tf é 😀");
        assert_eq!(printable("plain"), "plain");
        assert_eq!(without_controls("a\u{1b}b\tc\nd\u{202e}"), "a\\u{1b}b\\tc\\nd\u{202e}");
    }

    #[test]
    fn what_is_quoted_is_short_and_on_one_line() {
        assert_eq!(shown("a \"b\"\n\u{1b}"), "a \\\"b\\\"\\n\\u{1b}");
        assert_eq!(shown(&"x".repeat(90)), format!("{}…", "x".repeat(80)));
    }
}
