//! Texts of times.

use super::calendar::{days_to, moment_of};
use super::literal::AbsTime;
use super::number::{general_text, to_i32};

/// Reads `yyyy[-mm[-dd[Thh[:mm[:ss]]]]]` with any separators and a time zone like `+01:00`, `-0530` or `Z`. Without a
/// zone the given one is taken, in seconds east of Greenwich, and the second result is false. Missing parts are 0, even
/// month and day.
pub(super) fn absolute_time(text: &str, zone: i32) -> Option<(AbsTime, bool)> {
    let mut bytes = text.as_bytes().to_vec();
    let mut offset = None;
    let last = bytes.iter().rposition(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let length = bytes.len();
    let sign_at = |back: usize| length.checked_sub(back).filter(|position| matches!(bytes[*position], b'+' | b'-'));
    if last > 0 && matches!(bytes[last], b'z' | b'Z') {
        bytes.remove(last);
        offset = Some(0);
    } else if length > 5
        && let Some(position) = sign_at(5)
    {
        offset = zone_of(&bytes[position..]);
        if offset.is_some() {
            bytes.truncate(position);
        }
    } else if length > 6
        && bytes[length - 3] == b':'
        && let Some(position) = sign_at(6)
    {
        let mut zone = bytes[position..].to_vec();
        zone.remove(3);
        bytes.remove(length - 3);
        offset = zone_of(&zone);
        if offset.is_some() {
            bytes.truncate(position);
        }
    }
    let mut position = next_digit(&bytes, 0);
    if position + 4 > bytes.len() {
        return None;
    }
    let year = number(&bytes[position..position + 4]);
    position += 4;
    let mut parts = [0; 5];
    for part in &mut parts {
        position = next_digit(&bytes, position);
        if position + 2 <= bytes.len() {
            *part = number(&bytes[position..position + 2]);
            position += 2;
        }
    }
    position = next_digit(&bytes, position);
    if bytes.get(position).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let [month, day, hour, minute, second] = parts;
    // The C library gets month - 1, and 0 without one.
    let month = if length_has_month(&bytes) { month } else { 1 };
    let local = days_to(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    let has_zone = offset.is_some();
    let offset = offset.unwrap_or(zone);
    Some((AbsTime { seconds: local - i64::from(offset), offset }, has_zone))
}

/// Whether two bytes follow the year from the next digit on.
fn length_has_month(bytes: &[u8]) -> bool {
    let year = next_digit(bytes, 0);
    next_digit(bytes, year + 4) + 2 <= bytes.len()
}

fn next_digit(bytes: &[u8], from: usize) -> usize {
    let digit = bytes.iter().skip(from).position(u8::is_ascii_digit);
    digit.map_or(bytes.len().max(from), |distance| from + distance)
}

/// The number at the start of some bytes, like `atoi`.
fn number(bytes: &[u8]) -> i64 {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).fold(0, |number, digit| number * 10 + i64::from(digit - b'0'))
}

/// Reads `+hhmm`.
fn zone_of(zone: &[u8]) -> Option<i32> {
    let (sign, digits) = zone.split_first()?;
    if digits.len() != 4 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let seconds = number(&digits[..2]) * 3600 + number(&digits[2..]) * 60;
    let seconds = i32::try_from(seconds).ok()?;
    Some(if *sign == b'-' { -seconds } else { seconds })
}

/// Reads `[-][[[days+]hours:]minutes:]seconds`, also with `d`, `h`, `m` and `s` after the parts. Gives seconds.
pub(super) fn relative_time(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let mut end = bytes.len();
    let skip_space = |end: &mut usize| {
        while *end > 0 && bytes[*end - 1].is_ascii_whitespace() {
            *end -= 1;
        }
    };
    let take_digits = |end: &mut usize| {
        let to = *end;
        while *end > 0 && bytes[*end - 1].is_ascii_digit() {
            *end -= 1;
        }
        std::str::from_utf8(&bytes[*end..to]).unwrap_or_default().to_owned()
    };
    let mut seconds = 0.0;
    skip_space(&mut end);
    if end > 0 && (matches!(bytes[end - 1], b's' | b'S') || bytes[end - 1].is_ascii_digit()) {
        if matches!(bytes[end - 1], b's' | b'S') {
            end -= 1;
        }
        skip_space(&mut end);
        let mut number = take_digits(&mut end);
        if end > 0 && bytes[end - 1] == b'.' {
            end -= 1;
            number = format!("{}.{number}", take_digits(&mut end));
        }
        seconds = number.parse().unwrap_or(0.0);
    }
    let mut parts = [0i32; 3];
    for (part, marks) in parts.iter_mut().zip([[b'm', b'M', b':'], [b'h', b'H', b':'], [b'd', b'D', b'+']]) {
        skip_space(&mut end);
        if end > 0 && marks.contains(&bytes[end - 1]) {
            end -= 1;
            skip_space(&mut end);
            *part = take_digits(&mut end).parse().unwrap_or(0);
        }
    }
    let [minutes, hours, days] = parts;
    skip_space(&mut end);
    let negative = end > 0 && bytes[end - 1] == b'-';
    if negative {
        end -= 1;
    }
    skip_space(&mut end);
    if end > 0 {
        return None;
    }
    let whole = days.wrapping_mul(86_400).wrapping_add(hours.wrapping_mul(3600)).wrapping_add(minutes.wrapping_mul(60));
    let total = f64::from(whole) + seconds;
    Some(if negative { -total } else { total })
}

/// Prints a point in time like `2020-02-29T12:00:00+02:00`.
pub(super) fn absolute_text(time: AbsTime) -> String {
    let moment = moment_of(time.seconds.saturating_add(i64::from(time.offset)));
    let (sign, offset) = (if time.offset > 0 { '+' } else { '-' }, time.offset.unsigned_abs());
    format!(
        "{}-{:02}-{:02}T{:02}:{:02}:{:02}{sign}{:02}:{:02}",
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        offset / 3600,
        offset / 60 % 60
    )
}

/// Prints a span of time like `1+03:46:40`.
pub(super) fn relative_text(seconds: f64) -> String {
    let sign = if seconds < 0.0 { "-" } else { "" };
    let seconds = if seconds < 0.0 { -seconds } else { seconds };
    let fraction = seconds - seconds.floor();
    let whole = to_i32(seconds);
    let (days, hours, minutes) = (whole / 86_400, whole % 86_400 / 3600, whole % 86_400 % 3600 / 60);
    let rest = whole % 86_400 % 3600 % 60;
    let last = if fraction == 0.0 { format!("{rest:02}") } else { general_text(f64::from(rest) + fraction) };
    if days != 0 {
        format!("{sign}{days}+{hours:02}:{minutes:02}:{last}")
    } else if hours != 0 {
        format!("{sign}{hours:02}:{minutes:02}:{last}")
    } else if minutes != 0 {
        format!("{sign}{minutes:02}:{last}")
    } else {
        format!("{sign}{last}")
    }
}

#[cfg(test)]
mod tests {
    use super::{AbsTime, absolute_text, absolute_time, relative_text, relative_time};

    #[test]
    fn points_in_time_with_and_without_a_zone() {
        let time = AbsTime { seconds: 1_582_970_400, offset: 7200 };
        assert_eq!(absolute_time("2020-02-29T12:00:00+02:00", 0), Some((time, true)));
        assert_eq!(absolute_time("2020-02-29T12:00:00+0200", 0), Some((time, true)));
        assert_eq!(absolute_time("2020-02-29 12:00:00", 7200), Some((time, false)));
        assert_eq!(absolute_text(time), "2020-02-29T12:00:00+02:00");
        assert_eq!(absolute_time("x", 0), None);
        let new_year = absolute_time("2020", 0).map(|(time, _)| absolute_text(time));
        assert_eq!(new_year.as_deref(), Some("2019-12-31T00:00:00-00:00"));
    }

    #[test]
    fn spans_of_time() {
        assert_eq!(relative_time("1+2:3:4"), Some(93_784.0));
        assert_eq!(relative_time("1d2h3m4s"), Some(93_784.0));
        assert_eq!(relative_time("-5.25"), Some(-5.25));
        assert_eq!(relative_time("x"), None);
        assert_eq!(relative_text(100_000.0), "1+03:46:40");
        assert_eq!(relative_text(-3.25), "-3.25");
    }
}
