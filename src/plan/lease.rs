//! Leases: the times at which instances end by themselves, independent of hoist.

use std::str::FromStr;
use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::duration;
use super::local_time::local_time;
use crate::diagnostics::shown;

/// The minimum lease: an instance needs a few minutes to start at all.
const SHORTEST: Duration = Duration::from_secs(5 * 60);

/// The reason why a lease is invalid, or too short for an instance that is launched now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// The syntax is invalid; the text, escaped for display.
    #[error(
        "\"{0}\" is no lease; write how long (\"6h\") or until when (\"2026-12-01 17:00\", \"2026-12-01T17:00:00Z\")"
    )]
    Unreadable(String),
    /// The lease ended before the launch.
    #[error("the lease ended at {0}, which is in the past")]
    Past(Lease),
    /// The lease ends in this many seconds.
    #[error("the lease leaves {0} s, less than the {least} s that a machine needs to be of use", least = SHORTEST.as_secs())]
    TooShort(i64),
}

/// The time for which an instance is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lease {
    /// For this duration after its launch.
    For(Duration),
    /// Until this time.
    Until(Timestamp),
}

impl Lease {
    /// Returns the end of an instance launched at `launch`.
    pub fn end(self, launch: Timestamp) -> Timestamp {
        match self {
            Lease::For(length) => SignedDuration::try_from(length)
                .map_or(Timestamp::MAX, |length| launch.saturating_add(length).unwrap_or(Timestamp::MAX)),
            Lease::Until(end) => end,
        }
    }

    /// Checks that an instance launched at `now` would be kept long enough.
    ///
    /// # Errors
    /// The lease has ended, or nearly so.
    pub fn check(self, now: Timestamp) -> Result<(), LeaseError> {
        let left = self.end(now).duration_since(now);
        if left <= SignedDuration::ZERO {
            Err(LeaseError::Past(self))
        } else if left.unsigned_abs() < SHORTEST {
            Err(LeaseError::TooShort(left.as_secs()))
        } else {
            Ok(())
        }
    }
}

/// Parses `6h`, `2026-12-01T17:00:00Z` or `2026-12-01 17:00` (in this machine's time zone).
impl FromStr for Lease {
    type Err = LeaseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if let Ok(length) = duration::parse(text) {
            return Ok(Lease::For(length));
        }
        let end = text.parse::<Timestamp>().or_else(|_| {
            text.parse::<DateTime>().and_then(|civil| civil.to_zoned(TimeZone::system())).map(|zoned| zoned.timestamp())
        });
        end.map(Lease::Until).map_err(|_| LeaseError::Unreadable(shown(text)))
    }
}

impl std::fmt::Display for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Lease::For(length) => write!(f, "{} s", length.as_secs()),
            Lease::Until(end) => f.write_str(&local_time(*end)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_a_length_or_an_end() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let end = |text: &str| text.parse::<Lease>().unwrap().end(now).to_string();
        assert_eq!(end("6h"), "2026-11-20T18:00:00Z");
        assert_eq!(end("2026-12-01T17:00:00Z"), "2026-12-01T17:00:00Z");
        assert_eq!(end("2026-12-01T17:00:00+02:00"), "2026-12-01T15:00:00Z");
        assert!("2026-12-01 17:00".parse::<Lease>().is_ok());
        for wrong in ["", "6 hours", "-6h", "0", "2026-13-01 17:00", "tomorrow", "2026-12-01 25:00"] {
            assert!(wrong.parse::<Lease>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_lease_of_the_past_or_of_a_moment_is_refused() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let check = |text: &str| text.parse::<Lease>().unwrap().check(now);
        assert!(check("2026-11-20T11:59:59Z").unwrap_err().to_string().ends_with("which is in the past"));
        assert!(check("2026-11-20T12:01:00Z") == Err(LeaseError::TooShort(60)));
        assert!(check("1m").is_err() && check("5m").is_ok() && check("6h").is_ok());
    }
}
