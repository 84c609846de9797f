//! A cloud of its own for each test, and the set-up there.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hoist::annex::{DriftStatus, PollPolicy, SetupFinding};
use hoist::cloud::aws::annex::{AnnexSetup, SetupParams, SetupProgress};
use hoist::cloud::aws::api::{AwsConfig, AwsEnvironment, AwsSession, CallTiming, Limits};
use hoist::template::Templates;
use serde_json::{Value, json};

pub(crate) use hoist_test_support::aws::Keys;
use hoist_test_support::aws::{self, End, FaultProxy, Faults, Parameters, REGION, StackScript, Verb};
use hoist_test_support::call::Call;
use hoist_test_support::eventually::LONGEST_TEST;
use hoist_test_support::ran::Ran;

pub(crate) struct Lab {
    pub(crate) proxy: FaultProxy,
    pub(crate) set_up: AnnexSetup,
    told: Arc<Mutex<Vec<SetupProgress>>>,
    home: tempfile::TempDir,
}

impl Lab {
    /// `None` where moto cannot run, which has been said.
    pub(crate) fn new(faults: Faults) -> Option<Self> {
        let proxy = FaultProxy::start(faults)?;
        let set_up = set_up(&proxy, &Keys::default());
        Some(Self { proxy, set_up, told: Arc::default(), home: tempfile::tempdir().unwrap() })
    }

    /// Notes what is told.
    pub(crate) fn tell(&self) -> impl Fn(&SetupProgress) + Send + Sync + use<> {
        let told = self.told.clone();
        move |progress| told.lock().unwrap().push(progress.clone())
    }

    pub(crate) fn told(&self) -> Vec<SetupProgress> {
        self.told.lock().unwrap().clone()
    }

    /// The calls of an action.
    pub(crate) fn calls(&self, action: &str) -> Vec<aws::Call> {
        self.proxy.calls().into_iter().filter(|call| call.action == action).collect()
    }

    /// Asks moto past the proxy's faults and log, in the query protocol.
    pub(crate) fn ask(&self, service: &str, action: &str, parameters: &[(&str, &str)]) -> String {
        self.proxy.past(service, &Parameters::of(action, parameters))
    }

    /// Lets the next operation on the set-up fail.
    pub(crate) fn fail_next(&self, verb: Verb, resource: &'static str, reason: &'static str) {
        self.script(verb, 1, End::Fails(resource, reason));
    }

    /// What happens to the next operation on the set-up, after so many looks at it.
    pub(crate) fn script(&self, verb: Verb, looks: usize, end: End) {
        self.proxy.script_stack(StackScript { stack: "hoist-setup", verb, looks, end });
    }

    /// Begins to make a set-up as somebody does who is cut off right then.
    pub(crate) fn begin(&self, template: &Value) {
        self.proxy.make_stack("hoist-setup", template, &[("hoist:setup", "annex")]);
    }

    /// Something that has the name of an annex's stack.
    pub(crate) fn annex(&self, name: &str) {
        let template = json!({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}});
        self.proxy.make_stack(&format!("hoist-annex-{name}"), &template, &[]);
    }

    /// What stands in the first element of this name in an answer.
    pub(crate) fn element(answer: &str, name: &str) -> String {
        let after = answer.split(&format!("<{name}>")).nth(1).unwrap_or_else(|| panic!("no {name} in {answer}"));
        after.split('<').next().unwrap().to_owned()
    }

    pub(crate) fn default_vpc(&self) -> String {
        let parameters = [("Filter.1.Name", "is-default"), ("Filter.1.Value.1", "true")];
        Self::element(&self.ask("ec2", "DescribeVpcs", &parameters), "vpcId")
    }

    /// Runs a hoist command to its end, its words separated by spaces.
    pub(crate) fn hoist(&self, keys: &Keys, words: &str) -> Ran {
        self.command(keys, words).run()
    }

    pub(crate) fn command(&self, keys: &Keys, words: &str) -> Call {
        Call::hoist(self.home.path())
            .words(words)
            .env("HOME", self.home.path())
            .env("HOIST_STATE", self.home.path().join("hoist.db"))
            .on_aws(&keys.id, &keys.secret, &self.proxy.endpoint())
    }
}

/// The set-up as whoever has these keys reaches it.
pub(crate) fn set_up(proxy: &FaultProxy, keys: &Keys) -> AnnexSetup {
    AnnexSetup::new(Arc::new(session(&proxy.endpoint(), keys)), Templates::built_in()).pace(pace())
}

pub(crate) fn session(endpoint: &str, keys: &Keys) -> AwsSession {
    let config =
        AwsConfig { region: Some(REGION.to_owned()), endpoint: Some(endpoint.to_owned()), ..AwsConfig::default() };
    let environment = {
        let (id, secret) = (keys.id.clone(), keys.secret.clone());
        AwsEnvironment::from_fn(move |name| match name {
            "AWS_ACCESS_KEY_ID" => Some(id.clone()),
            "AWS_SECRET_ACCESS_KEY" => Some(secret.clone()),
            _ => None,
        })
    };
    let pause = Duration::from_millis(4);
    AwsSession::new(config).environment(environment).limits(Limits::at_speed(1000.0)).call_timing(CallTiming {
        pause_first: pause,
        pause_longest: pause * 20,
        ..CallTiming::default()
    })
}

/// A hundred times as fast as in life.
pub(crate) fn pace() -> PollPolicy {
    let life = PollPolicy::default();
    PollPolicy {
        first: life.first / 100,
        longest: life.longest / 100,
        patience: life.patience / 100,
        insist: life.insist / 100,
        grace: life.grace / 100,
    }
}

/// HTCondor from here, in the default network.
pub(crate) fn terms(cidrs: &[&str]) -> SetupParams {
    SetupParams { cidrs: cidrs.iter().map(|&cidr| cidr.to_owned()).collect(), ..SetupParams::default() }
}

/// Runs something on a runtime of its own, in real time.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LONGEST_TEST, work).await }).expect("it comes to an end")
}

/// The findings that are not as they should be: what, how, and what is told of them.
pub(crate) fn wrong(findings: &[SetupFinding]) -> Vec<(String, DriftStatus, String)> {
    let wrong = findings.iter().filter(|finding| finding.presence != DriftStatus::There);
    wrong.map(|finding| (finding.what.clone(), finding.presence, finding.details.join("; "))).collect()
}
