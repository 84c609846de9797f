//! A proxy in front of moto that adds what moto lacks of EC2, what goes wrong there, and a log of every call.

mod capacity;
mod compute;
mod describe;
mod error;
mod faults;
mod filters;
mod fleet;
mod inventory;
mod launch;
mod limits;
mod log;
mod parameters;
mod past;
mod people;
mod placement;
mod quotas;
mod real;
mod region;
mod server;
mod shared;
mod stacks;
mod storage;
mod templates;
mod terminate;
mod tokens;
mod workers;
mod xml;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use capacity::{CapacityRule, Pool};
pub use compute::{Compute, NewMachine, Started};
pub use error::AwsError;
pub use faults::{Effect, Faults, TagsAtLaunch, TerminatedToken, Tokens, Visible};
pub use log::Call;
pub use parameters::Parameters;
pub use people::Keys;
pub use real::RealInstance;
pub use shared::Moment;
pub use stacks::{End, StackScript, Verb};
pub use storage::TestBucket;
pub use xml::Element;

use super::Moto;
use server::Cloud;
use shared::Shared;
use workers::Workers;

use crate::http::{Server, Service};
use crate::skip::skip;

/// The region that is meant when a test names none.
pub const REGION: &str = "us-east-1";

/// The regions that the account may use: moto has all, and takes a second to open each.
pub const REGIONS: [&str; 3] = ["eu-central-1", "eu-west-1", REGION];

/// An image that every account of moto has in every region: Ubuntu 16.04 for x86_64.
pub const IMAGE: &str = "ami-785db401";

/// EC2 for one test. When it is dropped, machines that compute end, moto forgets the account, and the test fails if
/// moto broke.
pub struct FaultProxy {
    cloud: Arc<Cloud>,
    server: Option<Server>,
}

impl FaultProxy {
    /// `None` where moto cannot run; that is said loudly, and is a failure with `HOIST_TEST_REQUIRE_ALL=1`.
    pub fn start(faults: Faults) -> Option<Self> {
        Self::launch(faults, None)
    }

    /// With machines that compute.
    pub fn with_compute(faults: Faults, compute: Arc<dyn Compute>) -> Option<Self> {
        Self::launch(faults, Some(compute))
    }

    fn launch(faults: Faults, compute: Option<Arc<dyn Compute>>) -> Option<Self> {
        let moto = match Moto::next() {
            Ok(moto) => moto,
            Err(problem) => {
                skip(problem);
                return None;
            }
        };
        let shared = Arc::new(Shared::new(moto.account(), faults, compute.map(Workers::new)));
        let cloud = Arc::new(Cloud { shared, regions: Mutex::default() });
        let server = Server::start(Arc::clone(&cloud) as Arc<dyn Service>).expect("a port of loopback is free");
        Some(Self { cloud, server: Some(server) })
    }

    /// The address to give to the client under test.
    pub fn endpoint(&self) -> String {
        let server = self.server.as_ref().expect("it is there until it is dropped");
        format!("http://{}", server.address)
    }

    /// Changes what goes wrong from now on.
    pub fn change(&self, change: impl FnOnce(&mut Faults)) {
        let mut faults = self.cloud.shared.faults.lock().unwrap();
        change(&mut faults);
        self.cloud.shared.clock.set_speed(faults.clock_speed);
    }

    /// Lets time pass in the cloud at once.
    pub fn advance(&self, by: Duration) {
        self.cloud.shared.clock.advance(by);
    }

    /// Is told of each call as it comes and when it is done, and may take its time.
    pub fn watch(&self, watcher: impl Fn(&Call, Moment) + Send + Sync + 'static) {
        *self.cloud.shared.watcher.lock().unwrap() = Some(Arc::new(watcher));
    }

    /// All calls in the order in which they came.
    pub fn calls(&self) -> Vec<Call> {
        self.cloud.shared.log.calls()
    }

    /// How many calls of an action came.
    pub fn count(&self, action: &str) -> usize {
        self.cloud.shared.log.count(action)
    }

    /// How many calls were answered with each error code.
    pub fn error_counts(&self) -> BTreeMap<String, usize> {
        self.cloud.shared.log.error_counts()
    }

    /// What `resolve:ssm:NAME` stands for as an image.
    pub fn name_image(&self, name: &str, image: &str) {
        self.cloud.shared.images.lock().unwrap().insert(name.to_owned(), image.to_owned());
    }

    /// A placement group that is there.
    pub fn make_placement_group(&self, name: &str) {
        self.cloud.shared.placement_groups.lock().unwrap().push(name.to_owned());
    }

    /// A capacity reservation that is there, in this state.
    pub fn make_reservation(&self, id: &str, state: &str) {
        self.cloud.shared.reservations.lock().unwrap().insert(id.to_owned(), state.to_owned());
    }

    /// Lets the next change of a stack of this name take its time, or fail.
    pub fn script_stack(&self, script: StackScript) {
        self.cloud.shared.stacks.lock().unwrap().scripts.push(script);
    }

    /// Ends a spot instance as the cloud does when it wants the capacity back.
    pub fn interrupt(&self, region: &str, id: &str) {
        let message = "Instance terminated due to a spot interruption";
        self.cloud.region(region).end(id, "Server.SpotInstanceTermination", message);
    }

    /// The machine of an instance was stopped and started, and is at this address now.
    pub fn move_to(&self, region: &str, id: &str, address: &str) {
        let region = self.cloud.region(region);
        let mut inventory = region.inventory.lock().unwrap();
        inventory.machine(id).unwrap().work = inventory::Work::At(address.to_owned());
    }

    /// The operating system of an instance has shut it down: it is terminated or stopped, as it was launched to be.
    pub fn power_off(&self, region: &str, id: &str) {
        self.cloud.region(region).power_off(id);
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.server.take();
        if let Some(workers) = &self.cloud.shared.workers {
            for region in self.cloud.regions.lock().unwrap().values() {
                region.stop_all_machines();
            }
            workers.finish();
        }
        let broken = self.cloud.shared.log.broken();
        // In a test that has failed already, this would end all tests.
        if !std::thread::panicking() {
            assert!(broken.is_empty(), "moto failed, which EC2 would not have:\n{}", broken.join("\n"));
        }
    }
}
