//! The renewal of workers' leases.

use jiff::Timestamp;

use super::cloud_calls::renew;
use super::fleet::Fleet;
use super::fleet_event::FleetEvent;
use super::fleet_scaler::Scaler;
use super::lease::RETRY;
use super::pool_view::{PoolView, Told};
use super::scaler_error::ScalerError;
use crate::elastic::engine::{MachineId, Note};
use crate::provider::CloudError;

impl Scaler {
    /// Renews the leases that are due. A failure is told, and tried again soon.
    pub(super) async fn renew_leases(&mut self, notes: &mut Vec<Note>) -> Result<(), ScalerError> {
        match self.renew_due(&self.fleet, self.last_renewal_failure).await {
            Ok(renewed) => self.record_events(renewed).await,
            Err(error) => {
                self.last_renewal_failure = Some(self.clock.now());
                notes.push(Note::Remark { text: format!("leases were not renewed: {error}") });
                Ok(())
            }
        }
    }

    /// Renews the leases that are due in a fleet, unless that `failed` a short time ago. Returns the lines of those
    /// that are renewed, which are not recorded.
    pub(super) async fn renew_due(
        &self,
        fleet: &Fleet,
        failed: Option<Timestamp>,
    ) -> Result<Vec<FleetEvent>, CloudError> {
        let now = self.clock.now();
        let mut renewed = Vec::new();
        if failed.is_some_and(|failed| now.duration_since(failed) < RETRY) {
            return Ok(renewed);
        }
        for (machines, until) in self.leases.renewable(fleet, &self.busy, now) {
            let machines = renew(&self.cloud, &machines, until).await?;
            renewed.extend((!machines.is_empty()).then_some(FleetEvent::Renewed { machines, until }));
        }
        Ok(renewed)
    }

    /// Takes in which workers have jobs, by a reading: those that drain accept no more work and live until these are
    /// done. Those of which a silent source tells nothing have what they had.
    pub(super) fn hold_busy(&mut self, view: &PoolView) {
        let has_jobs = |id: &&MachineId| match view.told(id) {
            Told::Claims(claims) => claims > 0,
            Told::Silent(_) => self.busy.contains(*id),
            Told::Absent | Told::Quiet | Told::Nothing => false,
        };
        let present = self.fleet.present().map(|worker| &worker.id);
        self.busy = present.filter(has_jobs).cloned().collect();
    }
}
