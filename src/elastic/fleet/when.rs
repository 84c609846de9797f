use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::diagnostics::shown;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// All days, a bit each, Monday the lowest.
const ALL_DAYS: u8 = 0b111_1111;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// Times of a week: `mon-fri 08:00-18:00 Europe/Rome`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct When {
    /// The days on which it begins, a bit each, Monday the lowest.
    days: u8,
    /// First minute of the day.
    start: u16,
    /// Minute after the last one. If it is below `start`, it is on the next day.
    end: u16,
    zone: TimeZone,
    zone_name: String,
}

/// The reason why a text does not name times of a week.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhenError {
    /// The syntax is invalid.
    #[error("\"{0}\" is no time of a week; write days, times and a zone: \"mon-fri 08:00-18:00 Europe/Rome\"")]
    Unreadable(String),
    /// A day is unknown.
    #[error("\"{0}\" is no day; days are mon, tue, wed, thu, fri, sat and sun, such as \"mon-fri\" or \"mon,wed\"")]
    Day(String),
    /// A time is invalid.
    #[error("\"{0}\" is no span of times such as 08:00-18:00; the last time of a day is 24:00")]
    Time(String),
    /// It begins and ends at the same time.
    #[error("\"{0}\" begins and ends at the same time; a whole day is 00:00-24:00")]
    Empty(String),
    /// The zone is unknown.
    #[error("\"{0}\" is no time zone that this machine knows, such as Europe/Rome or UTC (/usr/share/zoneinfo)")]
    Zone(String),
}

impl When {
    /// Returns whether `at` is within these times. Times are those on clocks of the zone: where clocks are put forward
    /// or back, a span is an hour shorter or longer.
    pub fn contains(&self, at: Timestamp) -> bool {
        let local = at.to_zoned(self.zone.clone());
        let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or(0);
        let day = local.weekday().to_monday_zero_offset();
        let begins_on = |day: i8| self.days & (1 << day.rem_euclid(7)) != 0;
        if self.start < self.end {
            begins_on(day) && (self.start..self.end).contains(&minute)
        } else {
            begins_on(day) && minute >= self.start || begins_on(day - 1) && minute < self.end
        }
    }
}

/// Parses `[DAYS] [TIMES] [ZONE]`, of which days or times must be given. Without days it is every day, without times
/// the whole day, without a zone UTC. Times over midnight belong to the day on which they begin.
impl FromStr for When {
    type Err = WhenError;

    fn from_str(text: &str) -> Result<Self, WhenError> {
        let unreadable = || WhenError::Unreadable(shown(text));
        let mut words = text.split_whitespace().peekable();
        let is_time = |word: &&str| word.contains(':');
        let begins_with_time = words.peek().is_some_and(is_time);
        let days = match begins_with_time {
            true => ALL_DAYS,
            false => days(words.next().ok_or_else(unreadable)?)?,
        };
        let (start, end) = words.next_if(is_time).map_or(Ok((0, DAY)), times)?;
        let zone_name = words.next().unwrap_or("UTC").to_owned();
        if words.next().is_some() {
            return Err(unreadable());
        }
        let zone = TimeZone::get(&zone_name).map_err(|_| WhenError::Zone(shown(&zone_name)))?;
        Ok(Self { days, start, end, zone, zone_name })
    }
}

/// Parses `mon-fri`, `mon,wed`, `sat-mon,thu`.
fn days(text: &str) -> Result<u8, WhenError> {
    let day = |name: &str| {
        let lower = name.to_ascii_lowercase();
        DAYS.iter().position(|day| *day == lower).ok_or_else(|| WhenError::Day(shown(name)))
    };
    let mut days = 0;
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        let length = (last + 7 - first) % 7;
        (first..=first + length).for_each(|day| days |= 1 << (day % 7));
    }
    Ok(days)
}

/// Parses `08:00-18:00`.
fn times(text: &str) -> Result<(u16, u16), WhenError> {
    let wrong = || WhenError::Time(shown(text));
    let (start, end) = text.split_once('-').ok_or_else(wrong)?;
    let (start, end) = (minute(start).ok_or_else(wrong)?, minute(end).ok_or_else(wrong)?);
    if start == end {
        return Err(WhenError::Empty(shown(text)));
    }
    if start == DAY {
        return Err(wrong());
    }
    Ok((start, end))
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| match part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()) {
        true => part.parse::<u16>().ok(),
        false => None,
    };
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= DAY).then_some(total)
}

/// Formats such that it parses back.
impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_whole_day = (self.start, self.end) == (0, DAY);
        if self.days != ALL_DAYS {
            let mut spans: Vec<(usize, usize)> = Vec::new();
            for day in (0..7).filter(|day| self.days & (1 << day) != 0) {
                match spans.last_mut() {
                    Some((_, last)) if *last + 1 == day => *last = day,
                    _ => spans.push((day, day)),
                }
            }
            let span = |&(first, last): &(usize, usize)| match first == last {
                true => DAYS[first].to_owned(),
                false => format!("{}-{}", DAYS[first], DAYS[last]),
            };
            write!(f, "{} ", spans.iter().map(span).collect::<Vec<_>>().join(","))?;
        }
        if self.days == ALL_DAYS || !is_whole_day {
            let (start, end) = (self.start, self.end);
            write!(f, "{:02}:{:02}-{:02}:{:02} ", start / 60, start % 60, end / 60, end % 60)?;
        }
        f.write_str(&self.zone_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(when: &str, at: &str) -> bool {
        when.parse::<When>().unwrap().contains(at.parse().unwrap())
    }

    #[test]
    fn times_are_those_of_the_zone() {
        let office = "mon-fri 08:00-18:00 Europe/Rome";
        // 2026-12-01 is a Tuesday; Rome is an hour ahead of UTC in winter, two in summer.
        for (at, is_in) in [
            ("2026-12-01T06:59:59Z", false),
            ("2026-12-01T07:00:00Z", true),
            ("2026-12-01T16:59:59Z", true),
            ("2026-12-01T17:00:00Z", false),
            ("2026-07-01T06:00:00Z", true),
            ("2026-12-05T10:00:00Z", false),
        ] {
            assert_eq!(contains(office, at), is_in, "{at}");
        }
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        let night = "fri 22:00-06:00";
        for (at, is_in) in [
            ("2026-12-04T21:59:00Z", false),
            ("2026-12-04T22:00:00Z", true),
            ("2026-12-05T05:59:00Z", true),
            ("2026-12-05T06:00:00Z", false),
            ("2026-12-05T22:00:00Z", false),
            ("2026-12-04T05:00:00Z", false),
        ] {
            assert_eq!(contains(night, at), is_in, "{at}");
        }
        assert!(contains("sun 22:00-06:00", "2026-12-07T05:00:00Z"));
    }

    #[test]
    fn days_and_times_may_be_left_out() {
        assert!(contains("sat-mon", "2026-12-06T23:59:00Z") && !contains("sat-mon", "2026-12-01T00:00:00Z"));
        assert!(contains("22:00-24:00", "2026-12-01T23:59:00Z") && !contains("22:00-24:00", "2026-12-02T00:00:00Z"));
    }

    #[test]
    fn the_normal_form_is_read_back() {
        for (text, normal) in [
            ("MON-FRI 08:00-18:00 Europe/Rome", "mon-fri 08:00-18:00 Europe/Rome"),
            ("sat-mon,thu", "mon,thu,sat-sun UTC"),
            ("00:00-24:00", "00:00-24:00 UTC"),
            ("mon-sun", "00:00-24:00 UTC"),
            ("fri 22:00-06:00 UTC", "fri 22:00-06:00 UTC"),
        ] {
            let when: When = text.parse().unwrap();
            assert_eq!(when.to_string(), normal);
            assert_eq!(normal.parse(), Ok(when));
        }
    }

    #[test]
    fn what_names_no_time_is_refused() {
        let error = |text: &str| text.parse::<When>().unwrap_err();
        assert_eq!(error("mo-fri 08:00-18:00"), WhenError::Day("mo".into()));
        assert_eq!(error("mon-"), WhenError::Day(String::new()));
        for bad in ["8:00-18:00", "08:00", "08:00-18:60", "08:00-25:00", "24:00-08:00", "24:00-24:01", "-01:00-02:00"] {
            assert_eq!(error(bad), WhenError::Time(bad.into()), "{bad}");
        }
        assert_eq!(error("08:00-08:00"), WhenError::Empty("08:00-08:00".into()));
        assert_eq!(error("mon 08:00-18:00 Europe/Roma"), WhenError::Zone("Europe/Roma".into()));
        assert_eq!(error("mon 08:00-18:00 ../UTC"), WhenError::Zone("../UTC".into()));
        for bad in ["", "  ", "mon 08:00-18:00 UTC UTC"] {
            assert_eq!(error(bad), WhenError::Unreadable(bad.into()), "{bad}");
        }
    }
}
