//! The renewal of workers' leases.

use jiff::Timestamp;

use super::cloud_calls::renew;
use super::fleet::{Fleet, FleetPhase};
use super::fleet_event::FleetEvent;
use super::fleet_scaler::Scaler;
use super::lease::RETRY;
use super::pool_view::{PoolView, Told};
use super::scaler_error::ScalerError;
use super::worker::{Worker, WorkerPhase};
use crate::elastic::engine::{DrainOwner, Note};
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
        for (machines, until) in self.leases.renewable(fleet, &self.busy_draining, now) {
            let machines = renew(&self.cloud, &machines, until).await?;
            renewed.extend((!machines.is_empty()).then_some(FleetEvent::Renewed { machines, until }));
        }
        Ok(renewed)
    }

    /// Takes in which draining workers have jobs, by a reading: they accept no more work and live until these are done.
    pub(super) fn hold_busy(&mut self, view: &PoolView) {
        let stopping = self.fleet.phase == FleetPhase::Stopping;
        let held = |worker: &&Worker| match view.told(&worker.id) {
            Told::Claims(claims) => claims > 0,
            // A person must not wait for a source that never answers again.
            Told::Silent(_) => {
                let by_person = stopping || worker.drained_by == Some(DrainOwner::Person);
                !by_person && self.busy_draining.contains(&worker.id)
            }
            Told::Absent | Told::Quiet | Told::Nothing => false,
        };
        let draining = self.fleet.workers.values().filter(|worker| worker.phase == WorkerPhase::Draining);
        self.busy_draining = draining.filter(held).map(|worker| worker.id.clone()).collect();
    }
}
