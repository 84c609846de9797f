//! Text made safe for the terminal that shows it.

/// Escapes the characters of a line that would move the cursor, change the terminal or reverse the text's direction.
pub fn printable(line: &str) -> String {
    if !line.contains(acts_on_terminals) {
        return line.to_owned();
    }
    let escaped = |c: char| if acts_on_terminals(c) { c.escape_default().collect() } else { vec![c] };
    line.chars().flat_map(escaped).collect()
}

/// Escapes all control characters, tabs and line ends among them, so that a sentence stays on one line. Characters that
/// change the text's direction stay; [`printable`] escapes those just before the terminal.
pub fn without_controls(sentence: &str) -> String {
    if !sentence.contains(char::is_control) {
        return sentence.to_owned();
    }
    let escaped = |c: char| if c.is_control() { c.escape_default().collect() } else { vec![c] };
    sentence.chars().flat_map(escaped).collect()
}

/// Returns user text as a message can quote it: special characters and quotes are escaped, and text of more than 80
/// characters is cut.
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut escaped: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().count() > LONGEST {
        escaped.push('…');
    }
    escaped
}

/// Whether a terminal would act on the character instead of showing it. Tabs do not count.
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
