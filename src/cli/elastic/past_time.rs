use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use thiserror::Error;

use crate::plan::parse_duration;

/// A time in the past: an instant, a local date and time, a local time of the last 24 hours, or a length of time ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PastTime(pub(super) Timestamp);

/// Text that names no such time.
#[derive(Debug, Error)]
#[error("write 10:41, \"2026-12-01 10:41\", 2026-12-01T10:41:00Z, or 5m for five minutes ago")]
pub(super) struct NoPastTime;

impl FromStr for PastTime {
    type Err = NoPastTime;

    fn from_str(text: &str) -> Result<Self, NoPastTime> {
        parse(text, Timestamp::now(), &TimeZone::system()).map(Self).ok_or(NoPastTime)
    }
}

fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(instant) = text.parse() {
        return Some(instant);
    }
    let at = |time: DateTime| zone.to_timestamp(time).ok();
    let is_time = text.contains(':') && !text.contains('-');
    if is_time {
        let time: Time = text.parse().ok()?;
        let today = now.to_zoned(zone.clone()).date();
        let of_today = at(today.to_datetime(time))?;
        return if of_today <= now { Some(of_today) } else { at(today.yesterday().ok()?.to_datetime(time)) };
    }
    if let Ok(time) = text.parse::<DateTime>() {
        return at(time);
    }
    if let Ok(date) = text.parse::<Date>() {
        return at(date.to_datetime(Time::midnight()));
    }
    let ago = jiff::SignedDuration::try_from(parse_duration(text).ok()?).ok()?;
    now.checked_sub(ago).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_local_and_in_the_past() {
        let now: Timestamp = "2026-12-01T10:41:30Z".parse().unwrap();
        let rome = TimeZone::get("Europe/Rome").unwrap();
        for (text, expected) in [
            ("2026-12-01T10:00:00Z", Some("2026-12-01T10:00:00Z")),
            ("2026-12-01 10:00", Some("2026-12-01T09:00:00Z")),
            ("11:41", Some("2026-12-01T10:41:00Z")),
            ("11:42", Some("2026-11-30T10:42:00Z")),
            ("11:41:10", Some("2026-12-01T10:41:10Z")),
            ("5m", Some("2026-12-01T10:36:30Z")),
            ("2026-11-30", Some("2026-11-29T23:00:00Z")),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(parse(text, now, &rome), expected.map(|time| time.parse().unwrap()), "{text}");
        }
    }
}
