//! State files of other versions: old ones load for ever, newer ones are left alone.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hoist::annex::AnnexPhase;
use hoist::engine::{
    Batch, Failure, Goal, Intent, JournalEntry, ProgramFailure, RunEvent, RunStatus, ServiceEvent, Stage, Summary,
};
use hoist::plan::ProgramKind;
use hoist::plan::{CloudConfig, Lease, Market, Plan, SecretSource, Text};
use hoist::provider::{CapacityError, ExitOutcome, Offer};
use hoist::scaler::{FleetEvent, FleetPhase, FleetRequest};
use hoist::state::{FORMAT, NewRun, Owner, PassQuery, StateFile};
use jiff::Timestamp;
use rusqlite::Connection;
use tempfile::tempdir;

use crate::state::fleet_support::{
    fleet_journal, full_batch, machines, memory, open_requests, pass, record, write_fleets,
};
use crate::state::support::{annex_journal, annex_spec, append, ended, output, plan, record_annex, summary};

/// The plan that each format froze.
fn frozen_plan(format: i64) -> Plan {
    let mut plan = plan("demo");
    if format >= 2 {
        plan.lease = Some(Lease::Until("2026-12-01T17:00:00Z".parse().unwrap()));
        plan.clouds.get_mut("sim").unwrap().compatible = true;
        let service = &mut plan.levels[0].services[0];
        service.secrets = BTreeMap::from([("password".to_owned(), SecretSource::Env("DB_PASSWORD".to_owned()))]);
        let launch = service.launch.as_mut().unwrap();
        launch.instance_types = vec![Text::from("small"), Text::from("large")];
        launch.markets = vec![Market::Spot, Market::OnDemand];
        launch.zones = vec![Text::from("a")];
        launch.lease = Some(Lease::For(Duration::from_secs(3600)));
    }
    plan
}

/// Every kind of event, as each format froze them.
fn journal(format: i64) -> Vec<JournalEntry> {
    let offer = Offer { spot: true, instance_type: Some("small".to_owned()), zone: Some("a".to_owned()), subnet: None };
    let program_failure = || ProgramFailure {
        name: "boot.sh".to_owned(),
        outcome: ExitOutcome::Signal(9),
        tail: vec!["no \"route\"".to_owned(), "to host".to_owned()],
        took: Duration::from_millis(1500),
    };
    let intent = || Intent { token: "t-1".to_owned(), slot: 0, size: 2 };
    let failure = |stage, program: Option<ProgramFailure>| Failure {
        stage,
        reason: "it broke".to_owned(),
        hint: Some("mend it".to_owned()),
        tried: Vec::new(),
        program: program.map(Box::new),
        unanswered: (stage == Stage::Launch).then(|| Box::new(intent())),
        blind: stage == Stage::Reach,
    };
    let changes = [
        ServiceEvent::LaunchIntended { intent: intent(), cloud: "sim".to_owned() },
        ServiceEvent::Failed { failure: failure(Stage::Launch, None) },
        ServiceEvent::Launched { instance_id: "i-0123456789abcdef0".to_owned() },
        ServiceEvent::Addressed { address: "10.0.0.4".to_owned(), private_address: Some("172.16.0.4".to_owned()) },
        ServiceEvent::Reachable { address: "10.0.0.4".to_owned() },
        ServiceEvent::BootStarted,
        ServiceEvent::ProgramRetried { program: ProgramKind::Boot, failure: program_failure() },
        ServiceEvent::Booted { output: BTreeMap::from([("key".to_owned(), "value".to_owned())]) },
        ServiceEvent::CheckStarted,
        ServiceEvent::Ready { degraded: Some("slow".to_owned()) },
        ServiceEvent::Recheck,
        ServiceEvent::Failed { failure: failure(Stage::Ready, Some(program_failure())) },
        ServiceEvent::Retried,
        ServiceEvent::Lost { reason: "terminated by the cloud".to_owned() },
        ServiceEvent::TerminateStarted { again: true },
        ServiceEvent::TerminateProgramEnded { failure: None },
        ServiceEvent::TerminateProgramEnded { failure: Some(failure(Stage::Terminate, Some(program_failure()))) },
        ServiceEvent::TerminateFailed { failure: failure(Stage::Terminate, None) },
        ServiceEvent::Terminated,
        ServiceEvent::Reset,
    ];
    let condemned = vec!["web".to_owned()];
    let mut events = vec![RunEvent::Goal { goal: Goal::Up { repairs: 2, by_level: true, dependents: false } }];
    events.extend(changes.map(|change| RunEvent::Service { service: "web".to_owned(), change }));
    events.push(RunEvent::Goal {
        goal: Goal::Reload { plan: Box::new(plan("new")), condemned, settled: Vec::new(), dependents: false },
    });
    events.push(RunEvent::LaunchIntended {
        token: "t-2".to_owned(),
        cloud: "sim".to_owned(),
        services: vec!["web".to_owned(), "proxy".to_owned()],
        owner: "ada@lovelace".to_owned(),
        offers: Vec::new(),
        expires_at: None,
        state: None,
    });
    events.push(RunEvent::PlanReplaced);
    events.push(RunEvent::Goal { goal: Goal::DOWN });
    if format >= 2 {
        events.push(RunEvent::LaunchIntended {
            token: "t-3".to_owned(),
            cloud: "sim".to_owned(),
            services: vec!["web".to_owned()],
            owner: "ada@lovelace".to_owned(),
            offers: vec![offer.clone()],
            expires_at: None,
            state: None,
        });
        let refusals = vec![CapacityError { offer, reason: "there is none".to_owned() }];
        events.push(RunEvent::Service { service: "web".to_owned(), change: ServiceEvent::Declined { refusals } });
        let failure = Failure { tried: vec!["one".to_owned(), "two".to_owned()], ..failure(Stage::Launch, None) };
        events.push(RunEvent::Service { service: "web".to_owned(), change: ServiceEvent::Failed { failure } });
    }
    let at = |sequence: u64| Timestamp::from_nanosecond(1_800_000_000_123_456_789 + i128::from(sequence)).unwrap();
    (1..).zip(events).map(|(sequence, event)| JournalEntry { sequence, at: at(sequence), event }).collect()
}

fn repository(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core/state").join(file)
}

/// The file of the present format is checked in. `HOIST_FREEZE=1` makes it when a format is new; a file that exists is
/// left.
#[test]
fn the_present_format_is_frozen() {
    let file = repository(&format!("v{FORMAT}.db"));
    if std::env::var_os("HOIST_FREEZE").is_some() && !file.exists() {
        freeze(&file);
    }
    assert!(file.exists(), "make {} with HOIST_FREEZE=1 and check it in", file.display());
}

fn freeze(frozen: &Path) {
    let directory = tempdir().unwrap();
    let file = &directory.path().join("hoist.db");
    let state = StateFile::open(file).unwrap();
    let owner = Owner::current();
    let (_, lock) = state.create_run(&NewRun { name: "old", plan: &frozen_plan(FORMAT) }, &owner).unwrap();
    append(&*lock.store(), ended(1)).unwrap();
    drop(lock);
    let (_, lock) = state.create_run(&NewRun { name: "webapp", plan: &frozen_plan(FORMAT) }, &owner).unwrap();
    let summary = Summary { ready: 1, failed: 2, instances: 3, ..summary(RunStatus::Terminating) };
    let outputs = vec![output("web", "one\n"), output("web", "two\n")];
    append(&*lock.store(), Batch { records: journal(FORMAT), outputs, summary }).unwrap();
    drop(lock);
    let place = CloudConfig { provider: "ec2".to_owned(), region: Some("us-east-1".to_owned()), ..Default::default() };
    for annex in ["bar", "foo"] {
        let (_, lock) = state.create_annex(&annex.parse().unwrap(), &place, &owner).unwrap();
        let lines = annex_journal();
        // One has ended, the other is on its way out.
        let count = if annex == "bar" { lines.len() } else { lines.len() - 1 };
        lines.iter().take(count).for_each(|line| record_annex(&*lock.journal(), line).unwrap());
    }
    let [_, night] = write_fleets(&state);
    let request = FleetRequest::Drain { machines: machines(&["i-3"]) };
    state.request_fleet(night.id(), &request, &owner).unwrap();
    drop(night);
    drop(state);
    // Who held the locks while it was made is nobody's business.
    Connection::open(file).unwrap().execute_batch("VACUUM").unwrap();
    fs::copy(file, frozen).unwrap();
}

/// A copy that may be opened: what is checked in may be read by everyone.
fn thawed(directory: &Path, name: &str) -> PathBuf {
    let file = directory.join("hoist.db");
    fs::copy(repository(name), &file).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    file
}

#[test]
fn every_format_loads_for_ever() {
    for format in 1..=FORMAT {
        loads(format);
    }
}

fn loads(format: i64) {
    let directory = tempdir().unwrap();
    let state = StateFile::open(&thawed(directory.path(), &format!("v{format}.db"))).unwrap();
    let runs = state.runs(true).unwrap();
    assert_eq!(runs.iter().map(|run| run.name.as_str()).collect::<Vec<_>>(), ["old", "webapp"]);
    assert_eq!((runs[0].ended_at.is_some(), runs[1].ended_at.is_some()), (true, false));
    assert_eq!(runs[1].summary, Summary { ready: 1, failed: 2, instances: 3, ..summary(RunStatus::Terminating) });
    assert_eq!(state.load(runs[1].id).unwrap(), (frozen_plan(format), journal(format)));
    assert_eq!(state.outputs(runs[1].id, Some("web")).unwrap(), [output("web", "one\n"), output("web", "two\n")]);
    let annexes = state.annexes(true).unwrap();
    if format >= 3 {
        assert_eq!(
            annexes.iter().map(|row| row.record.stage).collect::<Vec<_>>(),
            [AnnexPhase::Ended, AnnexPhase::Deleting]
        );
        let journal = state.annex_journal(&annexes[0].record.id).unwrap();
        assert_eq!(journal.into_iter().map(|(_, line)| line).collect::<Vec<_>>(), annex_journal());
        assert_eq!(annexes[1].record.spec, Some(annex_spec()));
        state.lock_annex(&annexes[1].record.id, &Owner::current()).unwrap();
    } else {
        assert_eq!(annexes, []);
    }
    let fleets = state.fleets(true).unwrap();
    if format >= 5 {
        let phases: Vec<_> = fleets.iter().map(|row| row.record.phase).collect();
        assert_eq!(phases, [FleetPhase::Ended, FleetPhase::Stopping]);
        let id = &fleets[1].record.id;
        let lines = fleet_journal().len() - 1;
        let journal = state.fleet_journal(id).unwrap();
        assert_eq!(journal.into_iter().map(|(_, line)| line).collect::<Vec<_>>(), fleet_journal()[..lines]);
        let passes = state.fleet_passes(id, &PassQuery::Newest(99)).unwrap();
        assert_eq!((passes.len(), passes.last()), (lines, Some(&pass(lines as u64, lines as u64))));
        let lock = state.lock_fleet(id, &Owner::current()).unwrap();
        assert_eq!((lock.fleet(), lock.memory()), (&fleets[1].record, Some(&memory(lines))));
        let request = FleetRequest::Drain { machines: machines(&["i-3"]) };
        assert_eq!(open_requests(&*lock.journal()).unwrap(), [(1, request)]);
        record(&*lock.journal(), &full_batch(99, vec![FleetEvent::Ended { kept: Vec::new() }])).unwrap();
    } else {
        assert_eq!(fleets, []);
        let lock = state.create_fleet(&"night".parse().unwrap(), &Owner::current()).unwrap();
        record(&*lock.journal(), &full_batch(1, fleet_journal())).unwrap();
    }
    let lock = state.lock(runs[1].id, &Owner::current()).unwrap();
    append(&*lock.store(), ended(journal(format).len() as u64 + 1)).unwrap();
}

#[test]
fn a_migrated_file_has_the_tables_of_a_new_one() {
    let directory = tempdir().unwrap();
    let old = thawed(directory.path(), "v1.db");
    let new = directory.path().join("new.db");
    drop((StateFile::open(&old).unwrap(), StateFile::open(&new).unwrap()));
    let tables = |file: &Path| -> Vec<(String, Option<String>)> {
        let connection = Connection::open(file).unwrap();
        let mut query = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
        query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(tables(&old), tables(&new));
}

#[test]
fn a_newer_file_is_refused_as_it_is() {
    let directory = tempdir().unwrap();
    let file = thawed(directory.path(), "v1.db");
    let newer = Connection::open(&file).unwrap();
    newer.execute_batch("UPDATE meta SET value = '9.8.7' WHERE key = 'hoist'; PRAGMA user_version = 999").unwrap();
    drop(newer);
    let before = fs::read(&file).unwrap();
    let error = StateFile::open(&file).unwrap_err();
    let expected = format!(
        "the state file {} was written by a newer hoist, 9.8.7 (format 999; this is hoist {}, which reads formats up to {FORMAT})",
        file.display(),
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.hint().unwrap(), "use hoist 9.8.7 or newer; nothing was changed");
    assert_eq!(StateFile::names(&file, true), Vec::<String>::new());
    assert!(fs::read(&file).unwrap() == before, "the file was changed");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "something was put beside it");
}

#[test]
fn a_file_that_is_newer_only_in_its_log_is_refused_as_it_is() {
    let directory = tempdir().unwrap();
    let file = thawed(directory.path(), "v1.db");
    let killed = tempdir().unwrap();
    let copy = killed.path().join("hoist.db");
    let log = killed.path().join("hoist.db-wal");
    let newer = Connection::open(&file).unwrap();
    newer.execute_batch("UPDATE meta SET value = '9.8.7' WHERE key = 'hoist'; PRAGMA user_version = 999").unwrap();
    // As a newer hoist that was killed in its migration leaves it.
    fs::copy(&file, &copy).unwrap();
    fs::copy(file.with_file_name("hoist.db-wal"), &log).unwrap();
    drop(newer);
    let before = (fs::read(&copy).unwrap(), fs::read(&log).unwrap());
    assert!(before.1.len() > 4096, "the log holds the change");
    let error = StateFile::open(&copy).unwrap_err();
    assert!(error.to_string().contains("a newer hoist, 9.8.7 (format 999;"), "{error}");
    assert!(fs::read(&copy).unwrap() == before.0, "the file was changed");
    assert!(fs::read(&log).unwrap() == before.1, "the log was changed");
}
