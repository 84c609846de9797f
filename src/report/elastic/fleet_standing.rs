//! A fleet as its records have it: what `status` and `list` show.

use jiff::Timestamp;

use super::fleet_bounds::FleetBoundsView;
use crate::diagnostics::{agreeing, counted};
use crate::elastic::engine::Money;
use crate::elastic::fleet::FleetFile;
use crate::report::time::{age, duration, lease, local};
use crate::scaler::{Fleet, FleetDue, FleetPhase, PassRecord, WorkerPhase};

/// A fleet with what its state file says about it.
#[derive(Clone, Debug)]
pub struct FleetStanding {
    /// Its record.
    pub record: Fleet,
    /// Its file as it was last taken in. None: it cannot be read any more.
    pub file: Option<FleetFile>,
    /// Time of the last record.
    pub updated_at: Timestamp,
    /// The process that runs its scaler.
    pub run_by: Option<String>,
    /// The last pass.
    pub last_pass: Option<PassRecord>,
    /// What its machines have cost. None: unknown.
    pub spent: Option<Money>,
    /// What its scaler has to do next. None: not reckoned, or its file cannot be read any more.
    pub due: Option<FleetDue>,
}

/// Time without a pass after which a running scaler is called silent.
const SILENT: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

impl FleetStanding {
    /// Returns the word for where it stands: its phase, or `paused`.
    pub fn state(&self) -> &'static str {
        match self.record.phase {
            FleetPhase::Running if self.record.overrides.paused => "paused",
            FleetPhase::Running => "running",
            FleetPhase::Stopping => "stopping",
            FleetPhase::Ended => "ended",
        }
    }

    /// Returns the limits of the number of workers at `now`.
    pub fn bounds(&self, now: Timestamp) -> Option<FleetBoundsView> {
        Some(FleetBoundsView::of(self.file.as_ref()?, &self.record.overrides, now))
    }

    /// Returns the number of workers in a phase.
    pub fn workers(&self, phase: WorkerPhase) -> usize {
        self.record.workers.values().filter(|worker| worker.phase == phase).count()
    }

    /// Returns the engine's name: what was set, else that of the file.
    pub fn engine(&self) -> Option<&str> {
        let of_file = self.file.as_ref().map(|file| file.engine.name());
        self.record.overrides.engine.as_deref().or(of_file)
    }

    /// Returns the cloud's provider and region.
    pub(super) fn place(&self) -> String {
        let cloud = &self.record.cloud;
        let region = cloud.region.as_ref().map(|region| format!(" {region}")).unwrap_or_default();
        format!("{}{region}", cloud.provider)
    }

    /// Returns what a person should know and may have to do, a sentence each.
    pub fn warnings(&self, now: Timestamp) -> Vec<String> {
        let name = &self.record.id.name;
        let mut warnings = Vec::new();
        match (self.record.phase, &self.run_by) {
            (FleetPhase::Ended, _) => return warnings,
            (FleetPhase::Running, None) => {
                let command = format!("`hoist elastic run --config {}`", self.record.path.display());
                warnings.push(format!("no scaler runs this fleet{}; {command} goes on", self.leases_end(now)));
            }
            (FleetPhase::Stopping, None) => warnings.push(format!(
                "it is to end, and no scaler works on it{}; `hoist elastic stop {name}` goes on",
                self.leases_end(now)
            )),
            (_, Some(_)) => {
                if let Some(last) = self.last_pass.as_ref().map(|pass| pass.until.unwrap_or(pass.at))
                    && now.duration_since(last) > SILENT
                {
                    let ago = duration(age(last, now));
                    warnings.push(format!("its scaler runs, but its last pass was {ago} ago; its log tells why"));
                }
            }
        }
        if self.state() == "paused" {
            warnings.push(format!(
                "it is paused: nothing is launched, drained or ended, and leases are renewed; `hoist elastic set \
                 {name} --resume` goes on"
            ));
        }
        if self.file.is_none() {
            let path = self.record.path.display();
            warnings.push(format!("its file, as it was last taken in from {path}, cannot be read by this version"));
        }
        warnings
    }

    /// Returns the end of the lease of a worker that ends by `expires_at`: the guest stops accepting work then, and
    /// ends when its jobs have, at most a grace later.
    fn lease_end(&self, expires_at: Timestamp) -> Timestamp {
        let grace = self.file.as_ref().map_or(std::time::Duration::ZERO, |file| file.lease.grace);
        expires_at.checked_sub(grace).unwrap_or(expires_at)
    }

    /// Says how long a worker accepts work without a renewal, and when it ends at the latest.
    pub(super) fn lease_left(&self, expires_at: Timestamp, now: Timestamp) -> String {
        let stops = self.lease_end(expires_at);
        let until = |end: Timestamp| lease(age(now, end));
        if expires_at <= now {
            "over".to_owned()
        } else if stops <= now {
            format!("over, ends in {} at the latest", until(expires_at))
        } else if stops == expires_at {
            until(stops)
        } else {
            format!("{}, at the latest {}", until(stops), until(expires_at))
        }
    }

    /// Says when workers end by themselves without a scaler.
    fn leases_end(&self, now: Timestamp) -> String {
        let living = self.record.workers.values().filter(|worker| worker.phase != WorkerPhase::Gone);
        let (number, first) = living.fold((0_usize, None::<Timestamp>), |(number, first), worker| {
            (number + 1, Some(first.map_or(worker.expires_at, |first| first.min(worker.expires_at))))
        });
        let Some(first) = first else { return String::new() };
        let workers = counted(number, "worker");
        let (accept, leases) = (agreeing(number, "accepts", "accept"), agreeing(number, "the lease", "leases"));
        let (end, have) = (agreeing(number, "ends", "end"), agreeing(number, "has", "have"));
        let stops = self.lease_end(first);
        if first <= now {
            format!(": {leases} of {workers} {have} ended")
        } else if stops <= now {
            format!(": {workers} {accept} no more work and {end} in {} at the latest", lease(age(now, first)))
        } else {
            format!(
                ": {leases} {end} in {} ({}); from then on {workers} {accept} no more work, and {end} in {} at the latest",
                lease(age(now, stops)),
                local(stops),
                lease(age(now, first))
            )
        }
    }
}
