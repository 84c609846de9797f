//! Durations in plans: `90` seconds, `"30s"`, `"2m"`, `"1h30m"`.

use std::time::Duration;

/// The maximum duration in a plan. A year is longer than any run; beyond it, time arithmetic elsewhere could overflow.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// The value of an unlimited time limit of a program.
pub const NO_LIMIT: Duration = Duration::MAX;

/// The reason why a text is not a valid duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// The syntax is invalid; the text, escaped for display.
    #[error("\"{0}\" is no duration; write 90 (seconds), \"30s\", \"2m\" or \"1h30m\"")]
    Unreadable(String),
    /// The duration is too long; the text, escaped for display.
    #[error("\"{0}\" is longer than a duration may be, 365 days")]
    TooLong(String),
    /// The duration is zero.
    #[error("a duration must be longer than 0")]
    Zero,
}

/// Parses a duration.
///
/// # Errors
/// The text is not a duration, or one that is too long or too short for a plan.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let wrong = || DurationError::Unreadable(crate::diagnostics::shown(text));
    let text = text.trim();
    let mut total = 0_u64;
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        total = text.parse().map_err(|_| too_long(text))?;
    } else {
        let mut rest = text;
        let mut last_unit = u64::MAX;
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let unit = match rest[digits..].chars().next() {
                Some('s') => 1,
                Some('m') => 60,
                Some('h') => 3600,
                Some('d') => 86400,
                _ => return Err(wrong()),
            };
            if digits == 0 || unit >= last_unit {
                return Err(wrong());
            }
            let count: u64 = rest[..digits].parse().map_err(|_| too_long(text))?;
            total = count.checked_mul(unit).and_then(|part| total.checked_add(part)).ok_or_else(|| too_long(text))?;
            last_unit = unit;
            rest = &rest[digits + 1..];
        }
        if last_unit == u64::MAX {
            return Err(wrong());
        }
    }
    match Duration::from_secs(total) {
        Duration::ZERO => Err(DurationError::Zero),
        duration if duration > LONGEST => Err(too_long(text)),
        duration => Ok(duration),
    }
}

fn too_long(text: &str) -> DurationError {
    DurationError::TooLong(crate::diagnostics::shown(text))
}

/// Parses the time limit of a program: a duration, or `none`.
pub(super) fn parse_limit(text: &str) -> Result<Duration, DurationError> {
    match text.trim() {
        "none" => Ok(NO_LIMIT),
        text => parse(text),
    }
}

/// Formats a duration such that [`parse`], or [`parse_limit`], can read it.
pub(crate) fn format(duration: Duration) -> String {
    if duration == NO_LIMIT {
        return "none".to_owned();
    }
    let seconds = duration.as_secs();
    let parts = [(seconds / 3600, 'h'), (seconds / 60 % 60, 'm'), (seconds % 60, 's')];
    let text: String =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        for (text, seconds) in [("90", 90), ("30s", 30), ("2m", 120), ("1h30m", 5400), ("1d", 86400), (" 5 ", 5)] {
            let duration = parse(text).unwrap();
            assert_eq!(duration.as_secs(), seconds, "{text}");
            assert_eq!(parse(&format(duration)), Ok(duration));
        }
    }

    #[test]
    fn a_limit_may_be_none() {
        assert_eq!((parse_limit("none"), parse_limit("2m")), (Ok(NO_LIMIT), parse("2m")));
        assert_eq!(parse_limit(&format(NO_LIMIT)), Ok(NO_LIMIT));
        assert!(parse_limit("0").is_err() && parse("none").is_err());
    }

    #[test]
    fn what_is_no_duration_is_said() {
        for bad in ["", "s", "2x", "-1", "1.5h", "5m1h", "1m1m", "2 m", "é", "2mé"] {
            assert!(matches!(parse(bad), Err(DurationError::Unreadable(_))), "{bad}");
        }
        for bad in ["99999999999999999999", "400d", "99999999999999999h"] {
            assert!(matches!(parse(bad), Err(DurationError::TooLong(_))), "{bad}");
        }
        assert_eq!(parse("0").unwrap_err().to_string(), "a duration must be longer than 0");
        assert!(parse("1y").unwrap_err().to_string().starts_with("\"1y\" is no duration; write 90"));
    }
}
