use jiff::civil::{Date, DateTime, Time};

use crate::elastic::engine::Seconds;

/// Reads the times of an event log. They are in the zone of the machine that wrote it; only differences matter here, so
/// they are taken for UTC.
#[derive(Debug, Default)]
pub(super) struct EventClock {
    /// Year and month of the last time without a year.
    last: Option<(i16, i8)>,
}

/// Year of the first time of a log whose times have none. A leap year, so that every day exists.
const FIRST_YEAR: i16 = 2000;

impl EventClock {
    /// Reads `2026-01-31 12:00:00`, `2026-01-31T12:00:00.123Z`, or the date and time of old logs, `01/31 12:00:00`. The
    /// year of old logs goes on when a month is much earlier than the last one.
    pub(super) fn read(&mut self, date: &str, time: &str) -> Option<Seconds> {
        let time: Time = time.trim_end_matches('Z').parse().ok()?;
        let date: Date = match date.split_once('/') {
            None => date.parse().ok()?,
            Some((month, day)) => {
                let (month, day): (i8, i8) = (month.parse().ok()?, day.parse().ok()?);
                let year = match self.last {
                    Some((year, last)) if last - month > 6 => year.checked_add(1)?,
                    Some((year, _)) => year,
                    None => FIRST_YEAR,
                };
                self.last = Some((year, month));
                Date::new(year, month, day).ok()?
            }
        };
        let moment = DateTime::from_parts(date, time).to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(moment.timestamp().as_second())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_a_year() {
        let mut clock = EventClock::default();
        assert_eq!(clock.read("1970-01-02", "00:00:01"), Some(86_401));
        assert_eq!(clock.read("1970-01-02", "00:00:01.75Z"), Some(86_401));
        let december = clock.read("12/31", "23:59:59").unwrap();
        assert_eq!(clock.read("01/01", "00:00:00"), Some(december + 1));
        assert_eq!([clock.read("13/01", "00:00:00"), clock.read("2026-01-01", "x")], [None; 2]);
    }
}
