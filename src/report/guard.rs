//! Filter for text on its way to a terminal, which lets only our own colours pass.

pub use crate::diagnostics::printable;

use crate::diagnostics::acts_on_terminals;

/// Escape sequences written by [`super::Style`].
const OWN: [&str; 6] = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[31;1m"];

/// Joins the lines of a sentence, which may quote the output of a program or a console.
pub(super) fn in_one_line(sentence: &str) -> String {
    let mut text = String::new();
    for line in sentence.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !text.is_empty() {
            text.push_str(if text.ends_with(':') { " " } else { " / " });
        }
        text.push_str(&printable(line));
    }
    text
}

/// Adds a heading, which may be coloured, and below it the lines of what a program or a console has printed.
pub(super) fn push_printed(text: &mut String, head: &str, body: &str) {
    text.push_str(head);
    text.push('\n');
    for line in body.lines() {
        text.push_str(&printable(line));
        text.push('\n');
    }
}

/// Applies [`printable`] to a coloured text of several lines; only our own colours pass.
///
/// Text comes from plans, programs, hosts and clouds by many ways; this is the last filter before the terminal.
pub fn guarded(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c| c != '\n' && acts_on_terminals(c)) {
        clean.push_str(&rest[..at]);
        rest = &rest[at..];
        let own = OWN.iter().find(|own| rest.starts_with(**own));
        let taken = match own {
            Some(own) => own.len(),
            None => rest.chars().next().map_or(0, char::len_utf8),
        };
        match own {
            Some(own) => clean.push_str(own),
            None => clean.push_str(&printable(&rest[..taken])),
        }
        rest = &rest[taken..];
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::super::Style;
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_escaped() {
        let odd = "a\u{1b}]0;title\u{7}b\rc\u{9b}2Jd\u{202e}e\tf é 😀";
        let shown = "a\\u{1b}]0;title\\u{7}b\\rc\\u{9b}2Jd\\u{202e}e\tf é 😀";
        assert_eq!(printable(odd), shown);
        assert_eq!(guarded(odd), shown);
        assert_eq!(printable("plain"), "plain");
    }

    #[test]
    fn quoted_lines_are_put_side_by_side() {
        assert_eq!(
            in_one_line("it failed; its console:\nfirst\n\n  second\u{7}\n"),
            "it failed; its console: first / second\\u{7}"
        );
    }

    #[test]
    fn our_own_colours_and_line_ends_pass() {
        let style = Style::new(true);
        let ours = format!(
            "{} {} {}\n{} {}\n",
            style.good("a"),
            style.bad("b"),
            style.warn("c"),
            style.dim("d"),
            style.bold("e")
        );
        assert_eq!(guarded(&ours), ours);
        assert_eq!(guarded("\u{1b}[8mhidden\u{1b}[5m"), "\\u{1b}[8mhidden\\u{1b}[5m");
    }
}
