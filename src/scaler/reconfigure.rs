//! New settings for a running fleet.

use super::engine_of::carry_over;
use super::fleet_batch::FleetBatch;
use super::fleet_event::FleetEvent;
use super::fleet_scaler::{Scaler, check_kinds, make};
use super::kind_spec::KindSpecs;
use super::lease::Leases;
use super::scaler_error::ScalerError;
use crate::diagnostics::{agreeing, counted};
use crate::elastic::fleet::FleetFile;

impl Scaler {
    /// Returns what follows from running the fleet by another file: limits that change, workers that are drained.
    pub fn foresee(&self, file: &FleetFile) -> Vec<String> {
        let now = self.clock.now();
        let (before, after) = (self.file.bounds(now), file.bounds(now));
        let mut follows = Vec::new();
        if (before.min, before.max) != (after.min, after.max) {
            follows.push(format!(
                "workers: from {} to {} instead of {} to {}",
                after.min, after.max, before.min, before.max
            ));
        }
        let excess = self.fleet.above(self.fleet.overrides.most(after.max));
        if excess > 0 {
            follows.push(format!("{excess} of {} will be drained", counted(self.fleet.serving(), "worker")));
        }
        if self.file.engine.name() != file.engine.name() {
            follows.push(format!("engine: {} instead of {}", file.engine.name(), self.file.engine.name()));
        }
        for (name, _) in self.file.kinds().filter(|(name, _)| file.kinds().all(|(other, _)| other != *name)) {
            let number = self.fleet.present().filter(|worker| *worker.kind == *name).count();
            let stay = agreeing(number, "stays until it is not needed", "stay until they are not needed");
            follows.push(format!("the kind {name} is no more; {} of it {stay}", counted(number, "worker")));
        }
        follows
    }

    /// Runs the fleet by another file from now on, whose text is recorded. Clocks and cool-downs stay as they are.
    /// Returns what follows from it.
    ///
    /// # Errors
    /// The file makes no engine, and the old one goes on; or nothing can be recorded.
    pub async fn reconfigure(
        &mut self,
        file: FleetFile,
        machines: KindSpecs,
        text: String,
    ) -> Result<Vec<String>, ScalerError> {
        check_kinds(&file, &machines)?;
        let now = self.clock.now();
        let leases = Leases::new(&file.lease, self.cloud.capabilities().renews, !self.has_pool());
        let (bounds, decider) = make(&file, &machines, leases, &self.fleet.overrides, now)?;
        let mut memory = self.memory.clone();
        if decider.owns(&memory) {
            carry_over(&self.file, &file, &mut memory)?;
        } else {
            let own: Vec<_> = self.fleet.present().map(|worker| worker.id.clone()).collect();
            memory = decider.start(now.as_second(), &own);
        }
        let follows = self.foresee(&file);
        let line = FleetEvent::Configured {
            path: self.fleet.path.clone(),
            text,
            cloud: Box::new(self.fleet.cloud.clone()),
            parent: self.fleet.parent.clone(),
            parent_service: self.fleet.parent_service.clone(),
        };
        let batch = FleetBatch::events(now, vec![line]);
        self.record(FleetBatch { memory: Some(self.remembered(&memory)), ..batch }).await?;
        (self.file, self.machines, self.leases) = (file, machines, leases);
        (self.bounds, self.decider, self.memory) = (bounds, decider, memory);
        Ok(follows)
    }
}
