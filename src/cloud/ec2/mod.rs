//! EC2, and clouds that speak its language.
//!
//! A launch becomes one call with a token (`run_instances`), or a fixed series of such calls (`fleet`; `compatible` on
//! clouds that know neither tags at launch nor reliable tokens), so that it may be made again whenever its answer was lost.
//! What failed is an error for a person ([`crate::cloud::aws`]); which offers to try, and when to launch anew, is the engine's
//! to decide.

mod catalog;
mod check;
mod compatible;
mod console;
pub(in crate::cloud) mod describe;
mod fleet;
mod groups;
mod images;
pub(in crate::cloud) mod instance;
mod late_tags;
mod launch;
mod leftovers;
pub(in crate::cloud) mod newest;
mod options;
pub(in crate::cloud) mod os_names;
pub(in crate::cloud) mod pages;
mod patience;
mod prices;
mod publishers;
pub(in crate::cloud) mod quota;
mod run_instances;
mod run_keys;
mod specification;
mod spill;
pub(in crate::cloud) mod tags;
mod template;
mod terminate;
mod user_data;
mod vcpus;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

pub use options::{Announcement, Ec2Options, Ec2Timing, HostKey, HostKeys, LaunchedAt};

use crate::cloud::aws::Session;
use crate::engine::{
    Capabilities, Cloud, CloudError, Host, Image, ImageFilter, Instance, LaunchRequest, Launched, Leftover, Selector,
    SpotPrice,
};

/// The most instances that one call launches: as many as the bucket of instances holds (aws.md; EC2 developer guide, "Request
/// throttling").
const MAX_BATCH: usize = 1000;

/// What EC2-like clouds lack.
const NO_TAGS: &str =
    "this EC2-like cloud takes no tags at launch and knows no fleets: machines are launched one by one";
const NO_LEASE: &str =
    "at the end of a lease a machine powers itself off; whether that removes it is up to this EC2-like cloud";

/// EC2 in one region of one account.
#[derive(Debug)]
pub struct Ec2Cloud {
    session: Arc<Session>,
    options: Ec2Options,
    /// Ids of security groups, by name and network.
    known_groups: Mutex<HashMap<(String, Option<String>), String>>,
    /// Networks, by subnet.
    known_networks: Mutex<HashMap<String, String>>,
    /// The launches that were begun, by their tokens.
    announced: std::sync::Mutex<BTreeMap<String, Announcement>>,
}

impl Ec2Cloud {
    /// EC2 as this session reaches it. Asks nothing yet.
    pub fn new(session: Arc<Session>, options: Ec2Options) -> Self {
        let announced =
            options.announced.iter().map(|announced| (announced.token.clone(), announced.clone())).collect();
        Self {
            session,
            options,
            known_groups: Mutex::default(),
            known_networks: Mutex::default(),
            announced: std::sync::Mutex::new(announced),
        }
    }

    /// How it is reached.
    pub fn session(&self) -> &Arc<Session> {
        &self.session
    }
}

#[async_trait]
impl Cloud for Ec2Cloud {
    fn capabilities(&self) -> Capabilities {
        let timing = &self.options.timing;
        let mut lacks = Vec::new();
        if self.session.is_compatible() {
            lacks.push(NO_TAGS.to_owned());
            lacks.push(NO_LEASE.to_owned());
        }
        Capabilities {
            max_batch: MAX_BATCH,
            visibility_grace: timing.visibility_grace,
            poll_first: timing.poll_first,
            poll_longest: timing.poll_longest,
            lacks,
        }
    }

    async fn launch(&self, request: &LaunchRequest) -> Result<Launched, CloudError> {
        self.raise(request).await
    }

    async fn describe(&self, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
        self.look(selector).await
    }

    async fn terminate(&self, ids: &[String]) -> Result<(), CloudError> {
        self.remove(ids).await
    }

    async fn console(&self, id: &str) -> Result<String, CloudError> {
        self.console_text(id).await
    }

    fn host(&self, _: &str, _: &Instance) -> Option<Arc<dyn Host>> {
        None
    }

    async fn check(&self, requests: &[LaunchRequest]) -> Result<Vec<CloudError>, CloudError> {
        self.find_faults(requests).await
    }

    async fn leftovers(&self, run: Option<&str>) -> Result<Vec<Leftover>, CloudError> {
        self.left(run).await
    }

    async fn remove_leftover(&self, leftover: &Leftover) -> Result<(), CloudError> {
        self.clear(leftover).await
    }

    async fn images(&self, filter: &ImageFilter) -> Result<Vec<Image>, CloudError> {
        self.list_images(filter).await
    }

    async fn spot_prices(&self, instance_types: &[String]) -> Result<Vec<SpotPrice>, CloudError> {
        self.latest_prices(instance_types).await
    }
}
