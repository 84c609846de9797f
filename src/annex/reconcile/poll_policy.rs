//! How often a cloud is looked at.

use std::time::Duration;

/// How often a cloud is looked at, and for how long in vain.
#[derive(Clone, Copy, Debug)]
pub struct PollPolicy {
    /// The first pause between two looks.
    pub first: Duration,
    /// The longest one.
    pub longest: Duration,
    /// How long a change of the whole may take.
    pub patience: Duration,
    /// How long a call that fails for a reason that passes is repeated.
    pub insist: Duration,
    /// For how long what was made may not be visible yet, and what was changed be shown as it was.
    pub grace: Duration,
}

impl PollPolicy {
    /// For a cloud on this machine, which answers at once, shows what there is, and bills nobody for asking.
    pub fn near() -> Self {
        let (first, longest) = (Duration::from_millis(50), Duration::from_secs(1));
        Self { first, longest, grace: Duration::ZERO, ..Self::default() }
    }
}

impl Default for PollPolicy {
    /// Stacks of this size take from one to ten minutes; CloudFormation throttles whoever asks more than every few
    /// seconds, and shows a new stack after less than one.
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
