//! When a fleet's scaler has something to do next.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;

use super::decider::{Decider, PERIOD};
use super::fleet::{Fleet, FleetPhase};
use super::fleet_scaler::{Scaler, make};
use super::kind_spec::KindSpecs;
use super::last_pass::LastPass;
use super::lease::{Leases, RETRY};
use super::scaler_error::EngineError;
use super::worker::WorkerPhase;
use crate::elastic::engine::{DrainOwner, MachineId, Memory};
use crate::elastic::fleet::FleetFile;

/// Minutes for which a change of limits is looked for: a week, and a day more for clocks that are put forward or back.
const LOOKED_AHEAD: i64 = 8 * 24 * 60;

/// The times at which a fleet's scaler has something to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FleetDue {
    /// The next pass.
    pub pass: Timestamp,
    /// The next renewal of leases, which a pass makes. None: there is no worker, or the cloud renews no leases.
    pub renewal: Option<Timestamp>,
}

/// What the next pass depends on.
struct Due<'a> {
    fleet: &'a Fleet,
    file: &'a FleetFile,
    decider: &'a Decider,
    memory: &'a Memory,
    leases: Leases,
    /// Workers that have jobs.
    busy: &'a BTreeSet<MachineId>,
    last: LastPass,
    /// Time of a renewal of leases that has failed.
    failed_renewal: Option<Timestamp>,
    /// Whether the engine has not been told what came of an earlier process's last step.
    unsettled: bool,
}

impl Due<'_> {
    /// Returns the time of the next pass: by the engine, a lease, or a schedule.
    fn pass(&self) -> Timestamp {
        let (begun, ended) = (self.last.begun.as_second(), self.last.ended.as_second());
        let period = ended.saturating_add(PERIOD);
        let mut due = match self.fleet.overrides.paused {
            // The engine is not asked, and its clocks stand still.
            true => period,
            false => self.decider.next_due(self.memory, begun, ended),
        };
        if self.has_begun() || self.unsettled || self.fleet.phase == FleetPhase::Stopping {
            due = due.min(period);
        }
        let mut due = Timestamp::from_second(due).unwrap_or(self.last.ended);
        if let Some(renewal) = self.leases.next(self.fleet, self.busy) {
            let failed = self.failed_renewal.and_then(|failed| failed.checked_add(RETRY).ok());
            due = due.min(failed.map_or(renewal, |retry| retry.max(renewal)));
        }
        schedule_change(self.file, self.last.ended, due).unwrap_or(due)
    }

    /// Whether launches, drains or ends are under way that the engine does not follow itself.
    fn has_begun(&self) -> bool {
        let ends = |phase: WorkerPhase| matches!(phase, WorkerPhase::Ending | WorkerPhase::Terminating);
        let own_drain = |by: Option<DrainOwner>| !self.decider.ends_drained() || by == Some(DrainOwner::Person);
        let mut workers = self.fleet.workers.values();
        !self.fleet.launching.is_empty()
            || workers.any(|worker| {
                let drains = worker.phase == WorkerPhase::Draining && own_drain(worker.drained_by);
                ends(worker.phase) || drains || worker.resuming && worker.phase.is_live()
            })
    }
}

impl Scaler {
    /// Returns the time at which the next pass is due: by the engine, a lease, or a schedule.
    pub fn next_due(&self) -> Timestamp {
        let Some(last) = self.last_pass else { return self.started };
        if self.is_over() {
            return Timestamp::MAX;
        }
        let (failed_renewal, unsettled) = (self.last_renewal_failure, self.unsettled);
        let (fleet, file, decider, memory) = (&self.fleet, &self.file, &self.decider, &self.memory);
        let (leases, busy) = (self.leases, &self.busy);
        Due { fleet, file, decider, memory, leases, busy, last, failed_renewal, unsettled }.pass()
    }
}

/// Reckons when the scaler of a fleet has something to do next, by the fleet's records: its file, the memory of its
/// engine, and the time of its last pass.
///
/// # Errors
/// The settings make no engine.
pub fn fleet_due(
    fleet: &Fleet,
    file: &FleetFile,
    memory: Option<&Memory>,
    last: Timestamp,
) -> Result<FleetDue, EngineError> {
    // Clouds that only speak EC2's language renew no leases.
    let has_pool = file.queue.as_ref().is_some_and(|queue| queue.kind.has_pool());
    let leases = Leases::new(&file.lease, !fleet.cloud.compatible, !has_pool);
    let (_, decider) = make(file, &KindSpecs::new(), leases, &fleet.overrides, last)?;
    let fresh = || {
        let own: Vec<MachineId> = fleet.present().map(|worker| worker.id.clone()).collect();
        Cow::Owned(decider.start(last.as_second(), &own))
    };
    let memory = memory.filter(|memory| decider.owns(memory)).map_or_else(fresh, Cow::Borrowed);
    let memory = memory.as_ref();
    let (decider, unknown) = (&decider, BTreeSet::new());
    let (busy, failed_renewal, unsettled) = (&unknown, None, false);
    let due = Due { fleet, file, decider, memory, leases, busy, last: LastPass::at(last), failed_renewal, unsettled };
    Ok(FleetDue { pass: due.pass(), renewal: leases.next(fleet, &unknown) })
}

/// Returns the first minute after `last` and before `due` from which a schedule brings other limits.
pub fn schedule_change(file: &FleetFile, last: Timestamp, due: Timestamp) -> Option<Timestamp> {
    if file.schedules.is_empty() {
        return None;
    }
    let now = file.bounds(last);
    let first = last.as_second().div_euclid(60) + 1;
    let minutes = (first..first + LOOKED_AHEAD).map_while(|minute| Timestamp::from_second(minute * 60).ok());
    minutes.take_while(|minute| *minute < due).find(|minute| {
        let then = file.bounds(*minute);
        (then.min, then.max) != (now.min, now.max)
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::scaler::{FleetId, Worker};

    const FILE: &str = "[workers]\nmax = 4\n[queue]\nkind = \"htcondor\"\n[cloud]\nprovider = \"local\"\n[machine]\n\
                        [lease]\nlength = \"20m\"\ngrace = \"10m\"\n\
                        [[schedule]]\nwhen = \"mon-fri 08:00-18:00 UTC\"\nmin = 2\n";

    fn at(text: &str) -> Timestamp {
        format!("2026-12-{text}Z").parse().unwrap()
    }

    fn fleet() -> Fleet {
        let id = FleetId { name: "crunch".parse().unwrap(), nonce: "0123456789ab".to_owned() };
        let mut fleet = Fleet::new(id, at("01T07:00:00"));
        let worker = serde_json::json!({"id": "i-1", "name": "crunch-1", "kind": "machine", "token": "t",
            "phase": "serving", "launched_at": at("01T07:30:00"), "phase_since": at("01T07:30:00"),
            "expires_at": at("01T08:00:00")});
        let worker: Worker = serde_json::from_value(worker).unwrap();
        fleet.workers.insert(worker.id.clone(), worker);
        fleet
    }

    fn due(fleet: &Fleet, last: &str) -> FleetDue {
        let file = FleetFile::parse(FILE, Path::new("/e.toml")).unwrap();
        let engine = serde_json::json!({"engine": "classad", "last_pass": at(last).as_second()});
        let memory: Memory = serde_json::from_value(engine).unwrap();
        fleet_due(fleet, &file, Some(&memory), at(last)).unwrap()
    }

    /// The file with the engine elastiq.
    fn elastiq() -> FleetFile {
        let text = FILE.replace("[lease]", "[engine]\nname = \"elastiq\"\n[lease]");
        FleetFile::parse(&text, Path::new("/e.toml")).unwrap()
    }

    /// The memory of elastiq with these timers: a task, and when it is due.
    fn with_timers(timers: &[(&str, &str)]) -> Memory {
        let mut memory = serde_json::to_value(Memory::Elastiq(Box::default())).unwrap();
        let timer =
            |(task, due): &(&str, &str)| serde_json::json!({"due": at(due).as_second(), "task": {"task": task}});
        memory["timers"] = timers.iter().map(timer).collect();
        serde_json::from_value(memory).unwrap()
    }

    #[test]
    fn a_pass_is_due_by_the_engine_a_lease_or_a_schedule() {
        let mut fleet = fleet();
        // The lease ends at 07:50, the grace at 08:00: it is renewed ten minutes before its end.
        assert_eq!(due(&fleet, "01T07:31:00"), FleetDue { pass: at("01T07:31:15"), renewal: Some(at("01T07:40:00")) });
        assert_eq!(due(&fleet, "01T07:39:50").pass, at("01T07:40:00"));
        fleet.cloud.compatible = true;
        assert_eq!(due(&fleet, "01T07:39:50"), FleetDue { pass: at("01T07:40:05"), renewal: None });
        assert_eq!(due(&fleet, "01T07:59:50").pass, at("01T08:00:00"));
    }

    #[test]
    fn a_clock_that_waits_for_a_source_keeps_no_other_from_its_time() {
        let fleet = fleet();
        let file = elastiq();
        let due = |timers: &[(&str, &str)]| {
            fleet_due(&fleet, &file, Some(&with_timers(timers)), at("01T07:31:00")).unwrap().pass
        };
        // The pool did not answer, and is asked again a period later at the latest.
        let pool = ("machines", "01T07:31:00");
        assert_eq!(due(&[pool, ("queue", "01T07:31:07"), ("errors", "01T07:31:12")]), at("01T07:31:07"));
        assert_eq!(due(&[pool, ("queue", "01T07:32:00")]), at("01T07:31:15"));
        assert_eq!(due(&[("machines", "01T07:31:40"), ("queue", "01T07:32:00")]), at("01T07:31:40"));
    }

    #[test]
    fn a_slow_pass_puts_off_nothing_that_came_due_meanwhile() {
        let file = elastiq();
        let leases = Leases::new(&file.lease, true, false);
        let (_, decider) = make(&file, &KindSpecs::new(), leases, &fleet().overrides, at("01T07:31:00")).unwrap();
        let due = |timer: &str| {
            let memory = with_timers(&[("queue", timer)]);
            let (begun, ended) = (at("01T07:31:00"), at("01T07:31:04"));
            let next = decider.next_due(&memory, begun.as_second(), ended.as_second());
            Timestamp::from_second(next).unwrap()
        };
        assert_eq!(due("01T07:31:02"), at("01T07:31:05"));
        assert_eq!(due("01T07:31:09"), at("01T07:31:09"));
        // It was due when the pass began, and waits for its source.
        assert_eq!(due("01T07:31:00"), at("01T07:31:19"));
    }

    #[test]
    fn a_paused_fleet_is_looked_at_once_a_period() {
        let mut fleet = fleet();
        fleet.overrides.paused = true;
        let file = FleetFile::parse(FILE, Path::new("/e.toml")).unwrap();
        let engine = serde_json::json!({"engine": "classad", "last_pass": at("01T07:00:00").as_second()});
        let memory: Memory = serde_json::from_value(engine).unwrap();
        let due = fleet_due(&fleet, &file, Some(&memory), at("01T07:31:00")).unwrap();
        assert_eq!(due.pass, at("01T07:31:15"));
    }

    #[test]
    fn a_schedule_changes_limits_within_a_week() {
        let file = FleetFile::parse(FILE, Path::new("/e.toml")).unwrap();
        let change = |last: &str| schedule_change(&file, at(last), Timestamp::MAX);
        assert_eq!(change("01T09:30:20"), Some(at("01T18:00:00")));
        // A Friday evening, and the Monday after.
        assert_eq!(change("04T18:00:00"), Some(at("07T08:00:00")));
        assert_eq!(schedule_change(&file, at("04T18:00:00"), at("07T08:00:00")), None);
    }
}
