//! Times, amounts and lists in sentences.

use std::time::Duration;

use jiff::Timestamp;

use crate::elastic::engine::Seconds;
use crate::report::time::{duration, local};

/// Formats a time of an engine, in local time.
pub(super) fn time(seconds: Seconds) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| format!("second {seconds}"), local)
}

/// Formats a number of seconds as a length: `12 s`, `3 m 05 s`.
pub(super) fn length(seconds: Seconds) -> String {
    match seconds {
        0..10 => format!("{seconds} s"),
        _ => duration(Duration::from_secs(seconds.unsigned_abs())),
    }
}

/// Formats names as a list that is cut after some: `a, b and 7 more`.
pub fn some<T: ToString>(names: &[T]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = names.iter().take(SHOWN).map(ToString::to_string).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Returns the system that answers a source of readings.
pub(super) fn system(name: &str) -> &str {
    match name {
        "demand" | "groups" => "the queue",
        "pool" | "slots" => "the pool",
        other => source(other),
    }
}

/// Returns the name of a source of readings as people know it.
pub(super) fn source(name: &str) -> &str {
    match name {
        "demand" => "the queue",
        "groups" => "the queue's job groups",
        "pool" => "the pool",
        "slots" => "the pool's slots",
        "machines" => "the cloud",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (1..=10).map(|number| format!("i-{number}")).collect();
        assert_eq!(some(&names), "i-1, i-2, i-3, i-4, i-5, i-6, i-7, i-8 and 2 more");
        assert_eq!(some(&names[..2]), "i-1, i-2");
    }
}
