//! A fleet as its records have it: what `status` and `list` show.

use jiff::Timestamp;

use super::fleet_bounds::FleetBoundsView;
use super::sentences::{FleetPlace, Obstacle, pass_obstacle};
use crate::diagnostics::{agreeing, counted};
use crate::elastic::engine::Money;
use crate::elastic::fleet::FleetFile;
use crate::report::time::{age, duration, lease, local};
use crate::scaler::{Fleet, FleetDue, FleetPhase, PassRecord, Worker, WorkerPhase};

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
    /// Since when that runs it. None: nobody does.
    pub run_since: Option<Timestamp>,
    /// The last pass.
    pub last_pass: Option<PassRecord>,
    /// Passes before it that tell what later ones did not ask, newest first, each with that alone.
    pub earlier: Vec<PassRecord>,
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

    /// Whether a worker has ended by its lease, as far as is recorded. No scaler has looked whether it is gone.
    pub(super) fn is_gone_by_lease(&self, worker: &Worker, now: Timestamp) -> bool {
        self.run_by.is_none() && worker.phase != WorkerPhase::Gone && worker.expires_at <= now
    }

    /// Returns the workers that have ended by their leases.
    pub(super) fn gone_by_lease(&self, now: Timestamp) -> impl Iterator<Item = &Worker> {
        self.record.present().filter(move |worker| self.is_gone_by_lease(worker, now))
    }

    /// Returns the number of machines that count against the maximum, without those that have ended by their leases.
    pub(super) fn live(&self, now: Timestamp) -> usize {
        self.record.live() - self.gone_by_lease(now).filter(|worker| worker.phase.is_live()).count()
    }

    /// Says how many workers have ended by their leases, since when, and what looks it up: `3 workers, gone by their
    /// leases since …`. None: none has.
    pub(super) fn lease_ends(&self, now: Timestamp) -> Option<String> {
        let last = self.gone_by_lease(now).map(|worker| worker.expires_at).max()?;
        let count = self.gone_by_lease(now).count();
        let leases = agreeing(count, "its lease", "their leases");
        Some(format!("{}, gone by {leases} since {}; not looked up", counted(count, "worker"), local(last)))
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

    /// Returns the last pass, and earlier ones with what they alone tell.
    pub(super) fn last_passes(&self) -> impl Iterator<Item = &PassRecord> {
        self.last_pass.iter().chain(&self.earlier)
    }

    /// Says how long ago a pass was made that is not the last: ` (12 s ago)`.
    pub(super) fn ago(&self, pass: &PassRecord, now: Timestamp) -> String {
        match self.last_pass.as_ref().is_some_and(|last| last.number == pass.number) {
            true => String::new(),
            false => format!(" ({} ago)", duration(age(pass.end(), now))),
        }
    }

    /// Returns what keeps the fleet from more and weighs most, with the newest of these passes that tells it. None:
    /// nothing does, or it has ended.
    pub(super) fn last_obstacle(&self, place: &FleetPlace<'_>) -> Option<(&PassRecord, Obstacle)> {
        if self.record.phase == FleetPhase::Ended {
            return None;
        }
        let told = self.last_passes().filter_map(|pass| Some((pass, pass_obstacle(pass, place)?)));
        told.min_by_key(|(_, obstacle)| obstacle.rank)
    }

    /// Whether a source did not answer, or not lately, when it was last asked.
    pub fn has_silent_source(&self) -> bool {
        self.last_passes().any(|pass| !pass.seen.failed.is_empty() || !pass.seen.stale.is_empty())
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
            format!("over since {}", local(expires_at))
        } else if stops <= now {
            format!("over, ends in {} at the latest", until(expires_at))
        } else if until(stops) == until(expires_at) {
            until(expires_at)
        } else {
            format!("{}, at the latest {}", until(stops), until(expires_at))
        }
    }

    /// Says when workers end by themselves without a scaler.
    fn leases_end(&self, now: Timestamp) -> String {
        let living = self.record.present().filter(|worker| !self.is_gone_by_lease(worker, now));
        let (number, first) = living.fold((0_usize, None::<Timestamp>), |(number, first), worker| {
            (number + 1, Some(first.map_or(worker.expires_at, |first| first.min(worker.expires_at))))
        });
        let Some(first) = first else { return String::new() };
        let workers = counted(number, "worker");
        let (accept, leases) = (agreeing(number, "accepts", "accept"), agreeing(number, "the lease", "leases"));
        let end = agreeing(number, "ends", "end");
        let stops = self.lease_end(first);
        if stops <= now {
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

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::elastic::engine::{Limit, Note};
    use crate::report::Style;
    use crate::report::elastic::{FleetStatusDocument, FleetsDocument, fleet_human, fleets_human};
    use crate::scaler::{FleetId, Seen};

    const FILE: &str = "[workers]\nmax = 4\n[queue]\nkind = \"htcondor\"\n[cloud]\nprovider = \"local\"\n[machine]\n\
                        price = 1\n[engine]\nname = \"elastiq\"\n";

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    /// A fleet with workers whose leases end at these times, of 1 an hour each.
    fn standing(ends: &[i64]) -> FleetStanding {
        let id = FleetId { name: "crunch".parse().unwrap(), nonce: "0123456789ab".to_owned() };
        let mut record = Fleet::new(id, at(0));
        (record.path, record.text) = ("/e.toml".into(), FILE.to_owned());
        for (number, end) in ends.iter().enumerate() {
            let worker = serde_json::json!({"id": format!("i-{number}"), "name": format!("crunch-{number}"),
                "kind": "machine", "token": "t", "phase": "serving", "launched_at": at(0), "phase_since": at(0),
                "expires_at": at(*end), "price": Money::from_units(1.0).unwrap()});
            let worker: Worker = serde_json::from_value(worker).unwrap();
            record.workers.insert(worker.id.clone(), worker);
        }
        let file = FleetFile::parse(FILE, "/e.toml".as_ref()).ok();
        FleetStanding {
            record,
            file,
            updated_at: at(0),
            run_by: None,
            run_since: None,
            last_pass: None,
            earlier: Vec::new(),
            spent: None,
            due: None,
        }
    }

    #[test]
    fn workers_whose_leases_are_over_are_gone_by_them_and_not_looked_up() {
        let mut fleet = standing(&[3600, 7200, 90_000]);
        let now = at(9000);
        let style = Style::new(false);
        let text = fleet_human(&fleet, now, style);
        let told = format!("2 workers, gone by their leases since {}; not looked up", local(at(7200)));
        assert!(text.contains("workers    1 of ") && text.contains(&told), "{text}");
        assert!(text.contains("gone by lease") && text.contains("machine: 1 serving"), "{text}");
        let list = |fleet: &FleetStanding| fleets_human(std::slice::from_ref(fleet), now, style);
        assert!(list(&fleet).contains("1, 2 gone by their leases"), "{}", list(&fleet));
        let document = serde_json::to_value(FleetStatusDocument::new(&fleet, now)).unwrap();
        assert_eq!((&document["live"], &document["gone_by_lease"]), (&1.into(), &2.into()));
        assert_eq!(document["workers"][0]["gone_by_lease"], true);
        let fleets = [fleet.clone()];
        let document = serde_json::to_value(FleetsDocument::new(&fleets, now)).unwrap();
        assert_eq!((&document["fleets"][0]["live"], &document["fleets"][0]["gone_by_lease"]), (&1.into(), &2.into()));
        // An hour, two hours, and all the time until now.
        assert_eq!(fleet.record.cost(now).to_string(), Money::from_units(5.5).unwrap().to_string());
        // Its scaler knows better.
        fleet.run_by = Some("pid 7".to_owned());
        assert_eq!(fleet.live(now), 3);
        assert!(!fleet_human(&fleet, now, style).contains("not looked up"));
        // Of a fleet that left its workers behind.
        fleet.run_by = None;
        fleet.record.phase = FleetPhase::Ended;
        assert!(list(&fleet).contains("1 left to its lease, 2 gone by their leases"), "{}", list(&fleet));
    }

    #[test]
    fn what_earlier_passes_alone_tell_has_its_age() {
        let now = at(1000);
        let before = |seconds| now.checked_sub(SignedDuration::from_secs(seconds)).unwrap();
        let silent = Seen { failed: [("pool".to_owned(), "refused".to_owned())].into(), ..Seen::default() };
        let mut fleet = standing(&[90_000]);
        fleet.last_pass = Some(PassRecord {
            seen: Seen { machines: [("running".to_owned(), 1)].into(), ..Seen::default() },
            ..PassRecord::new(9, before(2), "elastiq", (0, 4))
        });
        let by = Limit::Maximum { maximum: 4, live: 4 };
        fleet.earlier = vec![
            PassRecord {
                seen: Seen { waiting: Some(9), ..Seen::default() },
                notes: vec![Note::StartLimited { reason: "queue".into(), wanted: 5, allowed: 0, by }],
                ..PassRecord::new(8, before(12), "elastiq", (0, 4))
            },
            PassRecord { seen: silent, ..PassRecord::new(7, before(40), "elastiq", (0, 4)) },
        ];
        let text = fleet_human(&fleet, now, Style::new(false));
        assert!(text.contains("saw        machines: 1 running\n             9 jobs wait (12 s ago)\n"), "{text}");
        assert!(text.contains("the maximum is 4, and 4 live (12 s ago)\n"), "{text}");
        assert!(text.contains("! the pool did not answer: refused (40 s ago)\n"), "{text}");
        assert!(fleet.has_silent_source());
        let document = serde_json::to_value(FleetStatusDocument::new(&fleet, now)).unwrap();
        let latest = &document["latest"];
        assert_eq!((&latest["queue"]["waiting"], &latest["cloud"]["machines"]["running"]), (&9.into(), &1.into()));
        assert_eq!(latest["queue"]["at"], serde_json::to_value(before(12)).unwrap());
        assert!(latest["pool"]["hosts"].is_null() && !latest["pool"]["at"].is_null(), "{latest}");
        assert!(latest["obstacle"]["remedy"].as_str().unwrap().contains("--max"), "{latest}");
    }
}
