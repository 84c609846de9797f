//! Interpolation of `%(name)s` in values, with options of the same section.

use std::cell::Cell;

use super::super::source::megabytes;
use crate::diagnostics::shown;

/// The maximum depth of interpolation, as in Python's ConfigParser.
const MAX_ROUNDS: usize = 10;

/// The maximum size of all interpolated values of one file, in bytes: options that repeat each other grow
/// exponentially.
pub(super) const MAX_INTERPOLATED: usize = 64 * 1024 * 1024;

/// The reason why a value cannot be interpolated. Names and texts are escaped for display.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InterpolationError {
    /// An option leads to others endlessly.
    #[error("%({0})s leads on more than {MAX_ROUNDS} times")]
    Endless(String),
    /// The interpolated values of the file exceed [`MAX_INTERPOLATED`].
    #[error("the file's values become longer than {}", megabytes(MAX_INTERPOLATED as u64))]
    TooLong,
    /// A `%(` without a closing `)s`.
    #[error("\"{0}\" is no interpolation; write %(NAME)s, and %% for a percent sign")]
    Unclosed(String),
    /// There is no option with this name.
    #[error("%({0})s: no such option")]
    Unknown(String),
}

/// Interpolates a value like Python's ConfigParser: in rounds, as long as it contains `%(`, each `%(name)s` is replaced
/// by that option's raw value, and `%%` by a percent sign. In a value without `%(`, `%%` is kept. Any other percent
/// sign stands for itself.
///
/// The size of the result is subtracted from `budget`.
pub(super) fn interpolate<'a>(
    raw: &str,
    value_of: &impl Fn(&str) -> Option<&'a str>,
    budget: &Cell<usize>,
) -> Result<String, InterpolationError> {
    let mut text = raw.to_owned();
    for _ in 0..MAX_ROUNDS {
        if !text.contains("%(") {
            return Ok(text);
        }
        text = filled(&text, value_of, budget)?;
    }
    match text.split_once("%(") {
        None => Ok(text),
        Some((_, rest)) => {
            let name = rest.split(')').next().unwrap_or_default();
            Err(InterpolationError::Endless(shown(name)))
        }
    }
}

/// Performs one round.
fn filled<'a>(
    raw: &str,
    value_of: &impl Fn(&str) -> Option<&'a str>,
    budget: &Cell<usize>,
) -> Result<String, InterpolationError> {
    let spend = |bytes: usize| {
        let left = budget.get().checked_sub(bytes.max(1));
        budget.set(left.ok_or(InterpolationError::TooLong)?);
        Ok::<(), InterpolationError>(())
    };
    // Counted per step and per byte: options that are empty in the end can branch without growing.
    spend(raw.len())?;
    let mut text = String::new();
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
                return Err(InterpolationError::Unclosed(shown));
            };
            let value = value_of(&name.to_lowercase()).ok_or_else(|| InterpolationError::Unknown(shown(name)))?;
            spend(value.len())?;
            text.push_str(value);
            rest = after;
        } else {
            text.push('%');
            rest = after;
        }
    }
    text.push_str(rest);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_filled_in() {
        let options = [("a", "1"), ("b", "%(A)s%(a)s"), ("loop", "x%(loop)s"), ("c", "a%%20b")];
        let value_of = |name: &str| options.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let filled = |raw| interpolate(raw, &value_of, &Cell::new(MAX_INTERPOLATED));
        assert_eq!(filled("%(b)s-%%-100% %d"), Ok("11-%-100% %d".to_owned()));
        // As in Python 2.7's ConfigParser: only a value that contains `%(` is processed, and processed again.
        assert_eq!(filled("a%%20b"), Ok("a%%20b".to_owned()));
        assert_eq!(filled("100%"), Ok("100%".to_owned()));
        assert_eq!(filled("%(c)s"), Ok("a%%20b".to_owned()));
        assert_eq!(filled("%(c)s %%"), Ok("a%%20b %".to_owned()));
        assert_eq!(filled("%%(a)s"), Ok("1".to_owned()));
        assert_eq!(filled("%(none)s").unwrap_err().to_string(), "%(none)s: no such option");
        assert_eq!(filled("%(loop)s").unwrap_err().to_string(), "%(loop)s leads on more than 10 times");
        assert!(filled("%(a").unwrap_err().to_string().contains("is no interpolation"));
        assert!(filled("%(a)d").unwrap_err().to_string().contains("is no interpolation"));
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
        assert_eq!(problem.to_string(), "the file's values become longer than 64 MiB");
    }
}
