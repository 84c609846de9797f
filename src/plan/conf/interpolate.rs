//! `%(name)s` in values, with the names of the same section.

use std::cell::Cell;

use super::super::name::shown;
use super::super::source::megabytes;

/// How often values may lead on to others, as in Python's ConfigParser.
const MAX_DEPTH: usize = 10;

/// The most that interpolation may make of one file, in bytes: options that repeat each other grow by powers.
pub(super) const MAX_INTERPOLATED: usize = 64 * 1024 * 1024;

/// The value with each `%(name)s` replaced by that option's value, and `%%` by a percent sign. A percent sign that begins
/// neither stands for itself.
///
/// What it makes is taken from `budget`.
pub(super) fn interpolate<'a>(
    raw: &str,
    value_of: &impl Fn(&str) -> Option<&'a str>,
    budget: &Cell<usize>,
) -> Result<String, String> {
    if !raw.contains('%') {
        return Ok(raw.to_owned());
    }
    let mut text = String::new();
    fill(raw, value_of, 1, budget, &mut text)?;
    Ok(text)
}

fn fill<'a>(
    raw: &str,
    value_of: &impl Fn(&str) -> Option<&'a str>,
    depth: usize,
    budget: &Cell<usize>,
    text: &mut String,
) -> Result<(), String> {
    // Counted by step and by byte: options that are empty in the end can branch without growing.
    let left = budget.get().checked_sub(raw.len().max(1));
    budget.set(
        left.ok_or_else(|| format!("the file's values become longer than {}", megabytes(MAX_INTERPOLATED as u64)))?,
    );
    let mut rest = raw;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(after) = after.strip_prefix('%') {
            text.push('%');
            rest = after;
        } else if let Some(inner) = after.strip_prefix('(') {
            let closed = inner.split_once(')').and_then(|(name, after)| Some((name, after.strip_prefix('s')?)));
            let Some((name, after)) = closed else {
                let shown = shown(&rest[at..].chars().take(20).collect::<String>());
                return Err(format!("\"{shown}\" is no interpolation; write %(NAME)s, and %% for a percent sign"));
            };
            if depth > MAX_DEPTH {
                return Err(format!("%({})s leads on more than {MAX_DEPTH} times", shown(name)));
            }
            let value = value_of(&name.to_lowercase()).ok_or_else(|| format!("%({})s: no such option", shown(name)))?;
            fill(value, value_of, depth + 1, budget, text)?;
            rest = after;
        } else {
            text.push('%');
            rest = after;
        }
    }
    text.push_str(rest);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in() {
        let options = [("a", "1"), ("b", "%(A)s%(a)s"), ("loop", "x%(loop)s"), ("big", "%(big2)s%(big2)s")];
        let value_of = |name: &str| options.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let filled = |raw| interpolate(raw, &value_of, &Cell::new(MAX_INTERPOLATED));
        assert_eq!(filled("%(b)s-%%-100% %d"), Ok("11-%-100% %d".to_owned()));
        assert_eq!(filled("%%(a)s"), Ok("%(a)s".to_owned()));
        assert_eq!(filled("%(none)s").unwrap_err(), "%(none)s: no such option");
        assert_eq!(filled("%(loop)s").unwrap_err(), "%(loop)s leads on more than 10 times");
        assert!(filled("%(a").unwrap_err().contains("is no interpolation"));
        assert!(filled("%(a)d").unwrap_err().contains("is no interpolation"));
    }

    #[test]
    fn values_that_multiply_each_other_end() {
        let options: Vec<(String, String)> =
            (0..9).map(|i| (format!("x{i}"), format!("%(x{})s", i + 1).repeat(20))).collect();
        let value_of = |name: &str| match options.iter().find(|(key, _)| key == name) {
            Some((_, value)) => Some(value.as_str()),
            None => Some("x"),
        };
        let problem = interpolate("%(x0)s", &value_of, &Cell::new(MAX_INTERPOLATED)).unwrap_err();
        assert_eq!(problem, "the file's values become longer than 64 MiB");
    }
}
