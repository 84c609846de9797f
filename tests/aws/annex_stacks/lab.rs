//! An account with a set-up, and the annexes in it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hoist::annex::{
    AnnexCloud as _, AnnexId, AnnexSpec, HTCondorJoin, InstanceGroup, Market, ObservedAnnex, ObservedState,
    PoolSoftware,
};
use hoist::cloud::aws::annex::StackCloud;
use hoist::cloud::aws::annex::group_of;
use hoist::cloud::aws::api::{AwsConfig, AwsEnvironment, AwsSession, CallTiming, Limits};
use hoist::provider::CloudError;
use hoist::template::Templates;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::annex::lab as annex_lab;
use hoist_test_support::aws::{Call, Element, FaultProxy, Faults, IMAGE, REGION, TestBucket};
use hoist_test_support::eventually::LONGEST_TEST;

/// For how long a call that fails is made again.
const PATIENCE: Duration = Duration::from_secs(20);

/// How much faster than in life time passes for hoist in these tests.
const SPEED: u32 = 100;

/// The pool's password.
pub(crate) const PASSWORD: &str = "correct-horse-battery";

pub(crate) struct Lab {
    pub(crate) proxy: FaultProxy,
    pub(crate) cloud: StackCloud,
    pub(crate) files: tempfile::TempDir,
    vpc: String,
}

impl Lab {
    /// `None` where moto cannot run, which has been said.
    pub(crate) fn new(faults: Faults) -> Option<Self> {
        let mut lab = Self::without_setup(faults)?;
        let values =
            json!({"vpc": lab.vpc, "sources": [{"property": "CidrIp", "cidr": "192.0.2.7/32"}], "expire_days": 31});
        let template =
            Templates::built_in().get("annex-setup.json").unwrap().render(values.as_object().unwrap()).unwrap();
        let tag = [("Tags.member.1.Key", "hoist:setup"), ("Tags.member.1.Value", "annex")];
        let made = [&[("StackName", "hoist-setup"), ("TemplateBody", &template)], &tag[..]].concat();
        lab.proxy.ask_service("cloudformation", "CreateStack", &made);
        lab.restart();
        Some(lab)
    }

    pub(crate) fn without_setup(faults: Faults) -> Option<Self> {
        let proxy = FaultProxy::start(faults)?;
        let vpcs = proxy.ask("DescribeVpcs", &[]);
        let vpc = vpcs.items("vpcSet")[0].get("vpcId").to_owned();
        let cloud = cloud(&proxy, PATIENCE);
        Some(Self { proxy, cloud, files: tempfile::tempdir().unwrap(), vpc })
    }

    /// Another process with the same account: nothing that was learned is known.
    pub(crate) fn restart(&mut self) {
        self.cloud = cloud(&self.proxy, PATIENCE);
    }

    /// With a cloud that may take its time to answer, since this machine has much else to do.
    pub(crate) fn patient(mut self) -> Self {
        self.cloud = cloud(&self.proxy, 9 * PATIENCE);
        self
    }

    pub(crate) fn vpc(&self) -> &str {
        &self.vpc
    }

    /// The bucket of the set-up.
    pub(crate) fn bucket(&self) -> TestBucket {
        let setup = self.stack("hoist-setup");
        let outputs = setup.items("Outputs");
        let bucket = outputs.iter().find(|output| output.get("OutputKey") == "Bucket").unwrap();
        self.proxy.bucket_named(bucket.get("OutputValue"))
    }

    /// A file of the user's.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.files.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// An annex of this size that joins HTCondor.
    pub(crate) fn joining(&self, name: &str, count: u32) -> AnnexSpec {
        let joining = HTCondorJoin {
            central_manager: "cm.example.org:9618".to_owned(),
            password_file: Some(self.file("pool-password", format!("{PASSWORD}\n"))),
            with_nul: false,
            token_file: None,
            identity: None,
            owner_key: None,
            ccb: false,
            config_files: vec![self.file("more.config", "SECRET_KNOB = 4711\n")],
            owners: vec!["ada".to_owned()],
            pool_name: "example.org".to_owned(),
            os: Some("debian-12".to_owned()),
            slots: None,
            public_address: false,
            docker: false,
            apptainer: false,
        };
        AnnexSpec { software: PoolSoftware::HTCondor(joining), ..spec(name, count) }
    }

    /// A stack as moto has it.
    pub(crate) fn stack(&self, name: &str) -> Element {
        let found = self.proxy.ask_service("cloudformation", "DescribeStacks", &[("StackName", name)]);
        found.at("DescribeStacksResult/Stacks/member").unwrap().clone()
    }

    /// The names of the stacks that there are, as moto has them.
    pub(crate) fn stacks(&self) -> Vec<String> {
        let found = self.proxy.ask_service("cloudformation", "DescribeStacks", &[]);
        let stacks = found.items("DescribeStacksResult/Stacks");
        let mut names: Vec<String> = stacks.iter().map(|stack| stack.get("StackName").to_owned()).collect();
        names.retain(|name| name != "hoist-setup");
        names.sort();
        names
    }

    /// The template of an annex's stack, as moto has it.
    pub(crate) fn template(&self, name: &str) -> Value {
        let found =
            self.proxy.ask_service("cloudformation", "GetTemplate", &[("StackName", &format!("hoist-annex-{name}"))]);
        serde_json::from_str(found.get("GetTemplateResult/TemplateBody")).unwrap()
    }

    /// The sizes of an annex's groups, as moto has them.
    pub(crate) fn sizes(&self, id: &AnnexId, pools: usize) -> Vec<String> {
        let size = |pool| {
            let named = [("AutoScalingGroupNames.member.1", group_of(id, pool))];
            let named = named.each_ref().map(|(key, value)| (*key, value.as_str()));
            let found = self.proxy.ask_service("autoscaling", "DescribeAutoScalingGroups", &named);
            let group = found.at("DescribeAutoScalingGroupsResult/AutoScalingGroups/member").unwrap();
            group.get("DesiredCapacity").to_owned()
        };
        (0..pools).map(size).collect()
    }

    /// The ends of leases that groups have, as moto has them: each group, and when it is emptied.
    pub(crate) fn ends(&self) -> Vec<(String, String)> {
        let found = self.proxy.ask_service("autoscaling", "DescribeScheduledActions", &[]);
        let ends = found.items("DescribeScheduledActionsResult/ScheduledUpdateGroupActions");
        ends.iter().map(|end| (end.get("AutoScalingGroupName").to_owned(), end.get("StartTime").to_owned())).collect()
    }

    /// Makes an annex and waits until it is made.
    pub(crate) async fn made(&self, id: &AnnexId, spec: &AnnexSpec) -> String {
        let stack = self.cloud.apply(id, spec, &first_token(id)).await.unwrap().unwrap();
        let seen = self.settled(id, Some(&stack)).await;
        assert_eq!(seen.state, ObservedState::Settled, "{seen:?}");
        stack
    }

    /// The annex once nothing is under way.
    pub(crate) async fn settled(&self, id: &AnnexId, stack: Option<&str>) -> ObservedAnnex {
        for _ in 0..100 {
            let seen = self.cloud.look(id, stack).await.unwrap().unwrap();
            if !matches!(seen.state, ObservedState::Changing) {
                return seen;
            }
        }
        panic!("the annex {} is never done", id.name);
    }

    /// The annex once nothing of its stack is under way or left.
    pub(crate) async fn deleted(&self, id: &AnnexId, stack: &str) -> Option<ObservedAnnex> {
        for _ in 0..100 {
            match self.cloud.look(id, Some(stack)).await.unwrap() {
                Some(seen) if seen.state == ObservedState::Deleting => {}
                seen => return seen,
            }
        }
        panic!("the annex {} is never deleted", id.name);
    }

    /// The calls of an action.
    pub(crate) fn calls(&self, action: &str) -> Vec<Call> {
        self.proxy.calls().into_iter().filter(|call| call.action == action).collect()
    }

    /// Everything that is not to be when an annex is gone.
    pub(crate) fn nothing_is_left(&self) {
        assert_eq!(self.stacks(), Vec::<String>::new());
        assert!(self.proxy.living().is_empty(), "{:?}", self.proxy.living());
        assert_eq!(self.bucket().keys(), Vec::<String>::new());
        assert_eq!(self.ends(), []);
    }
}

fn cloud(proxy: &FaultProxy, patience: Duration) -> StackCloud {
    let config =
        AwsConfig { region: Some(REGION.to_owned()), endpoint: Some(proxy.endpoint()), ..AwsConfig::default() };
    let timing = CallTiming::default();
    let session = AwsSession::new(config)
        .environment(AwsEnvironment::of([
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
        ]))
        .limits(Limits::at_speed(1000.0))
        .call_timing(CallTiming {
            pause_first: timing.pause_first / SPEED,
            pause_longest: timing.pause_longest / SPEED,
            patience,
        });
    StackCloud::new(Arc::new(session), Templates::built_in())
}

/// An annex of this size that runs what its images do.
pub(crate) fn spec(name: &str, count: u32) -> AnnexSpec {
    AnnexSpec {
        pools: vec![pool(IMAGE, 1)],
        count,
        market: Market::OnDemand,
        expires_at: lease(6),
        tags: [("team".to_owned(), "physics".to_owned())].into(),
        ..annex_lab::spec(name)
    }
}

pub(crate) fn pool(image: &str, weight: u32) -> InstanceGroup {
    InstanceGroup { weight, ..annex_lab::pool(image, &["t3.small"]) }
}

pub(crate) fn id(name: &str) -> AnnexId {
    annex_lab::id(name)
}

/// So many hours from now, to the second.
pub(crate) fn lease(hours: i64) -> Timestamp {
    let end = Timestamp::now() + SignedDuration::from_hours(hours);
    Timestamp::from_second(end.as_second()).unwrap()
}

/// A token as the ledger makes them.
pub(crate) fn token(seed: &str) -> String {
    format!("hoist-{seed}-1")
}

/// The token of the call that makes an annex.
pub(crate) fn first_token(id: &AnnexId) -> String {
    token(&id.tag().replace('/', "-"))
}

/// A refusal that says all of this, in its message or its hint.
#[track_caller]
pub(crate) fn refused(error: &CloudError, texts: &[&str]) {
    assert!(error.kind.is_refusal(), "{error}");
    let said = format!("{} | {}", error.message, error.hint.clone().unwrap_or_default());
    for text in texts {
        assert!(said.contains(text), "it did not say {text:?}: {said}");
    }
}

/// Runs something on a runtime of its own, in real time.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LONGEST_TEST, work).await }).expect("it comes to an end")
}
