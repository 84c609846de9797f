//! Numbers as the C library reads, converts and prints them.

/// Converts to a 32-bit number as x86-64 does: what does not fit is the lowest number.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
pub(super) fn to_i32(value: f64) -> i32 {
    let whole = value.trunc();
    if whole >= f64::from(i32::MIN) && whole <= f64::from(i32::MAX) { whole as i32 } else { i32::MIN }
}

/// Converts to a 64-bit number as x86-64 does: what does not fit is the lowest number.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "the range is checked")]
pub(super) fn to_i64(value: f64) -> i64 {
    let limit = -(i64::MIN as f64);
    if value >= -limit && value < limit { value as i64 } else { i64::MIN }
}

/// Takes the lower 32 bits of a number.
#[expect(clippy::cast_possible_truncation, reason = "HTCondor truncates where it holds a number in an int")]
pub(super) fn low_i32(value: i64) -> i32 {
    value as i32
}

/// Converts a whole number to a real, rounded.
#[expect(clippy::cast_precision_loss, reason = "HTCondor computes in doubles")]
pub(super) fn to_f64(value: i64) -> f64 {
    value as f64
}

/// Reads a number at the start of a text as `strtod` does. Gives it with the number of bytes it took, 0 if there is
/// none.
pub(super) fn leading_real(text: &str) -> (f64, usize) {
    let bytes = text.as_bytes();
    let at = |position: usize| bytes.get(position).copied().unwrap_or(0);
    let mut position = 0;
    while matches!(at(position), b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c) {
        position += 1;
    }
    let start = position;
    let negative = at(position) == b'-';
    if matches!(at(position), b'+' | b'-') {
        position += 1;
    }
    let signed = |value: f64| if negative { -value } else { value };
    let rest = text.get(position..).unwrap_or_default().to_ascii_lowercase();
    if rest.starts_with("infinity") {
        return (signed(f64::INFINITY), position + 8);
    }
    if rest.starts_with("inf") {
        return (signed(f64::INFINITY), position + 3);
    }
    if rest.starts_with("nan") {
        return (signed(f64::NAN), position + 3);
    }
    if rest.starts_with("0x")
        && let Some((value, length)) = hexadecimal(&rest)
    {
        return (signed(value), position + length);
    }
    let digits_from = |from: usize| {
        let mut to = from;
        while at(to).is_ascii_digit() {
            to += 1;
        }
        to
    };
    let whole_end = digits_from(position);
    let mut end = whole_end;
    let mut digits = whole_end - position;
    if at(end) == b'.' {
        let fraction_end = digits_from(end + 1);
        digits += fraction_end - end - 1;
        end = fraction_end;
    }
    if digits == 0 {
        return (0.0, 0);
    }
    if matches!(at(end), b'e' | b'E') {
        let sign = usize::from(matches!(at(end + 1), b'+' | b'-'));
        let exponent_end = digits_from(end + 1 + sign);
        if exponent_end > end + 1 + sign {
            end = exponent_end;
        }
    }
    (text.get(start..end).and_then(|number| number.parse().ok()).unwrap_or(0.0), end)
}

/// Reads a hexadecimal number like `0x1.8p3` in lower case.
fn hexadecimal(text: &str) -> Option<(f64, usize)> {
    let bytes = text.as_bytes();
    let (mut value, mut scale, mut position, mut digits, mut fraction) = (0.0, 0i32, 2, 0, false);
    while let Some(byte) = bytes.get(position) {
        if let Some(digit) = char::from(*byte).to_digit(16) {
            value = value * 16.0 + f64::from(digit);
            digits += 1;
            scale -= if fraction { 4 } else { 0 };
        } else if *byte == b'.' && !fraction {
            fraction = true;
        } else {
            break;
        }
        position += 1;
    }
    if digits == 0 {
        return None;
    }
    if bytes.get(position) == Some(&b'p') {
        let rest = text.get(position + 1..).unwrap_or_default();
        let sign = usize::from(rest.starts_with(['+', '-']));
        let length = rest.bytes().skip(sign).take_while(u8::is_ascii_digit).count();
        if length > 0 {
            let exponent = rest.get(..sign + length).and_then(|text| text.parse::<i32>().ok()).unwrap_or(0);
            scale = scale.saturating_add(exponent);
            position += 1 + sign + length;
        }
    }
    Some((value * 2f64.powi(scale), position))
}

/// Prints a real as HTCondor does, like `1.500000000000000E+00`.
pub(super) fn real_text(value: f64) -> String {
    if value == 0.0 {
        return format!("{value:.1}");
    }
    if value.is_nan() {
        return "real(\"NaN\")".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "real(\"INF\")" } else { "real(\"-INF\")" }.to_owned();
    }
    exponential(value, 15, 'E')
}

/// Prints a number as `printf` does for `%.{precision}E`.
fn exponential(value: f64, precision: usize, mark: char) -> String {
    let text = format!("{value:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}{mark}{sign}{:02}", exponent.abs())
}

/// Prints a number as `printf` does for `%02g`.
pub(super) fn general_text(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "nan" } else { "inf" }.to_owned();
    }
    let scientific = exponential(value, 5, 'e');
    let exponent: i32 = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0);
    let trim = |text: &str| {
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() }
    };
    let text = if (-4..6).contains(&exponent) {
        trim(&format!("{value:.*}", usize::try_from(5 - exponent).unwrap_or(0)))
    } else {
        let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "+00"));
        format!("{}e{exponent}", trim(mantissa))
    };
    format!("{text:0>2}")
}

#[cfg(test)]
mod tests {
    use super::{general_text, leading_real, real_text, to_i32, to_i64};

    #[test]
    fn numbers_at_the_start_of_a_text_are_read_like_strtod_does() {
        assert_eq!(leading_real("12abc"), (12.0, 2));
        assert_eq!(leading_real(" -1.5e3x"), (-1500.0, 7));
        assert_eq!(leading_real("1e"), (1.0, 1));
        assert_eq!(leading_real("0x10"), (16.0, 4));
        assert_eq!(leading_real("0x1.8p1"), (3.0, 7));
        assert_eq!(leading_real("x"), (0.0, 0));
        assert_eq!(leading_real(".").1, 0);
        assert_eq!(leading_real("-inf"), (f64::NEG_INFINITY, 4));
    }

    #[test]
    fn reals_are_printed_with_sixteen_digits_and_an_exponent() {
        assert_eq!(real_text(1.5), "1.500000000000000E+00");
        assert_eq!(real_text(-0.0), "-0.0");
        assert_eq!(real_text(1e-320), "9.999888671826830E-321");
        assert_eq!(real_text(f64::NEG_INFINITY), "real(\"-INF\")");
        assert_eq!(general_text(5.25), "5.25");
        assert_eq!(general_text(3.0), "03");
        assert_eq!(general_text(0.00001), "1e-05");
    }

    #[test]
    fn what_does_not_fit_is_the_lowest_number() {
        assert_eq!((to_i32(1e12), to_i64(1e30), to_i64(f64::NAN)), (i32::MIN, i64::MIN, i64::MIN));
        assert_eq!((to_i32(-3.9), to_i64(-3.9)), (-3, -3));
    }
}
