//! Text without what differs from run to run, so that the rest can be compared word for word.

use std::path::Path;

/// Replaces instance ids, addresses, times and ages by words, paths below `root` by relative ones and `root` by `LAB`,
/// and makes columns two spaces apart, whose widths follow from what was replaced.
pub fn steady(text: &str, root: &Path) -> String {
    let root = root.to_str().unwrap();
    let text = text.replace(&format!("{root}/"), "").replace(root, "LAB");
    let mut steady = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        let found = (!before.is_alphanumeric() && before != '.').then(|| known(rest)).flatten();
        let (length, shown) = found.unwrap_or((next.len_utf8(), &rest[..next.len_utf8()]));
        steady.push_str(shown);
        before = rest[..length].chars().next_back().unwrap_or(' ');
        rest = &rest[length..];
    }
    let ending = if steady.ends_with('\n') { "\n" } else { "" };
    steady.lines().map(narrow).collect::<Vec<_>>().join("\n") + ending
}

/// The length of the changing thing that `text` begins with, and what is shown for it.
fn known(text: &str) -> Option<(usize, &'static str)> {
    let run = |from: usize, test: fn(&u8) -> bool| text.as_bytes()[from..].iter().take_while(|byte| test(byte)).count();
    const HEX_DIGITS_OF_ID: usize = 17;
    if text.starts_with("i-") && run(2, u8::is_ascii_hexdigit) == HEX_DIGITS_OF_ID {
        return Some((2 + HEX_DIGITS_OF_ID, "INSTANCE"));
    }
    let number = run(0, |byte| byte.is_ascii_digit() || *byte == b'.');
    if text.starts_with("127.") && text[..number].split('.').count() == 4 && &text[..number] != "127.0.0.1" {
        return Some((number, "ADDRESS"));
    }
    let unit = text[number..].strip_prefix(" s").filter(|rest| !rest.starts_with(char::is_alphanumeric));
    if number > 0 && unit.is_some() {
        return Some((number + " s".len(), "TIME"));
    }
    // 2026-11-20 08:57:24 UTC (+00:00), 2026-11-20T08:57:24Z
    const DATE_AND_TIME: usize = 19;
    let stamp = text.get(..DATE_AND_TIME).filter(|stamp| {
        stamp.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            10 => byte == b' ' || byte == b'T',
            13 | 16 => byte == b':',
            _ => byte.is_ascii_digit(),
        })
    });
    stamp.map(|_| (DATE_AND_TIME + zone(&text[DATE_AND_TIME..]), "WHEN"))
}

/// The length of the zone behind a time: `Z`, ` CET (+01:00)`.
fn zone(text: &str) -> usize {
    const OFFSET: usize = "(+01:00)".len();
    let named = text.strip_prefix(' ').and_then(|rest| {
        let name = rest.bytes().take_while(u8::is_ascii_uppercase).count();
        let offset = rest.get(name + 1..name + 1 + OFFSET)?;
        (name > 0 && offset.starts_with(['(']) && offset.ends_with(":00)")).then_some(1 + name + 1 + OFFSET)
    });
    named.unwrap_or_else(|| usize::from(text.starts_with('Z')))
}

/// The line with no more than two spaces in a row after its first word, and none after an opening bracket.
fn narrow(line: &str) -> String {
    let content = line.trim_start();
    let mut narrow = line[..line.len() - content.len()].to_owned();
    let mut spaces = 0;
    for c in content.chars() {
        spaces = if c == ' ' { spaces + 1 } else { 0 };
        if spaces <= 2 && !(c == ' ' && narrow.ends_with('[')) {
            narrow.push(c);
        }
    }
    narrow
}

#[test]
fn what_changes_is_replaced_and_the_rest_stays() {
    let text = "[   0.4 s] web is 3 s old, 2 services, at 127.3.4.5:80 as i-0123456789abcdef0    (/lab/a/b.sh)\n  on 127.0.0.1 since 2026-11-20 08:57:24Z\n  until 2026-11-20 08:57:24 UTC (+00:00), or so\n";
    assert_eq!(
        steady(text, Path::new("/lab/a")),
        "[TIME] web is TIME old, 2 services, at ADDRESS:80 as INSTANCE  (b.sh)\n  on 127.0.0.1 since WHEN\n  until WHEN, or so\n"
    );
}
