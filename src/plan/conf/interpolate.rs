//! `%(name)s` in values, with the names of the same section.

use super::super::name::shown;

/// How often values may lead on to others, as in Python's ConfigParser.
const MAX_DEPTH: usize = 10;

/// The longest value that interpolation may make: options that repeat each other grow by powers.
const MAX_LENGTH: usize = 1024 * 1024;

/// The value with each `%(name)s` replaced by that option's value, and `%%` by a percent sign. A percent sign that begins
/// neither stands for itself.
pub(super) fn interpolate<'a>(raw: &str, value_of: &impl Fn(&str) -> Option<&'a str>) -> Result<String, String> {
    let mut text = String::new();
    let mut budget = MAX_LENGTH;
    fill(raw, value_of, 1, &mut budget, &mut text)?;
    Ok(text)
}

fn fill<'a>(
    raw: &str,
    value_of: &impl Fn(&str) -> Option<&'a str>,
    depth: usize,
    budget: &mut usize,
    text: &mut String,
) -> Result<(), String> {
    // Counted by step and by byte: options that are empty in the end can branch without growing.
    *budget = budget.checked_sub(raw.len().max(1)).ok_or_else(|| "the value becomes longer than 1 MiB".to_owned())?;
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
        let filled = |raw| interpolate(raw, &value_of);
        assert_eq!(filled("%(b)s-%%-100% %d"), Ok("11-%-100% %d".to_owned()));
        assert_eq!(filled("%%(a)s"), Ok("%(a)s".to_owned()));
        assert_eq!(filled("%(none)s").unwrap_err(), "%(none)s: no such option");
        assert_eq!(filled("%(loop)s").unwrap_err(), "%(loop)s leads on more than 10 times");
        assert!(filled("%(a").unwrap_err().contains("is no interpolation"));
        assert!(filled("%(a)d").unwrap_err().contains("is no interpolation"));
    }

    #[test]
    fn values_that_multiply_each_other_end() {
        let twenty = "%(x)s".repeat(20);
        let value_of = |name: &str| if name == "x" { Some(twenty.as_str()) } else { None };
        assert!(interpolate("%(x)s", &value_of).is_err());
    }
}
