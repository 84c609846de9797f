//! Durations and ages for people.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// `0.4 s`, `12 s`, `3 m 05 s`, `2 h 10 m`, `3 d 4 h`.
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

/// How long ago `then` was, seen from `now`; a time in the future is now.
pub fn age(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then).max(SignedDuration::ZERO)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        let shown: Vec<String> =
            [0.4, 12.0, 185.0, 7_800.0, 273_600.0].map(|seconds| duration(Duration::from_secs_f64(seconds))).to_vec();
        assert_eq!(shown, ["0.4 s", "12 s", "3 m 05 s", "2 h 10 m", "3 d 4 h"]);
    }
}
