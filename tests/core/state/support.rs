//! What the tests of the state file share: plans, batches, and processes of their own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use hoist::annex::{AnnexEvent, AnnexJournal, AnnexSpec, HTCondorJoin, InstanceGroup, Market, PoolSoftware};
use hoist::engine::{
    Batch, JournalEntry, JournalError, ProgramOutput, RunEvent, RunJournal, RunStatus, ServiceEvent, Summary,
};
use hoist::plan::ProgramKind;
use hoist::plan::{CloudConfig, Level, Plan, Programs, RunOn, Service, SshConfig};
use hoist::provider::ExitOutcome;
use jiff::Timestamp;

use hoist_test_support::itself::itself;

/// Tells a process of this test binary which part it plays.
pub(crate) const PART: &str = "HOIST_STATE_TEST_PART";
/// The state file that it plays with.
pub(crate) const FILE: &str = "HOIST_STATE_TEST_FILE";

pub(crate) fn plan(name: &str) -> Plan {
    let service = Service {
        name: "web".to_owned(),
        replica_of: None,
        cloud: "sim".to_owned(),
        launch: Some(hoist::plan::LaunchSpec::default()),
        address: None,
        run_on: RunOn::Instance,
        ssh: SshConfig::default(),
        programs: Programs::default(),
        attributes: BTreeMap::from([("motto".to_owned(), "${.name}".into())]),
        secrets: BTreeMap::new(),
        settings: BTreeMap::new(),
        elastic: None,
        timeout: Duration::from_secs(60),
    };
    Plan {
        name: name.to_owned(),
        file: PathBuf::from(format!("/plans/{name}.toml")),
        variables: BTreeMap::from([("port".to_owned(), "80".to_owned())]),
        clouds: BTreeMap::from([("sim".to_owned(), CloudConfig { provider: "sim".to_owned(), ..Default::default() })]),
        levels: vec![Level { number: 1, name: "level1".to_owned(), services: vec![service] }],
        lease: None,
    }
}

pub(crate) fn summary(status: RunStatus) -> Summary {
    Summary { status, services: 1, ready: 0, failed: 0, instances: 0 }
}

pub(crate) fn record(sequence: u64, change: ServiceEvent) -> JournalEntry {
    let at = Timestamp::from_nanosecond(1_800_000_000_123_456_789 + i128::from(sequence)).unwrap();
    JournalEntry { sequence, at, event: RunEvent::Service { service: "web".to_owned(), change } }
}

pub(crate) fn batch(sequences: std::ops::RangeInclusive<u64>) -> Batch {
    let change = |n: u64| ServiceEvent::Addressed { address: format!("10.0.0.{n}"), private_address: None };
    let records = sequences.map(|n| record(n, change(n))).collect();
    Batch { records, outputs: Vec::new(), summary: summary(RunStatus::Booting) }
}

pub(crate) fn ended(sequence: u64) -> Batch {
    let records =
        vec![JournalEntry { event: RunEvent::Ended { checked: 1 }, ..record(sequence, ServiceEvent::Terminated) }];
    Batch { records, outputs: Vec::new(), summary: summary(RunStatus::Terminated) }
}

pub(crate) fn output(service: &str, text: &str) -> ProgramOutput {
    ProgramOutput {
        service: service.to_owned(),
        program: ProgramKind::Boot,
        at: Timestamp::from_second(1_800_000_000).unwrap(),
        outcome: ExitOutcome::Exit(3),
        seconds: 1.25,
        text: text.to_owned(),
    }
}

/// Appends from a test that is not asynchronous.
pub(crate) fn append(store: &dyn RunJournal, batch: Batch) -> Result<(), JournalError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(store.append(batch))
}

/// An annex with everything that can be said of one.
pub(crate) fn annex_spec() -> AnnexSpec {
    AnnexSpec {
        name: "foo".parse().unwrap(),
        pools: vec![InstanceGroup {
            image: "ami-1".to_owned(),
            instance_types: vec!["t3.small".to_owned(), "t3.large".to_owned()],
            max_price: Some("0.06".parse().unwrap()),
            weight: 2,
            ..InstanceGroup::default()
        }],
        count: 10,
        market: Market::Mixed,
        vpc: Some("vpc-1".to_owned()),
        subnets: vec!["subnet-1".to_owned()],
        security_groups: Vec::new(),
        key_name: Some("key".to_owned()),
        metadata_hops: None,
        expires_at: "2026-12-01T17:00:00Z".parse().unwrap(),
        runs_out: false,
        idle_seconds: Some(600),
        software: PoolSoftware::HTCondor(HTCondorJoin {
            central_manager: "cm.example.org:9618".to_owned(),
            password_file: Some("/home/ada/password".into()),
            with_nul: false,
            token_file: None,
            identity: None,
            owner_key: None,
            ccb: false,
            config_files: vec!["/home/ada/50-annex".into()],
            owners: vec!["ada".to_owned()],
            pool_name: "example.org".to_owned(),
            os: Some("debian".to_owned()),
            slots: Some(4),
            public_address: true,
            docker: false,
            apptainer: false,
        }),
        owner: "ada@lovelace".to_owned(),
        state: None,
        tags: BTreeMap::from([("project".to_owned(), "tides".to_owned())]),
        user_data: Some("/home/ada/boot.sh".into()),
        contents: hoist::annex::FileDigests::default(),
    }
}

/// Every kind of line of an annex's journal.
pub(crate) fn annex_journal() -> Vec<AnnexEvent> {
    let intended = |token: &str, count| AnnexEvent::ApplyIntended {
        token: token.to_owned(),
        spec: Box::new(AnnexSpec { count, ..annex_spec() }),
    };
    let instances = || vec!["i-1".to_owned(), "i-2".to_owned()];
    vec![
        intended("t-1", 10),
        AnnexEvent::ApplyAccepted { cloud_id: Some("arn:stack".to_owned()) },
        AnnexEvent::Applied,
        AnnexEvent::DrainIntended { instances: instances() },
        AnnexEvent::ReleaseIntended { instances: instances() },
        AnnexEvent::ReleaseRefused { instances: instances(), reason: "not now".to_owned() },
        AnnexEvent::Released { instances: instances() },
        intended("t-2", 20),
        AnnexEvent::ApplyFailed { reason: "there is no capacity".to_owned() },
        AnnexEvent::DeleteIntended { token: "t-3".to_owned(), retain: Vec::new() },
        AnnexEvent::DeleteFailed { remains: vec![("Role".to_owned(), "in use".to_owned())] },
        AnnexEvent::DeleteIntended { token: "t-4".to_owned(), retain: vec!["Role".to_owned()] },
        AnnexEvent::Deleted,
    ]
}

/// Records from a test that is not asynchronous.
pub(crate) fn record_annex(journal: &dyn AnnexJournal, event: &AnnexEvent) -> Result<(), JournalError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(journal.record(event))
}

/// The module of the test that plays parts.
const PARTS: &str = {
    // This one is in it.
    let (here, name) = (module_path!(), "::support");
    here.split_at(here.len() - name.len()).0
};

/// A process of this test binary that plays a part.
pub(crate) struct Part {
    pub(crate) child: Child,
    lines: BufReader<ChildStdout>,
}

impl Part {
    /// Starts it by way of `wrapper`, a shell script that ends in `exec "$@"`.
    pub(crate) fn start(part: &str, file: &Path, wrapper: &str) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", wrapper, "sh"]).args(itself(PARTS, "play_a_part"));
        command.env(PART, part).env(FILE, file).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// The next line that it says, past what the test harness says.
    pub(crate) fn hear(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "the other process ended without a word");
            if let Some((_, said)) = line.split_once("SAYS ") {
                return said.trim_end().to_owned();
            }
        }
    }

    /// Lets it go on.
    pub(crate) fn go_on(&mut self) {
        writeln!(self.child.stdin.as_mut().unwrap()).unwrap();
    }

    /// Ends it as nothing can prevent.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn wait(mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}

/// Says a line to the test that started this process.
pub(crate) fn say(line: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "SAYS {line}").unwrap();
    out.flush().unwrap();
}

/// Waits for the test's [`Part::go_on`]; ends the process when the test is gone.
pub(crate) fn wait_for_go() {
    let mut line = String::new();
    if std::io::stdin().read_line(&mut line).unwrap() == 0 {
        std::process::exit(0);
    }
}

/// Whether a mount of our own may be made here; where not, says so, and fails where every test is required.
pub(crate) fn may_mount() -> bool {
    let allowed = Command::new("sh").args(["-c", &format!("{UNSHARE} true")]).status().unwrap().success();
    if !allowed {
        hoist_test_support::skip::skip("no mount namespace can be made here");
    }
    allowed
}

/// Runs a command with mounts of its own.
pub(crate) const UNSHARE: &str = r#"unshare $([ "$(id -u)" = 0 ] || echo -Ur) -m"#;
