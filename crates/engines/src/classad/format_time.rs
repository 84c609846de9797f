//! Texts of points in time by a format, as the GNU C library's `strftime` makes them in the C locale.

use super::calendar::Moment;

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn name<'a>(names: &[&'a str], position: i64, length: usize) -> &'a str {
    let name = usize::try_from(position).ok().and_then(|position| names.get(position)).copied().unwrap_or("?");
    name.get(..length.min(name.len())).unwrap_or(name)
}

/// The year and week of ISO 8601.
fn iso_week(moment: &Moment) -> (i64, i64) {
    let weekday = (moment.weekday + 6).rem_euclid(7);
    let week = (moment.yearday - weekday + 10).div_euclid(7);
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let weeks = |year: i64| {
        let january = (moment.weekday - moment.yearday).rem_euclid(7);
        let january = if year == moment.year { january } else { (january - 365 - i64::from(leap(year))).rem_euclid(7) };
        if january == 4 || (leap(year) && january == 3) { 53 } else { 52 }
    };
    if week < 1 {
        (moment.year - 1, weeks(moment.year - 1))
    } else if week > weeks(moment.year) {
        (moment.year + 1, 1)
    } else {
        (moment.year, week)
    }
}

/// Formats a point in time. `None` for a format that depends on the machine's time zone.
pub(super) fn format_time(format: &str, moment: &Moment) -> Option<String> {
    let mut out = String::new();
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            out.push(letter);
            continue;
        }
        let Some(directive) = letters.next() else {
            out.push('%');
            break;
        };
        let two = |value: i64| format!("{value:02}");
        let spaced = |value: i64| format!("{value:2}");
        let nested = |format: &str| format_time(format, moment);
        let twelve = if moment.hour % 12 == 0 { 12 } else { moment.hour % 12 };
        let text = match directive {
            'a' => name(&DAYS, moment.weekday, 3).to_owned(),
            'A' => name(&DAYS, moment.weekday, 9).to_owned(),
            'b' | 'h' => name(&MONTHS, moment.month - 1, 3).to_owned(),
            'B' => name(&MONTHS, moment.month - 1, 9).to_owned(),
            'c' => nested("%a %b %e %H:%M:%S %Y")?,
            'C' => two(moment.year.div_euclid(100)),
            'd' => two(moment.day),
            'D' | 'x' => nested("%m/%d/%y")?,
            'e' => spaced(moment.day),
            'F' => nested("%Y-%m-%d")?,
            'g' => two(iso_week(moment).0.rem_euclid(100)),
            'G' => iso_week(moment).0.to_string(),
            'H' => two(moment.hour),
            'I' => two(twelve),
            'j' => format!("{:03}", moment.yearday + 1),
            'k' => spaced(moment.hour),
            'l' => spaced(twelve),
            'm' => two(moment.month),
            'M' => two(moment.minute),
            'n' => "\n".to_owned(),
            'p' => if moment.hour >= 12 { "PM" } else { "AM" }.to_owned(),
            'P' => if moment.hour >= 12 { "pm" } else { "am" }.to_owned(),
            'r' => nested("%I:%M:%S %p")?,
            'R' => nested("%H:%M")?,
            'S' => two(moment.second),
            't' => "\t".to_owned(),
            'T' | 'X' => nested("%H:%M:%S")?,
            'u' => (if moment.weekday == 0 { 7 } else { moment.weekday }).to_string(),
            'U' => two((moment.yearday - moment.weekday + 7) / 7),
            'V' => two(iso_week(moment).1),
            'w' => moment.weekday.to_string(),
            'W' => two((moment.yearday - (moment.weekday + 6).rem_euclid(7) + 7) / 7),
            'y' => two(moment.year.rem_euclid(100)),
            'Y' => moment.year.to_string(),
            '%' => "%".to_owned(),
            _ => return None,
        };
        out.push_str(&text);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::super::calendar::moment_of;
    use super::format_time;

    #[test]
    fn formats_of_the_c_library() {
        let moment = moment_of(1_582_970_400);
        let of = |format| format_time(format, &moment);
        assert_eq!(of("%c").as_deref(), Some("Sat Feb 29 10:00:00 2020"));
        assert_eq!(of("%F %T %p %j %y %U %V %G%%").as_deref(), Some("2020-02-29 10:00:00 AM 060 20 08 09 2020%"));
        assert_eq!(of("%Z"), None);
    }
}
