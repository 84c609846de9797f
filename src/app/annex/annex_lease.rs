//! Lease requested for an annex.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::annex::LONGEST_LEASE_DAYS;
use crate::diagnostics::Diagnostic;
use crate::plan::Lease;
use crate::report::time::{age, duration, local};

/// Default lease, the same as that of condor_annex.
const DEFAULT: Duration = Duration::from_secs(50 * 60);

/// Lease of an annex and the option that set it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnnexLease {
    /// The lease.
    pub(crate) lease: Lease,
    /// Name of the option, for messages.
    pub(crate) option: &'static str,
}

impl Default for AnnexLease {
    fn default() -> Self {
        Self { lease: Lease::For(DEFAULT), option: "--lease" }
    }
}

impl AnnexLease {
    /// Returns the end of the lease if it was given as a time rather than a length.
    pub(crate) fn named_end(self) -> Option<Timestamp> {
        match self.lease {
            Lease::Until(end) => Some(end),
            Lease::For(_) => None,
        }
    }

    /// Returns the end of the lease of an annex that begins at `now`, to the second and at most `longest` later.
    ///
    /// # Errors
    /// The end is in the past, too near to be of use, or too far away.
    pub(crate) fn end(self, now: Timestamp, longest: SignedDuration) -> Result<Timestamp, Diagnostic> {
        let Self { lease, option } = self;
        let end = lease.end(now);
        if end <= now {
            let message = format!("{option}: {} is in the past, {} ago", local(end), duration(age(end, now)));
            return Err(Diagnostic::usage(message).hint("a later time, or --lease with how long from now"));
        }
        lease.check(now).map_err(|error| Diagnostic::usage(format!("{option}: {error}")))?;
        if end.duration_since(now) > longest {
            let message = format!(
                "{option}: {} is more than {} away, longer than the files of an annex are kept",
                local(end),
                duration(longest.unsigned_abs())
            );
            return Err(
                Diagnostic::usage(message).hint("a shorter lease; `hoist annex extend` makes it longer in time")
            );
        }
        Ok(whole(end))
    }
}

/// Returns the longest permitted lease.
pub(crate) fn longest_lease() -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(LONGEST_LEASE_DAYS))
}

/// Returns the current time, truncated to the second so that a lease of 6 h lasts exactly 6 h.
pub(crate) fn now() -> Timestamp {
    whole(Timestamp::now())
}

/// Truncates a time to the second, the resolution of clouds.
fn whole(end: Timestamp) -> Timestamp {
    Timestamp::from_second(end.as_second()).unwrap_or(end)
}
