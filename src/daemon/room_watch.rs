use std::sync::Arc;

use tokio::sync::watch;

use super::daemon_state::DaemonState;
use super::notice::{News, Notice};
use super::orders::Orders;
use crate::provider::Clock;
use crate::scaler::Unrecorded;

/// Watches whether a fleet's journal can be written.
pub(super) struct RoomWatch {
    /// The fleet's name.
    pub(super) fleet: String,
    pub(super) clock: Clock,
    pub(super) state: Arc<DaemonState>,
    /// Why nothing can be recorded; none while it can.
    pub(super) room: watch::Receiver<Option<Unrecorded>>,
    pub(super) orders: watch::Receiver<Orders>,
}

impl RoomWatch {
    /// Tells when nothing can be recorded any more, and when it can again. Ends when the daemon is to end while nothing
    /// can be recorded: the fleet's task would wait for that.
    pub(super) async fn until_ordered_to_stop(mut self) {
        // Whether nothing can be recorded, and whether leases are not renewed either.
        let mut told = (false, false);
        loop {
            let lacking = self.room.borrow_and_update().clone();
            let now = (lacking.is_some(), lacking.as_ref().is_some_and(|lacking| lacking.leases.is_some()));
            if now != told {
                told = now;
                self.state.vitals().hindered(&self.fleet, lacking.as_ref().map(|lacking| lacking.error.as_str()));
                let what = lacking.clone().map_or(News::Recording, News::NoRecording);
                self.state.tell(&Notice { fleet: self.fleet.clone(), at: self.clock.now(), what });
            }
            if self.orders.borrow_and_update().stop && lacking.is_some() {
                return;
            }
            // Without their senders, nothing changes any more.
            let gone = tokio::select! {
                changed = self.room.changed() => changed.is_err(),
                changed = self.orders.changed() => changed.is_err(),
            };
            if gone {
                return std::future::pending().await;
            }
        }
    }
}
