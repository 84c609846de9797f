//! Polling intervals and limits.

use std::time::Duration;

/// Intervals and time limits of polling a cloud.
#[derive(Clone, Copy, Debug)]
pub struct PollPolicy {
    /// The first pause between two looks.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// The time limit of a change of the annex.
    pub patience: Duration,
    /// How long a call that fails with a transient error is repeated.
    pub insist: Duration,
    /// How long a new resource may stay invisible, and a changed one be shown as it was.
    pub grace: Duration,
}

impl PollPolicy {
    /// The policy for the local cloud, which answers at once, is always consistent, and has no price per call.
    pub fn near() -> Self {
        let (first, longest) = (Duration::from_millis(50), Duration::from_secs(1));
        Self { first, longest, grace: Duration::ZERO, ..Self::default() }
    }
}

impl Default for PollPolicy {
    /// Stacks of this size take one to ten minutes; CloudFormation throttles requests that are less than a few seconds
    /// apart, and shows a new stack within a second.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(2),
            longest: Duration::from_secs(15),
            patience: Duration::from_secs(45 * 60),
            insist: Duration::from_secs(300),
            grace: Duration::from_secs(60),
        }
    }
}
