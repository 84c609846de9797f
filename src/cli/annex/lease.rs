//! Options for the lease of an annex.

use clap::Args;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::app::annex::AnnexLease;
use crate::diagnostics::Diagnostic;
use crate::plan::Lease;

/// How long an annex lives.
#[derive(Args, Debug, Clone, Default)]
pub(super) struct LeaseOptions {
    /// How long the annex lives from now, such as 6h or 2d
    #[arg(long, value_name = "DURATION")]
    lease: Option<String>,

    /// Until when it lives: "2026-12-01 17:00" in this machine's time zone, "2026-12-01 17:00 Europe/Berlin",
    /// 2026-12-01T17:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "lease")]
    expiry: Option<String>,
}

impl LeaseOptions {
    /// Returns whether an option was given.
    pub(super) fn is_given(&self) -> bool {
        self.lease.is_some() || self.expiry.is_some()
    }

    /// Returns the lease, or the default one if no option was given.
    pub(super) fn meant(&self) -> Result<AnnexLease, Diagnostic> {
        let (option, lease) = match (&self.lease, &self.expiry) {
            (Some(text), _) => ("--lease", parse_length(text)),
            (None, Some(text)) => ("--expiry", parse_end(text).map(Lease::Until)),
            (None, None) => return Ok(AnnexLease::default()),
        };
        let lease = lease.map_err(|message| Diagnostic::usage(format!("{option}: {message}")))?;
        Ok(AnnexLease { lease, option })
    }
}

fn parse_length(text: &str) -> Result<Lease, String> {
    match text.parse() {
        Ok(lease @ Lease::For(_)) => Ok(lease),
        _ => Err(format!("\"{}\" is no length; write 50m, 6h or 1d12h", text.escape_debug())),
    }
}

/// Parses an end with a time zone, or in this machine's time zone.
fn parse_end(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    let wrong = || {
        let example = "\"2026-12-01 17:00\", \"2026-12-01 17:00 Europe/Berlin\" or 2026-12-01T17:00Z";
        format!("\"{}\" is no time; write {example}", text.escape_debug())
    };
    if let Ok(end) = text.parse::<Timestamp>() {
        return Ok(end);
    }
    if let Ok(zoned) = text.parse::<Zoned>() {
        return Ok(zoned.timestamp());
    }
    let (civil, zone) = match text.rsplit_once(' ') {
        Some((civil, zone)) if zone.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            let unknown =
                || format!("\"{}\" is no time zone; write one such as UTC or Europe/Berlin", zone.escape_debug());
            (civil, TimeZone::get(zone).map_err(|_| unknown())?)
        }
        _ => (text, TimeZone::system()),
    };
    let civil: DateTime = civil.trim().parse().map_err(|_| wrong())?;
    Ok(civil.to_zoned(zone).map_err(|_| wrong())?.timestamp())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    fn end(lease: Option<&str>, expiry: Option<&str>) -> Result<String, String> {
        let options = LeaseOptions { lease: lease.map(str::to_owned), expiry: expiry.map(str::to_owned) };
        let end = options.meant().and_then(|lease| lease.end(now(), SignedDuration::from_hours(24 * 30)));
        end.map(|end| end.to_string()).map_err(|diagnostic| diagnostic.message)
    }

    #[test]
    fn leases_end_where_they_say() {
        assert_eq!(end(None, None).unwrap(), "2026-11-20T12:50:00Z");
        assert_eq!(end(Some("6h"), None).unwrap(), "2026-11-20T18:00:00Z");
        assert_eq!(end(None, Some("2026-12-01T17:00Z")).unwrap(), "2026-12-01T17:00:00Z");
        assert_eq!(end(None, Some("2026-12-01 17:00+02:00")).unwrap(), "2026-12-01T15:00:00Z");
        assert_eq!(end(None, Some("2026-12-01 17:00 Europe/Berlin")).unwrap(), "2026-12-01T16:00:00Z");
        assert_eq!(end(None, Some("2026-12-01T17:00[America/New_York]")).unwrap(), "2026-12-01T22:00:00Z");
        assert_eq!(end(None, Some("2026-12-01 17:00 UTC")).unwrap(), "2026-12-01T17:00:00Z");
    }

    #[test]
    fn what_is_no_lease_is_told_with_its_option() {
        for (lease, expiry, why) in [
            (Some("tomorrow"), None, "--lease: \"tomorrow\" is no length"),
            (Some("2026-12-01T17:00Z"), None, "is no length"),
            (Some("1m"), None, "--lease: the lease leaves 60 s"),
            (None, Some("2026-12-21T17:00Z"), "--expiry: 2026-12-21"),
            (None, Some("soon"), "--expiry: \"soon\" is no time"),
            (None, Some("6h"), "is no time"),
            (None, Some("2026-13-01 17:00"), "is no time"),
            (None, Some("2026-11-20 11:59 UTC"), "is in the past"),
            (None, Some("2026-12-01 17:00 Middle/Earth"), "\"Middle/Earth\" is no time zone"),
        ] {
            let error = end(lease, expiry).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
