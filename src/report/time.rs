//! Durations and ages for people.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::count;
pub use crate::plan::local_time as local;

/// Formats a duration: `0.4 s`, `12 s`, `3 m 05 s`, `2 h 10 m`, `3 d 4 h`.
pub fn duration(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", length.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {:02} m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// Formats the length or the rest of a lease: `45 s`, `50 m`, `6 h 00 m`, `3 d 4 h`. Rounded to the nearest minute, so
/// that a new lease of six hours has six hours left.
pub fn lease(length: Duration) -> String {
    let minutes = (length.as_secs() + 30) / 60;
    match minutes {
        0..2 => format!("{} s", length.as_secs()),
        2..60 => format!("{minutes} m"),
        60..1440 => format!("{} h {:02} m", minutes / 60, minutes % 60),
        _ => format!("{} d {} h", minutes / 1440, minutes / 60 % 24),
    }
}

/// Returns the time from `then` to `now`; zero if `then` is in the future.
pub fn age(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then).max(SignedDuration::ZERO)).unwrap_or_default()
}

/// Formats an age: `today`, `1 day`, `3 days`, `2 months`, `4 years`. Months and years have the calendar's average
/// length, and are rounded down.
pub fn age_in_words(age: Duration) -> String {
    let days = age.as_secs() / 86_400;
    let (number, noun) = match days {
        0 => return "today".to_owned(),
        1..60 => (days, "day"),
        60..730 => (days * 12 / 365, "month"),
        _ => (days * 4 / 1461, "year"),
    };
    count(number, noun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_get_coarser() {
        let shown: Vec<String> = [0, 1, 3, 59, 60, 365, 729, 730, 1826]
            .map(|days| age_in_words(Duration::from_secs(days * 86_400 + 9)))
            .to_vec();
        assert_eq!(
            shown,
            ["today", "1 day", "3 days", "59 days", "1 month", "12 months", "23 months", "1 year", "4 years"]
        );
    }

    #[test]
    fn a_second_does_not_make_a_lease_a_minute_shorter() {
        let shown: Vec<String> = [45, 89, 90, 3000, 2999, 3569, 3570, 21_600, 21_599, 21_569, 172_799, 273_600]
            .map(|seconds| lease(Duration::from_secs(seconds)))
            .to_vec();
        assert_eq!(
            shown,
            [
                "45 s", "89 s", "2 m", "50 m", "50 m", "59 m", "1 h 00 m", "6 h 00 m", "6 h 00 m", "5 h 59 m",
                "2 d 0 h", "3 d 4 h"
            ]
        );
    }

    #[test]
    fn durations_read_well() {
        let shown: Vec<String> =
            [0.4, 12.0, 185.0, 7_800.0, 273_600.0].map(|seconds| duration(Duration::from_secs_f64(seconds))).to_vec();
        assert_eq!(shown, ["0.4 s", "12 s", "3 m 05 s", "2 h 10 m", "3 d 4 h"]);
    }
}
