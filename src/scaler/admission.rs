use std::collections::BTreeSet;

use super::fleet::{Fleet, FleetPhase};
use super::fleet_batch::FleetBatch;
use super::fleet_event::FleetEvent;
use crate::diagnostics::counted;

/// Why a batch may not be recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// Its launches would bring the fleet above its maximum.
    #[error("{} would make {after}, above the maximum of {maximum}", counted(*asked, "more machine"))]
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
        let after = if batch.events.iter().all(|event| event.asked() > 0) {
            self.check_launches(&batch.events)?;
            self.live() + asked
        } else {
            // Other lines may end machines, or the fleet, before or after a launch.
            let mut fleet = self.clone();
            for event in &batch.events {
                fleet.check_launches(std::slice::from_ref(event))?;
                fleet.apply(batch.at, event);
            }
            fleet.live()
        };
        match batch.maximum {
            Some(maximum) if after > maximum as usize => Err(NotAdmitted::AboveMaximum { asked, after, maximum }),
            _ => Ok(()),
        }
    }

    /// Fails if one of the launches may not follow, by the fleet's phase or by its token.
    fn check_launches(&self, events: &[FleetEvent]) -> Result<(), NotAdmitted> {
        let mut tokens = BTreeSet::new();
        for event in events {
            let FleetEvent::LaunchIntended { intent } = event else { continue };
            let token = &intent.token;
            if self.phase != FleetPhase::Running {
                return Err(NotAdmitted::Stopping);
            }
            if self.launching.contains_key(token) || self.launched.contains_key(token) || !tokens.insert(token) {
                return Err(NotAdmitted::TokenTaken { token: token.clone() });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
