//! Instances of a fleet of the same name that the state file does not know.

use super::fleet_scaler::Scaler;
use super::namesakes::Namesakes;
use super::orphans::fleet_of;
use crate::elastic::engine::Note;
use crate::provider::{Instance, Selector, TAG_OWNER, TAG_STATE};

impl Scaler {
    /// Looks for instances of another fleet of this name: in the first pass, and from then on while there are some. A
    /// cloud that does not answer is asked by the next pass; until then nothing is launched.
    pub(super) async fn look_for_namesakes(&mut self, notes: &mut Vec<Note>) {
        let now = self.clock.now();
        if self.namesakes.are_due(now)
            && let Ok(shown) = self.cloud.describe(&Selector::ManagedByHoist).await
        {
            let live = shown.iter().filter(|instance| self.is_of_namesake(instance)).count();
            self.namesakes = Namesakes::told(u64::try_from(live).unwrap_or(u64::MAX), now);
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
