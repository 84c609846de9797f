//! Functions on times.

use std::sync::Arc;

use super::calendar::{Moment, moment_of};
use super::context::{Context, Outcome};
use super::expression::{ClassAd, Expression};
use super::format_time::format_time;
use super::frame::Frame;
use super::function::Function;
use super::literal::{AbsTime, Literal};
use super::name::Name;
use super::number::{low_i32, to_f64, to_i32};
use super::time_text::absolute_time;
use super::unknown::{Stop, Unknown};
use super::value::Value;

/// `time`, `currentTime`, `timeZoneOffset` and `dayTime`.
///
/// # Errors
///
/// Says that the time zone is not known.
pub(super) fn now(context: &dyn Context, function: Function) -> Outcome {
    let now = context.now();
    Ok(match function {
        Function::CurrentTime | Function::AbsTime => {
            Value::AbsTime(AbsTime { seconds: now, offset: context.zone_for("currentTime")? })
        }
        Function::TimeZoneOffset => Value::RelTime(f64::from(context.zone_for("timeZoneOffset")?)),
        Function::DayTime => {
            let local = now.saturating_add(i64::from(context.zone_for("dayTime")?));
            Value::RelTime(to_f64(local.rem_euclid(86_400)))
        }
        _ => Value::Integer(now),
    })
}

/// `getYear` and the like, of a point in time in the daemon's time zone or of a span of time.
///
/// # Errors
///
/// Says that the time zone is not known.
pub(super) fn field(context: &dyn Context, function: Function, value: &Value) -> Outcome {
    Ok(match value {
        Value::AbsTime(time) => {
            let zone = context.zone_for("a field of a point in time")?;
            let moment = moment_of(time.seconds.saturating_add(i64::from(zone)));
            Value::Integer(match function {
                Function::GetYear => moment.year,
                Function::GetMonth => moment.month,
                Function::GetDayOfYear => moment.yearday,
                Function::GetDayOfMonth => moment.day,
                Function::GetDayOfWeek => moment.weekday,
                Function::GetHours => moment.hour,
                Function::GetMinutes => moment.minute,
                Function::GetSeconds => moment.second,
                _ => return Ok(Value::Error),
            })
        }
        Value::RelTime(seconds) => {
            let seconds = i64::from(to_i32(*seconds));
            Value::Integer(match function {
                Function::GetDays => seconds / 86_400,
                Function::GetHours => seconds % 86_400 / 3600,
                Function::GetMinutes => seconds % 3600 / 60,
                Function::GetSeconds => seconds % 60,
                _ => return Ok(Value::Error),
            })
        }
        _ => Value::Error,
    })
}

fn ad_of(kind: &str, parts: &[(&str, Literal)]) -> Arc<ClassAd> {
    let kind = (Name::new("Type"), Expression::text(kind));
    let parts = parts.iter().map(|(name, value)| (Name::new(name), Expression::Literal(value.clone())));
    Arc::new(std::iter::once(kind).chain(parts).collect())
}

fn split_absolute(time: AbsTime) -> Arc<ClassAd> {
    let moment = moment_of(time.seconds.saturating_add(i64::from(time.offset)));
    let parts = [
        ("Year", moment.year),
        ("Month", moment.month),
        ("Day", moment.day),
        ("Hours", moment.hour),
        ("Minutes", moment.minute),
        ("Seconds", moment.second),
        ("Offset", i64::from(time.offset)),
    ];
    ad_of("AbsoluteTime", &parts.map(|(name, value)| (name, Literal::Integer(value))))
}

/// Only the largest part of a negative span is negative.
fn split_relative(span: f64) -> Arc<ClassAd> {
    let negative = span < 0.0;
    let span = if negative { -span } else { span };
    let whole = to_i32(span);
    let (mut days, mut hours) = (whole / 86_400, whole % 86_400 / 3600);
    let mut minutes = whole % 86_400 % 3600 / 60;
    let mut seconds = f64::from(whole % 86_400 % 3600 % 60) + (span - span.floor());
    if negative {
        if days > 0 {
            days = -days;
        } else if hours > 0 {
            hours = -hours;
        } else if minutes > 0 {
            minutes = -minutes;
        } else {
            seconds = -seconds;
        }
    }
    let integer = |value: i32| Literal::Integer(i64::from(value));
    let parts = [
        ("Days", integer(days)),
        ("Hours", integer(hours)),
        ("Minutes", integer(minutes)),
        ("Seconds", Literal::Real(seconds)),
    ];
    ad_of("RelativeTime", &parts)
}

/// Cuts a time into an ad of its parts; `None` for what is no time.
fn parts_of(context: &dyn Context, value: &Value, name: &str) -> Result<Option<Arc<ClassAd>>, Stop> {
    let local = |seconds: i64| context.zone_for(name).map(|offset| split_absolute(AbsTime { seconds, offset }));
    Ok(Some(match value {
        Value::Integer(seconds) => local(i64::from(low_i32(*seconds)))?,
        Value::Real(seconds) => local(i64::from(to_i32(*seconds)))?,
        Value::AbsTime(time) => split_absolute(*time),
        Value::RelTime(seconds) => split_relative(*seconds),
        _ => return Ok(None),
    }))
}

/// `splitTime`.
///
/// # Errors
///
/// Says that the time zone is not known.
pub(super) fn split(context: &dyn Context, value: &Value) -> Outcome {
    if matches!(value, Value::Undefined) {
        return Ok(Value::Undefined);
    }
    let parts = parts_of(context, value, "splitTime")?;
    Ok(parts.map_or(Value::Error, |parts| Value::Ad(Frame::nested(parts, Frame::Nothing))))
}

/// The day of the week and of the year as HTCondor computes them, even for days that do not exist.
fn day_numbers(year: i64, month: i64, day: i64) -> (i64, i64) {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let fixed = |month: i64, day: i64| {
        let adjustment = if month <= 2 {
            0
        } else if leap {
            -1
        } else {
            -2
        };
        let before = year - 1;
        365 * before + before / 4 - before / 100 + before / 400 + (367 * month - 362) / 12 + adjustment + day
    };
    (fixed(month, day) % 7, fixed(month, day) - fixed(1, 1))
}

/// `formatTime`.
///
/// # Errors
///
/// Says that the time zone is not known.
pub(super) fn format(context: &mut dyn Context, frame: &Frame, arguments: &[Expression]) -> Outcome {
    let Some(time) = arguments.first() else {
        let zone = context.zone_for("formatTime")?;
        let moment = moment_of(context.now().saturating_add(i64::from(zone)));
        return Ok(format_time("%c", &moment).map_or(Value::Error, Value::text));
    };
    let ad = match context.evaluate(time, frame)? {
        Value::RelTime(_) => return Ok(Value::Error),
        Value::Ad(frame) => Some(frame),
        time => parts_of(context, &time, "formatTime")?.map(|parts| Frame::nested(parts, Frame::Nothing)),
    };
    let Some(parts) = ad else { return Ok(Value::Error) };
    let mut part = |name: &str, missing: i64| {
        let expression = context.ad(&parts).and_then(|ad| ad.attribute(name)).cloned();
        match expression.map(|expression| context.evaluate_in(&expression, &parts, &parts)) {
            Some(Ok(Value::Integer(value))) => Ok(i64::from(low_i32(value))),
            Some(Err(Stop::Unknown(unknown))) => Err(Stop::Unknown(unknown)),
            _ => Ok(missing),
        }
    };
    let mut moment = Moment {
        year: part("Year", 1900)?,
        month: part("Month", 1)?,
        day: part("Day", 0)?,
        hour: part("Hours", 0)?,
        minute: part("Minutes", 0)?,
        second: part("Seconds", 0)?,
        weekday: 0,
        yearday: 0,
    };
    (moment.weekday, moment.yearday) = day_numbers(moment.year, moment.month, moment.day);
    let format = match arguments.get(1) {
        None => "%c".into(),
        Some(format) => match context.evaluate(format, frame)? {
            Value::String(format) => format,
            _ => return Ok(Value::Error),
        },
    };
    match format_time(&format, &moment) {
        Some(text) => Ok(Value::text(text)),
        None => Err(Unknown::Environment(format!("formatTime with {format:?}")).into()),
    }
}

/// `interval`: a number of seconds as days, hours, minutes and seconds.
pub(super) fn interval(seconds: &Value) -> Value {
    let Value::Integer(seconds) = seconds else { return Value::Error };
    let whole = low_i32(*seconds);
    let (days, hours, minutes, seconds) =
        (whole / 86_400, whole % 86_400 / 3600, whole % 86_400 % 3600 / 60, whole % 86_400 % 3600 % 60);
    let (positive_hours, positive_minutes, positive_seconds) = (hours.abs(), minutes.abs(), seconds.abs());
    Value::text(if days != 0 {
        format!("{days}+{positive_hours:02}:{positive_minutes:02}:{positive_seconds:02}")
    } else if hours != 0 {
        format!("{hours}:{positive_minutes:02}:{positive_seconds:02}")
    } else if minutes != 0 {
        format!("{minutes}:{positive_seconds:02}")
    } else {
        seconds.to_string()
    })
}

/// `absTime` of a value that is no constant text.
///
/// # Errors
///
/// Says that the time zone is not known, or that HTCondor gives up.
pub(super) fn absolute(context: &dyn Context, value: &Value, offset: Option<&Value>) -> Outcome {
    let offset = match offset {
        None => None,
        Some(Value::Integer(offset)) => Some(low_i32(*offset)),
        Some(Value::Real(offset)) => Some(to_i32(*offset)),
        Some(Value::RelTime(offset)) => Some(to_i32(*offset)),
        Some(_) => return Ok(Value::Error),
    };
    let at = |seconds: i64| -> Result<AbsTime, Stop> {
        let offset = offset.map_or_else(|| context.zone_for("absTime"), Ok)?;
        Ok(AbsTime { seconds, offset })
    };
    Ok(match value {
        Value::Undefined => Value::Undefined,
        Value::Integer(seconds) => {
            let time = at(i64::from(low_i32(*seconds)))?;
            if time.offset == -1 {
                return Err(Stop::Failed);
            }
            Value::AbsTime(time)
        }
        Value::Real(seconds) => Value::AbsTime(at(i64::from(to_i32(*seconds)))?),
        Value::RelTime(seconds) => Value::AbsTime(at(i64::from(to_i32(*seconds)))?),
        Value::AbsTime(_) | Value::String(_) => value.clone(),
        Value::Error | Value::Boolean(_) | Value::List(_) | Value::Ad(_) => Value::Error,
    })
}

/// `relTime` of a value that is no constant text.
pub(super) fn relative(value: &Value) -> Value {
    match value {
        Value::Undefined => Value::Undefined,
        Value::Integer(seconds) => Value::RelTime(f64::from(low_i32(*seconds))),
        Value::Real(seconds) | Value::RelTime(seconds) => Value::RelTime(*seconds),
        Value::AbsTime(time) => Value::RelTime(to_f64(time.seconds)),
        // HTCondor reads a time that is not there.
        Value::String(_) => Value::RelTime(0.0),
        Value::Error | Value::Boolean(_) | Value::List(_) | Value::Ad(_) => Value::Error,
    }
}

/// `absTime("…")` without a time zone.
///
/// # Errors
///
/// Says that the time zone is not known.
pub(super) fn local(context: &dyn Context, text: &str) -> Outcome {
    let zone = context.zone_for("absTime")?;
    Ok(absolute_time(text, zone).map_or(Value::Error, |(time, _)| Value::AbsTime(time)))
}

#[cfg(test)]
mod tests {
    use super::{Value, day_numbers, interval};

    #[test]
    fn intervals_and_days() {
        assert_eq!(interval(&Value::Integer(100_000)).to_string(), "\"1+03:46:40\"");
        assert_eq!(interval(&Value::Integer(-61)).to_string(), "\"-1:01\"");
        assert_eq!(day_numbers(2020, 2, 29), (6, 59));
    }
}
