use jiff::{SignedDuration, Timestamp};

use crate::diagnostics::{agreeing, counted};

/// Time after which instances of another fleet of the same name are looked for again, while there are some.
const AGAIN: SignedDuration = SignedDuration::from_mins(1);

/// What is known of instances with the name of the fleet and another identity: a state file that was lost or exchanged
/// leaves such.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Namesakes {
    /// Number of them that live.
    pub(super) live: u64,
    /// When the cloud told that. None: it has not answered yet.
    asked: Option<Timestamp>,
}

impl Namesakes {
    /// Takes the cloud's answer.
    pub(super) fn told(live: u64, now: Timestamp) -> Self {
        Self { live, asked: Some(now) }
    }

    /// Whether the cloud has not answered yet.
    pub(super) fn are_unknown(self) -> bool {
        self.asked.is_none()
    }

    /// Whether the cloud is to be asked.
    pub(super) fn are_due(self, now: Timestamp) -> bool {
        self.asked.is_none_or(|asked| self.live > 0 && now.duration_since(asked) >= AGAIN)
    }

    /// Says how many there are, and what to do.
    pub(super) fn sentence(self) -> String {
        format!(
            "{} of a fleet of this name that this state file does not know; {} against the maximum: `hoist orphans` \
             shows and ends them",
            counted(self.live, "instance"),
            agreeing(self.live, "it counts", "they count")
        )
    }
}
