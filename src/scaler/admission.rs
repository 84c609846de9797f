use super::fleet::{Fleet, FleetPhase};
use super::fleet_batch::FleetBatch;
use super::fleet_event::FleetEvent;

/// Why a batch may not be recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// Its launches would bring the fleet above its maximum.
    #[error("{asked} more machines would make {after}, above the maximum of {maximum}")]
    AboveMaximum {
        /// Number of machines that the batch asks for.
        asked: usize,
        /// Number of machines after it: those that live, and those that are being asked for.
        after: usize,
        /// The maximum.
        maximum: u32,
    },
    /// It launches machines for a fleet that is to end.
    #[error("the fleet is to end, so nothing is launched for it")]
    Stopping,
    /// It launches machines with the token of another launch.
    #[error("another launch has the token {token}")]
    TokenTaken {
        /// The token.
        token: String,
    },
    /// It has lines for a fleet that has ended.
    #[error("the fleet has ended, so nothing more is recorded of it")]
    Ended,
}

impl Fleet {
    /// Whether the batch may follow: every limit of a launch once more, right before its intent is recorded.
    ///
    /// # Errors
    /// The first limit that is in the way.
    pub fn admit(&self, batch: &FleetBatch) -> Result<(), NotAdmitted> {
        if self.phase == FleetPhase::Ended && !batch.events.is_empty() {
            return Err(NotAdmitted::Ended);
        }
        let asked: usize = batch.events.iter().map(FleetEvent::asked).sum();
        if asked == 0 {
            return Ok(());
        }
        let mut fleet = self.clone();
        for event in &batch.events {
            if let FleetEvent::LaunchIntended { intent } = event {
                if fleet.phase != FleetPhase::Running {
                    return Err(NotAdmitted::Stopping);
                }
                if fleet.launching.contains_key(&intent.token) || fleet.launched.contains_key(&intent.token) {
                    return Err(NotAdmitted::TokenTaken { token: intent.token.clone() });
                }
            }
            fleet.apply(batch.at, event);
        }
        let after = fleet.live();
        match batch.maximum {
            Some(maximum) if after > maximum as usize => Err(NotAdmitted::AboveMaximum { asked, after, maximum }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
