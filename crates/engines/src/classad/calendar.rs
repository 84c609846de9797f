//! Days of the Gregorian calendar, without time zones.

/// A point in time in parts, with the ranges of C's `struct tm` but the full year and the month from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    /// From 0, Sunday.
    pub(super) weekday: i64,
    /// From 0, the first of January.
    pub(super) yearday: i64,
}

/// Days from 1970-01-01 to a day, whose month and day may lie outside their ranges as for `mktime`.
pub(super) fn days_to(year: i64, month: i64, day: i64) -> i64 {
    let months = month - 1;
    let year = year + months.div_euclid(12);
    let month = months.rem_euclid(12) + 1;
    let shifted = year - i64::from(month <= 2);
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468 + day - 1
}

/// Gives the parts of a number of seconds since 1970-01-01T00:00:00, like `gmtime`.
pub(super) fn moment_of(seconds: i64) -> Moment {
    let days = seconds.div_euclid(86_400);
    let time = seconds.rem_euclid(86_400);
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Moment {
        year,
        month,
        day,
        hour: time / 3600,
        minute: time / 60 % 60,
        second: time % 60,
        weekday: (days + 4).rem_euclid(7),
        yearday: days - days_to(year, 1, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::{Moment, days_to, moment_of};

    #[test]
    fn a_leap_day_there_and_back() {
        let day = days_to(2020, 2, 29);
        assert_eq!(day, 18_321);
        let expected = Moment { year: 2020, month: 2, day: 29, hour: 1, minute: 2, second: 3, weekday: 6, yearday: 59 };
        assert_eq!(moment_of(day * 86_400 + 3723), expected);
        assert_eq!(days_to(2019, 14, 29), day);
    }
}
