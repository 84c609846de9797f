//! How long an annex is to live, as it is meant.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::annex::LONGEST_LEASE_DAYS;
use crate::diagnostics::Diagnostic;
use crate::plan::Lease;
use crate::report::time::{age, duration, local};

/// Unless the user says another: what condor_annex grants.
const DEFAULT: Duration = Duration::from_secs(50 * 60);

/// How long an annex is to live, and the option that says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnnexLease {
    /// The lease.
    pub(crate) lease: Lease,
    /// The option that messages name.
    pub(crate) option: &'static str,
}

impl Default for AnnexLease {
    fn default() -> Self {
        Self { lease: Lease::For(DEFAULT), option: "--lease" }
    }
}

impl AnnexLease {
    /// The end that was named, where it was an end and no length.
    pub(crate) fn named_end(self) -> Option<Timestamp> {
        match self.lease {
            Lease::Until(end) => Some(end),
            Lease::For(_) => None,
        }
    }

    /// When an annex ends that begins at `now`, to the second, at most `longest` later.
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

/// The longest that a lease may be.
pub(crate) fn longest_lease() -> SignedDuration {
    SignedDuration::from_hours(24 * i64::from(LONGEST_LEASE_DAYS))
}

/// Now, to the second, so that a length of 6 h is one of 6 h.
pub(crate) fn now() -> Timestamp {
    whole(Timestamp::now())
}

/// To the second, as clouds have it.
fn whole(end: Timestamp) -> Timestamp {
    Timestamp::from_second(end.as_second()).unwrap_or(end)
}
