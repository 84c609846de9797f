//! Times in the format for people, the same everywhere. Documents have RFC 3339 in UTC instead.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Formats a time in this machine's time zone: `2026-12-01 17:00:00 CET (+01:00)`.
pub fn local_time(at: Timestamp) -> String {
    in_zone(at, TimeZone::system())
}

fn in_zone(at: Timestamp, zone: TimeZone) -> String {
    let zoned = at.to_zoned(zone);
    let (name, offset) = (zoned.strftime("%Z").to_string(), zoned.strftime("%:z").to_string());
    // The name of a zone without an abbreviation is its offset.
    let zone = if name.starts_with(['+', '-']) { offset } else { format!("{name} ({offset})") };
    format!("{} {zone}", zoned.strftime("%Y-%m-%d %H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_is_always_told() {
        let at: Timestamp = "2026-12-01T16:00:00.75Z".parse().unwrap();
        let shown = |zone: &str| in_zone(at, TimeZone::posix(zone).unwrap());
        assert_eq!(shown("CET-1CEST,M3.5.0,M10.5.0/3"), "2026-12-01 17:00:00 CET (+01:00)");
        assert_eq!(shown("UTC0"), "2026-12-01 16:00:00 UTC (+00:00)");
        assert_eq!(shown("<-03>3"), "2026-12-01 13:00:00 -03:00");
    }
}
