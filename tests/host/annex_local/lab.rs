//! Annexes to test with, and other processes that work on them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use hoist::annex::{
    AnnexCloud, AnnexId, AnnexInstance, AnnexSpec, InstanceGroup, Market, ObservedAnnex, ObservedState, PoolSoftware,
};
use hoist::cloud::local::{LocalAnnexes, LocalCloud, LocalCloudConfig};
use hoist::provider::InstanceState;
use hoist::template::Templates;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::annex_local::clock::Clock;
use crate::local_cloud::support::{Lab, eventually, init_program, processes_of, write_program};

use hoist_test_support::itself::itself;

/// A local cloud that holds annexes.
pub(crate) struct Near {
    pub(crate) lab: Lab,
    pub(crate) annexes: LocalAnnexes,
    init_program: PathBuf,
}

/// In a helper's environment: what it is to do.
const TASK: &str = "ANNEX_TEST_TASK";

/// What a helper prints before what came of it.
const ANSWER: &str = "ANSWER ";

impl Near {
    /// As the lab has it.
    pub(crate) fn of(lab: Lab) -> Self {
        Self::with_program(lab, init_program())
    }

    /// One whose inits go by a clock.
    pub(crate) fn by(clock: &Clock, lab: Lab) -> Self {
        let program = lab.directory.path().join("init.sh");
        write_program(&program, &clock.init(&init_program()));
        Self::with_program(lab, program)
    }

    pub(crate) fn with_program(lab: Lab, init_program: PathBuf) -> Self {
        let annexes = open(lab.directory.path().to_owned(), init_program.clone(), lab.isolated);
        Self { lab, annexes, init_program }
    }

    /// With namespaces and without.
    pub(crate) fn both() -> Vec<Self> {
        Lab::both().into_iter().map(Self::of).collect()
    }

    /// Tests both kinds side by side.
    pub(crate) async fn in_both<F: Future<Output = ()>>(test: impl Fn(Self) -> F) {
        Lab::in_both(|lab| test(Self::of(lab))).await;
    }

    /// The cloud with the inits of these annexes.
    pub(crate) fn cloud(&self) -> LocalCloud {
        let root = self.lab.directory.path().to_owned();
        let init_program = self.init_program.clone();
        LocalCloud::new(LocalCloudConfig { root, init_program, namespaces: self.lab.isolated }).unwrap()
    }

    /// The directory of an annex.
    pub(crate) fn directory(&self, id: &AnnexId) -> PathBuf {
        self.lab.directory.path().canonicalize().unwrap().join(format!("annexes/{}.{}", id.name, id.nonce))
    }

    pub(crate) async fn look(&self, id: &AnnexId) -> Option<ObservedAnnex> {
        self.annexes.look(id, None).await.unwrap()
    }

    /// Its instances that run, the oldest first.
    pub(crate) async fn running(&self, id: &AnnexId) -> Vec<AnnexInstance> {
        let all = self.annexes.instances(id).await.unwrap();
        all.into_iter().filter(|instance| instance.state == InstanceState::Running).collect()
    }

    pub(crate) async fn ids(&self, id: &AnnexId) -> BTreeSet<String> {
        self.running(id).await.into_iter().map(|instance| instance.id).collect()
    }

    /// It is settled and so many of its instances run, each with one init, and no other.
    pub(crate) async fn assert_settled(&self, id: &AnnexId, count: u32) -> BTreeSet<String> {
        let seen = self.look(id).await.unwrap();
        assert_eq!((&seen.state, seen.wanted), (&ObservedState::Settled, count), "{seen:?}");
        let ids = self.ids(id).await;
        assert_eq!(ids.len(), count as usize);
        // One that a killed hoist had only just started may still be about to find that it comes too late.
        eventually("each instance has one init", || inits(&ids) == count as usize).await;
        ids
    }

    /// Nothing is left of it.
    pub(crate) async fn assert_gone(&self, id: &AnnexId) {
        assert_eq!(self.look(id).await, None);
        assert_eq!(self.annexes.remains(id, None).await.unwrap(), []);
        assert!(!self.directory(id).exists());
        for instance in self.annexes.instances(id).await.unwrap() {
            assert_eq!(instance.state, InstanceState::Terminated);
            self.lab.assert_nothing_left(&instance.id, None);
        }
    }

    /// Nothing is left of any.
    pub(crate) async fn assert_empty(&self) {
        assert_eq!(self.annexes.all().await.unwrap(), []);
        self.lab.assert_no_directories();
        let left = std::fs::read_dir(self.lab.directory.path().join("annexes"));
        let left: Vec<_> = left.into_iter().flatten().collect();
        assert!(left.is_empty(), "{left:?}");
    }

    /// Another process that does something to an annex, perhaps by another clock.
    pub(crate) fn start(&self, act: &str, id: &AnnexId, spec: &AnnexSpec, token: &str, clock: Option<&Clock>) -> Child {
        let task = serde_json::json!({
            "act": act,
            "id": id,
            "spec": spec,
            "token": token,
            "root": self.lab.directory.path(),
            "init_program": self.init_program,
            "namespaces": self.lab.isolated,
        });
        let words = itself(module_path!(), "helper");
        Command::new(&words[0])
            .args(&words[1..])
            .env(TASK, task.to_string())
            .envs(clock.map(Clock::of_process).unwrap_or_default())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// What another process says of an annex, as `STATE WANTED` or `none`.
    pub(crate) fn asked_by(&self, clock: &Clock, act: &str, id: &AnnexId, spec: &AnnexSpec, token: &str) -> String {
        let output = self.start(act, id, spec, token, Some(clock)).wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let answer = text.lines().find_map(|line| Some(line.split_once(ANSWER)?.1));
        answer.unwrap_or_else(|| panic!("no answer in {text}")).to_owned()
    }
}

/// Not a test: what other processes of these tests do.
#[tokio::test]
#[ignore = "run by other tests, in processes of their own"]
async fn helper() {
    use std::io::Write as _;
    let Ok(task) = std::env::var(TASK) else { return };
    let task: Value = serde_json::from_str(&task).unwrap();
    let path = |name: &str| PathBuf::from(task[name].as_str().unwrap());
    let annexes = open(path("root"), path("init_program"), task["namespaces"] == true);
    let id: AnnexId = serde_json::from_value(task["id"].clone()).unwrap();
    let spec: AnnexSpec = serde_json::from_value(task["spec"].clone()).unwrap();
    let token = task["token"].as_str().unwrap();
    let done = match task["act"].as_str().unwrap() {
        "apply" => annexes.apply(&id, &spec, token).await.map(drop),
        "delete" => annexes.delete(&id, None, &[], token).await,
        "look" => Ok(()),
        other => panic!("{other}"),
    };
    let answer = match (done, annexes.look(&id, None).await.unwrap()) {
        (Err(error), _) => format!("error {error}"),
        (Ok(()), Some(seen)) => format!("{:?} {}", seen.state, seen.wanted),
        (Ok(()), None) => "none".to_owned(),
    };
    writeln!(std::io::stdout(), "{ANSWER}{answer}").unwrap();
}

fn open(root: PathBuf, init_program: PathBuf, namespaces: bool) -> LocalAnnexes {
    let cloud = LocalCloud::new(LocalCloudConfig { root, init_program, namespaces }).unwrap();
    LocalAnnexes::new(cloud, Templates::built_in())
}

/// How many inits run of these instances.
pub(crate) fn inits(ids: &BTreeSet<String>) -> usize {
    let all = ids.iter().flat_map(|id| processes_of(id));
    all.filter(|process| process.contains(" __init ")).count()
}

/// The annex of this name and, by default, of this time.
pub(crate) fn annex(name: &str) -> AnnexId {
    AnnexId { name: name.parse().unwrap(), nonce: "0123456789ab".to_owned() }
}

/// A moment so many seconds from now.
pub(crate) fn in_seconds(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

/// An annex of so many instances that do nothing, for an hour.
pub(crate) fn spec(id: &AnnexId, count: u32) -> AnnexSpec {
    AnnexSpec {
        name: id.name.clone(),
        pools: vec![pool(1)],
        count,
        market: Market::OnDemand,
        vpc: None,
        subnets: Vec::new(),
        security_groups: Vec::new(),
        key_name: None,
        metadata_hops: None,
        expires_at: in_seconds(3600),
        runs_out: false,
        idle_seconds: None,
        software: PoolSoftware::None,
        owner: "me@here".to_owned(),
        state: None,
        tags: BTreeMap::from([("project".to_owned(), "tests".to_owned())]),
        user_data: None,
        contents: hoist::annex::FileDigests::default(),
    }
}

pub(crate) fn pool(weight: u32) -> InstanceGroup {
    InstanceGroup { weight, ..InstanceGroup::local() }
}
