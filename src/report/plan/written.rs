//! Durations and leases in the notation of plans.

use std::time::Duration;

use crate::plan::Lease;

/// Formats a lease in the notation of plans.
pub(super) fn shown_lease(lease: Lease) -> String {
    match lease {
        Lease::For(length) => shown_duration(length),
        Lease::Until(end) => end.to_string(),
    }
}

/// Formats a duration: `2h30m`, `45s`.
pub(super) fn shown_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [(seconds / 3600, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
    parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count}{unit}")).collect()
}
