//! Instances of a fleet of the same name that the state file does not know.

use jiff::{SignedDuration, Timestamp};

use super::fleet_scaler::Scaler;
use super::orphans::fleet_of;
use crate::diagnostics::{agreeing, counted};
use crate::elastic::engine::Note;
use crate::provider::{Instance, Selector, TAG_OWNER, TAG_STATE};

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
    /// Whether the cloud has not answered yet.
    pub(super) fn are_unknown(self) -> bool {
        self.asked.is_none()
    }
}

impl Scaler {
    /// Looks for instances of another fleet of this name: in the first pass, and from then on while there are some. A
    /// cloud that does not answer is asked by the next pass; until then nothing is launched.
    pub(super) async fn look_for_namesakes(&mut self, notes: &mut Vec<Note>) {
        let now = self.clock.now();
        let Namesakes { live, asked } = self.namesakes;
        if asked.is_none_or(|asked| live > 0 && now.duration_since(asked) >= AGAIN)
            && let Ok(shown) = self.cloud.describe(&Selector::ManagedByHoist).await
        {
            let live = shown.iter().filter(|instance| self.is_of_namesake(instance)).count() as u64;
            self.namesakes = Namesakes { live, asked: Some(now) };
        }
        if self.namesakes.live > 0 {
            notes.push(Note::Remark { text: self.namesakes.sentence() });
        }
    }

    fn is_of_namesake(&self, instance: &Instance) -> bool {
        let id = &self.fleet.id;
        let of_other = fleet_of(instance).is_some_and(|other| other.name == id.name && other.nonce != id.nonce);
        // Other users of the account may have a fleet of this name, and this state file knows an ended one that keeps
        // its workers.
        let of_owner = instance.tags.get(TAG_OWNER) == Some(&self.owner);
        let known = self.state.is_some() && instance.tags.get(TAG_STATE) == self.state.as_ref();
        of_other && of_owner && !known && !instance.state.is_gone()
    }
}

impl Namesakes {
    fn sentence(self) -> String {
        format!(
            "{} of a fleet of this name that this state file does not know; {} against the maximum: `hoist orphans` \
             shows and ends them",
            counted(self.live, "instance"),
            agreeing(self.live, "it counts", "they count")
        )
    }
}
