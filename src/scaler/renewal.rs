//! The renewal of workers' leases.

use jiff::Timestamp;

use super::cloud_calls::renew;
use super::fleet::Fleet;
use super::fleet_event::FleetEvent;
use super::fleet_scaler::Scaler;
use super::lease::RETRY;
use super::scaler_error::ScalerError;
use crate::elastic::engine::Note;
use crate::provider::CloudError;

impl Scaler {
    /// Renews the leases that are due. A failure is told, and tried again soon.
    pub(super) async fn renew_leases(&mut self, notes: &mut Vec<Note>) -> Result<(), ScalerError> {
        match self.renew_due(&self.fleet, self.last_renewal_failure).await {
            Ok(renewed) => self.record_events(renewed.into_iter().collect()).await,
            Err(error) => {
                self.last_renewal_failure = Some(self.clock.now());
                notes.push(Note::Remark { text: format!("leases were not renewed: {error}") });
                Ok(())
            }
        }
    }

    /// Renews the leases that are due in a fleet, unless that `failed` a short time ago. Returns the line of those that
    /// are renewed, which is not recorded.
    pub(super) async fn renew_due(
        &self,
        fleet: &Fleet,
        failed: Option<Timestamp>,
    ) -> Result<Option<FleetEvent>, CloudError> {
        let now = self.clock.now();
        let machines = self.leases.renewable(fleet, now);
        if machines.is_empty() || failed.is_some_and(|failed| now.duration_since(failed) < RETRY) {
            return Ok(None);
        }
        let until = self.leases.end(now);
        let machines = renew(&self.cloud, &machines, until).await?;
        Ok((!machines.is_empty()).then_some(FleetEvent::Renewed { machines, until }))
    }
}
