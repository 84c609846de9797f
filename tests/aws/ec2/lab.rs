//! A proxy in front of moto, and the EC2 cloud that is to be tested on it.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hoist::cloud::aws::api::{AwsConfig, AwsEnvironment, AwsSession, CallTiming, Limits};
use hoist::cloud::aws::ec2::{ConsoleHostKey, Ec2Cloud, Ec2Options, Ec2Timing, HostKeys};
use hoist::provider::ApiCall;
use hoist::provider::{Cloud, InstanceSpec, LaunchRequest, Offer, TAG_INTENT, TAG_OWNER, TAG_RUN};

use hoist_test_support::aws::{Call, Effect, FaultProxy, Faults, IMAGE, Moment, REGION};
use hoist_test_support::eventually::LONGEST_TEST;

/// How much faster than in life time passes for hoist in these tests.
pub(crate) const SPEED: u32 = 100;

/// What keeps a call from being answered before whoever made it is killed.
pub(crate) const HANGS: Effect = Effect::Slow(Duration::from_secs(600));

/// The proxy and what is told of calls to it.
pub(crate) struct Lab {
    pub(crate) proxy: FaultProxy,
    pub(crate) cloud: Arc<Ec2Cloud>,
    pub(crate) observed: Arc<Mutex<Vec<ApiCall>>>,
    pub(crate) keys: Arc<Keys>,
}

/// What differs between labs.
pub(crate) struct Setting {
    pub(crate) compatible: bool,
    /// Pass host keys to these services; to none by default.
    pub(crate) by_ssh: bool,
    pub(crate) options: Ec2Options,
    pub(crate) limits: Limits,
    pub(crate) calls: CallTiming,
}

impl Default for Setting {
    fn default() -> Self {
        let timing = Ec2Timing::default();
        Self {
            compatible: false,
            by_ssh: false,
            options: Ec2Options {
                timing: Ec2Timing {
                    consistency_window: timing.consistency_window / SPEED,
                    poll_first: timing.poll_first / SPEED,
                    poll_longest: timing.poll_longest / SPEED,
                    pause_first: timing.pause_first / SPEED,
                    pause_longest: timing.pause_longest / SPEED,
                },
                ..Ec2Options::default()
            },
            limits: Limits::at_speed(1000.0),
            calls: CallTiming {
                pause_first: CallTiming::default().pause_first / SPEED,
                pause_longest: CallTiming::default().pause_longest / SPEED,
                ..CallTiming::default()
            },
        }
    }
}

/// The environment of a user with good credentials.
pub(crate) fn environment() -> AwsEnvironment {
    AwsEnvironment::of([("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "secret")])
}

impl Lab {
    /// `None` where moto cannot run, which has been said.
    pub(crate) fn new(faults: Faults) -> Option<Self> {
        Self::with(faults, Setting::default())
    }

    pub(crate) fn with(faults: Faults, setting: Setting) -> Option<Self> {
        let proxy = FaultProxy::start(faults)?;
        let observed: Arc<Mutex<Vec<ApiCall>>> = Arc::default();
        let keys = Arc::new(Keys::default());
        let cloud = cloud(&proxy, &setting, &observed, &keys);
        Some(Self { proxy, cloud, observed, keys })
    }

    /// Another process with the same account: nothing that was learned is known.
    pub(crate) fn restart(&mut self, setting: Setting) {
        self.cloud = cloud(&self.proxy, &setting, &self.observed, &self.keys);
    }

    /// Goes on with work up to this moment of the `nth` call of an action, and drops it there.
    pub(crate) async fn killed_at<T>(
        &self,
        action: &'static str,
        nth: usize,
        moment: Moment,
        work: impl Future<Output = T>,
    ) {
        let (tell, told) = tokio::sync::oneshot::channel();
        let (tell, seen) = (Mutex::new(Some(tell)), AtomicUsize::new(0));
        self.proxy.watch(move |call, now| {
            let is_it = call.action == action && now == moment;
            if is_it && seen.fetch_add(1, Ordering::Relaxed) + 1 == nth {
                let _ = tell.lock().unwrap().take().map(|tell| tell.send(()));
            }
        });
        tokio::select! {
            _ = work => panic!("it ended before it was killed at call {nth} of {action}"),
            told = told => told.unwrap(),
        }
    }

    /// The calls of an action.
    pub(crate) fn calls(&self, action: &str) -> Vec<Call> {
        self.proxy.calls().into_iter().filter(|call| call.action == action).collect()
    }
}

fn cloud(
    proxy: &FaultProxy,
    setting: &Setting,
    observed: &Arc<Mutex<Vec<ApiCall>>>,
    keys: &Arc<Keys>,
) -> Arc<Ec2Cloud> {
    let config = AwsConfig {
        region: Some(REGION.to_owned()),
        endpoint: Some(proxy.endpoint()),
        compatible: setting.compatible,
        ..AwsConfig::default()
    };
    let noted = observed.clone();
    let session = AwsSession::new(config)
        .environment(environment())
        .limits(setting.limits)
        .call_timing(setting.calls)
        .observer(Arc::new(move |call: &ApiCall| noted.lock().unwrap().push(call.clone())));
    let mut options = setting.options.clone();
    if setting.by_ssh {
        options.keys = Some(keys.clone());
        options.reached_by_ssh = Arc::new(|_| true);
    }
    Arc::new(Ec2Cloud::new(Arc::new(session), options))
}

/// Host keys that are no keys, and what was pinned.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) pinned: Mutex<BTreeMap<String, String>>,
    pub(crate) broken: Mutex<bool>,
}

impl HostKeys for Keys {
    fn ephemeral(&self, token: &str) -> io::Result<ConsoleHostKey> {
        Ok(ConsoleHostKey { private: format!("private half for {token}\n"), public: format!("ssh-ed25519 {token}") })
    }

    fn pin(&self, instance_id: &str, public: &str) -> io::Result<()> {
        if *self.broken.lock().unwrap() {
            return Err(io::Error::other("the disk is full"));
        }
        self.pinned.lock().unwrap().insert(instance_id.to_owned(), public.to_owned());
        Ok(())
    }
}

/// Runs something on a runtime of its own, in real time.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LONGEST_TEST, work).await }).expect("it comes to an end")
}

/// A request for one machine a service, on demand.
pub(crate) fn request(token: &str, services: &[&str]) -> LaunchRequest {
    let tags = [(TAG_RUN, "web.1"), (TAG_INTENT, token), (TAG_OWNER, "ann@desk"), ("team", "blue & green")];
    LaunchRequest {
        token: token.to_owned(),
        slots: services.iter().map(|&service| service.to_owned()).collect(),
        machine: InstanceSpec { image: Some(IMAGE.to_owned()), ..InstanceSpec::default() },
        offers: vec![offer("t3.small")],
        tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        ..LaunchRequest::default()
    }
}

/// This type on demand, anywhere.
pub(crate) fn offer(instance_type: &str) -> Offer {
    Offer { instance_type: Some(instance_type.to_owned()), ..Offer::default() }
}

/// This type of spot capacity in this zone.
pub(crate) fn spot(instance_type: &str, zone: &str) -> Offer {
    Offer { spot: true, zone: Some(zone.to_owned()), ..offer(instance_type) }
}

/// A token as the engine makes them.
pub(crate) fn token(number: usize) -> String {
    format!("{number:040x}")
}

/// The ids of instances by their slots.
pub(crate) async fn slots(cloud: &Ec2Cloud, selector: &hoist::provider::Selector) -> BTreeMap<usize, String> {
    let shown = cloud.describe(selector).await.unwrap();
    let slots: BTreeMap<usize, String> =
        shown.iter().map(|instance| (instance.launch_index, instance.id.clone())).collect();
    assert_eq!(slots.len(), shown.len(), "every instance has a slot of its own: {shown:?}");
    slots
}
