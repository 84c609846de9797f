//! Valid YAML that PyYAML, which cloud-init uses, rejects: characters, tabs, directives, and invalid values.

/// Returns the first line with a character that PyYAML does not accept, and the character.
pub(super) fn character(text: &str) -> Option<(usize, char)> {
    let is_read = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let at = text.find(|c| !is_read(c))?;
    Some((line_at(text, at), text[at..].chars().next()?))
}

/// Returns the first line with a tab outside of quotes, blocks and comments: PyYAML accepts only spaces between words.
/// `covered` has the ranges of quotes and blocks, in characters, in order.
pub(super) fn tab(text: &str, covered: &[(usize, usize)]) -> Option<usize> {
    if !text.contains('\t') {
        return None;
    }
    let (mut next, mut line, mut is_comment, mut before) = (0, 1, false, '\n');
    for (at, c) in text.chars().enumerate() {
        while covered.get(next).is_some_and(|(_, end)| *end <= at) {
            next += 1;
        }
        let is_covered = covered.get(next).is_some_and(|(start, _)| *start <= at);
        match c {
            '\n' => {
                line += 1;
                is_comment = false;
            }
            '#' if !is_covered && before.is_whitespace() => is_comment = true,
            '\t' if !is_covered && !is_comment => return Some(line),
            _ => {}
        }
        before = c;
    }
    None
}

/// Returns a first line that PyYAML rejects: another version of YAML, or the end of a document that has not begun.
pub(super) fn beginning(text: &str) -> Option<(usize, &'static str)> {
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if let Some(version) = line.strip_prefix("%YAML ").filter(|version| !version.trim_start().starts_with("1.")) {
            return Some((index + 1, if version.is_empty() { "no version" } else { "another version of YAML than 1" }));
        }
        if line == "..." {
            return Some((index + 1, "the document ends before it begins"));
        }
        if !line.is_empty() && !line.starts_with(['#', '%']) {
            return None;
        }
    }
    None
}

/// Returns whether the day and the time of a date exist.
pub(super) fn is_date(text: &str) -> bool {
    let (date, time) = text.split_once(['T', 't', ' ', '\t']).unwrap_or((text, ""));
    let numbers: Vec<i16> = date.split('-').filter_map(|part| part.parse().ok()).collect();
    let [year, month, day] = numbers.as_slice() else { return false };
    let (Ok(month), Ok(day)) = (i8::try_from(*month), i8::try_from(*day)) else { return false };
    let is_day = *year >= 1 && jiff::civil::Date::new(*year, month, day).is_ok();
    let mut parts = time.trim_start().split([':', '.', 'Z', '+', '-', ' ']);
    let is_below = |part: Option<&str>, most: u32| {
        part.is_none_or(|part| part.is_empty() || part.parse::<u32>().is_ok_and(|number| number < most))
    };
    is_day && is_below(parts.next(), 24) && is_below(parts.next(), 60) && is_below(parts.next(), 60)
}

fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_are_read_in_quotes_blocks_and_comments_only() {
        assert_eq!(tab("a: b\n\tc: d\n", &[]), Some(2));
        assert_eq!(tab("a: \"b\tc\"\n", &[(3, 8)]), None);
        assert_eq!(tab("a: b # c\td\n", &[]), None);
        assert_eq!(tab("a:\tb\n", &[]), Some(1));
        assert_eq!(tab("é: 'x\ty'\tz\n", &[(3, 8)]), Some(1));
    }

    #[test]
    fn dates_are_days_that_there_are() {
        for (text, is) in [
            ("2020-02-29", true),
            ("2021-02-29", false),
            ("2020-13-01", false),
            ("2020-1-1T10:20:30Z", true),
            ("2020-01-01 25:00:00", false),
            ("0000-01-01", false),
        ] {
            assert_eq!(is_date(text), is, "{text}");
        }
        assert_eq!(character("a\nb\u{7}"), Some((2, '\u{7}')));
        assert_eq!(character("a\u{85}é\u{1f680}\u{feff}"), None);
        assert!(beginning("#cloud-config\n...\na: b\n").is_some() && beginning("#x\n%YAML 1.1\n---\n").is_none());
    }
}
