//! A server, and the cloud that is to be tested on it, for which time passes faster.

use std::time::Duration;

use std::sync::Arc;

use hoist::cloud::gce::{GceCloud, GceEnvironment, GceSession, GceSettings, GceTiming};
use hoist::plan::CloudConfig;
use hoist::provider::{InstanceSpec, LaunchRequest, Offer, TAG_INTENT, TAG_OWNER, TAG_RUN};
use hoist_test_support::eventually::LONGEST_TEST;
use hoist_test_support::google::{Faults, GoogleServer, PROJECT, ZONE};

use crate::lab::UBUNTU;

/// How much faster than in life time passes for hoist in these tests.
const SPEED: u32 = 100;

/// The server and the cloud.
pub(crate) struct CloudLab {
    pub(crate) server: GoogleServer,
    pub(crate) cloud: Arc<GceCloud>,
}

impl CloudLab {
    /// `None` where Google's description cannot be had.
    pub(crate) fn new(faults: Faults) -> Option<Self> {
        let server = GoogleServer::start(faults)?;
        let cloud = Arc::new(cloud(&server));
        Some(Self { server, cloud })
    }

    /// Another process with the same project: nothing that was learned is known.
    pub(crate) fn restart(&mut self) {
        self.cloud = Arc::new(cloud(&self.server));
    }
}

/// Access to a server, as a process of hoist's has it.
fn cloud(server: &GoogleServer) -> GceCloud {
    let config = CloudConfig { endpoint: Some(server.endpoint()), ..CloudConfig::of("gce") };
    let environment = GceEnvironment::of([("GOOGLE_CLOUD_PROJECT", PROJECT), ("CLOUDSDK_COMPUTE_ZONE", ZONE)]);
    let timing = GceTiming::default();
    let timing = GceTiming {
        consistency_window: timing.consistency_window / SPEED,
        poll_first: timing.poll_first / SPEED,
        poll_longest: timing.poll_longest / SPEED,
        pause_first: timing.pause_first / SPEED,
        pause_longest: timing.pause_longest / SPEED,
        call_patience: Duration::from_secs(20),
        ..timing
    };
    let session = GceSession::new(GceSettings::new(&config, environment)).timing(timing);
    GceCloud::new(Arc::new(session), timing, None)
}

/// Runs something on a runtime of its own, in real time.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LONGEST_TEST, work).await }).expect("it comes to an end")
}

/// A request for one machine a service.
pub(crate) fn request(token: &str, services: &[&str]) -> LaunchRequest {
    let tags = [(TAG_RUN, "web.1"), (TAG_INTENT, token), (TAG_OWNER, "ann@desk"), ("team", "blue & green")];
    LaunchRequest {
        token: token.to_owned(),
        slots: services.iter().map(|&service| service.to_owned()).collect(),
        machine: InstanceSpec { image: Some(UBUNTU.to_owned()), ..InstanceSpec::default() },
        offers: vec![offer("e2-small")],
        tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        ..LaunchRequest::default()
    }
}

/// This type on demand, where the cloud launches by default.
pub(crate) fn offer(machine_type: &str) -> Offer {
    Offer { instance_type: Some(machine_type.to_owned()), ..Offer::default() }
}

/// A token as the engine makes them.
pub(crate) fn token(number: usize) -> String {
    format!("{number:040x}")
}
