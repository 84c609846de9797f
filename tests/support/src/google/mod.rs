//! A Compute Engine to test with, which behaves as badly as Google's can, and keeps a log of every call.
//!
//! Every request and every answer is held against Google's own description of its interface, the documents `compute.v1`
//! and `storage.v1` of the package `google-api-python-client`. Tests start a [`GoogleServer`] and give its endpoint to the client under
//! test.

mod allot;
mod ask;
mod bulk;
mod bulk_order;
mod capacity;
mod catalog;
mod change;
mod cloud;
mod create;
mod dispatch;
mod document;
mod error;
mod faults;
mod filter;
mod format;
mod global;
mod guest;
mod insert;
mod instance;
mod labels;
mod life;
mod lifecycle;
mod log;
mod method;
mod multipart;
mod operation;
mod page;
mod permission;
mod place;
mod quota;
mod real;
mod recipe;
mod requests;
mod scheduling;
mod schema;
mod shelf;
mod spread;
mod storage;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

pub use capacity::{CapacityRule, Exhausted};
pub use document::Document;
pub use error::GoogleError;
pub use faults::{Effect, Faults, Partial, Told, Visible};
pub use guest::MetadataServer;
pub use life::{Life, Machine};
pub use log::Call;
pub use operation::OperationError;
pub use place::Place;
pub use quota::Quota;
pub use real::RealInstance;
pub use schema::{Checker, Problem};

pub use crate::effect::Moment;

use cloud::Cloud;
use world::World;

use crate::http::{Server, Service};
use crate::skip::skip;

/// The project, and its number.
pub const PROJECT: &str = "hoist-tests";
pub const NUMBER: &str = "123456789012";

/// A zone for tests that mean none in particular, and an image for every machine type but those of ARM.
pub const ZONE: &str = "us-central1-a";
pub const IMAGE: &str = "projects/debian-cloud/global/images/family/debian-13";

/// How often somebody who listens to instances' lives is told what time has brought about.
const TICK: Duration = Duration::from_millis(20);

/// Google's cloud for one test. When it is dropped, the test fails if a request came that Google's description does not
/// allow and that nobody took note of, or if the server broke.
pub struct GoogleServer {
    cloud: Arc<Cloud>,
    server: Option<Server>,
    ticking: Arc<AtomicBool>,
    ticker: Option<JoinHandle<()>>,
}

impl GoogleServer {
    /// `None` where Google's description cannot be had; that is said loudly, and is a failure with
    /// `HOIST_TEST_REQUIRE_ALL=1`.
    pub fn start(faults: Faults) -> Option<Self> {
        let documents = Document::compute().and_then(|compute| Ok([compute, Document::storage()?]));
        let documents = match documents {
            Ok(documents) => documents,
            Err(problem) => {
                skip(problem);
                return None;
            }
        };
        let cloud = Arc::new(Cloud::new(documents, World::new(faults)));
        let server = Server::start(Arc::clone(&cloud) as Arc<dyn Service>).expect("a port of loopback is free");
        Some(Self { cloud, server: Some(server), ticking: Arc::new(AtomicBool::new(true)), ticker: None })
    }

    /// The address to give to the client under test.
    pub fn endpoint(&self) -> String {
        let server = self.server.as_ref().expect("it is there until it is dropped");
        format!("http://{}", server.address)
    }

    /// Changes what goes wrong from now on.
    pub fn change(&self, change: impl FnOnce(&mut Faults)) {
        let speed = self.cloud.now(|world| {
            change(&mut world.faults);
            world.faults.clock_speed
        });
        self.cloud.clock.set_speed(speed);
    }

    /// Lets time pass in the cloud at once.
    pub fn advance(&self, by: Duration) {
        self.cloud.clock.advance(by);
        self.cloud.deliver();
    }

    /// Is told of each call as it comes and when it is done, and may take its time.
    pub fn watch(&self, watcher: impl Fn(&Call, Moment) + Send + Sync + 'static) {
        *self.cloud.watcher.lock().unwrap() = Some(Arc::new(watcher));
    }

    /// Is told of instances that begin to run and that end, in order and at once, also while nobody calls: the place
    /// for real machines. It may call this server's methods, but neither advance its time nor end an instance.
    pub fn on_life(&mut self, listener: impl Fn(&Life) + Send + Sync + 'static) {
        *self.cloud.listener.lock().unwrap() = Some(Arc::new(listener));
        let (cloud, ticking) = (Arc::clone(&self.cloud), Arc::clone(&self.ticking));
        self.ticker.get_or_insert_with(|| {
            std::thread::spawn(move || {
                while ticking.load(Ordering::Relaxed) {
                    cloud.deliver();
                    std::thread::sleep(TICK);
                }
            })
        });
    }

    /// All calls in the order in which they came.
    pub fn calls(&self) -> Vec<Call> {
        self.cloud.log.calls()
    }

    /// How many calls of a method (`compute.instances.insert`) came.
    pub fn count(&self, method: &str) -> usize {
        self.calls().iter().filter(|call| call.method == method).count()
    }

    /// How many calls of each method came.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for call in self.calls() {
            *counts.entry(call.method).or_default() += 1;
        }
        counts
    }

    /// How many calls were answered with each reason of an error.
    pub fn reason_counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for reason in self.calls().into_iter().filter_map(|call| call.reason) {
            *counts.entry(reason).or_default() += 1;
        }
        counts
    }

    /// The requests that Google's description does not allow, or that this server does not know; they are forgotten.
    pub fn take_violations(&self) -> Vec<String> {
        self.cloud.log.take_violations()
    }
}

impl Drop for GoogleServer {
    fn drop(&mut self) {
        self.server.take();
        self.ticking.store(false, Ordering::Relaxed);
        if let Some(ticker) = self.ticker.take() {
            let _ = ticker.join();
        }
        let (broken, violations) = (self.cloud.log.broken(), self.take_violations());
        // In a test that has failed already, this would end all tests.
        if !std::thread::panicking() {
            assert!(broken.is_empty(), "the server failed, which Google would not have:\n{}", broken.join("\n"));
            assert!(violations.is_empty(), "Google would not have taken this:\n{}", violations.join("\n"));
        }
    }
}
