//! EC2 as any cloud is asked.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Mutex;

use super::options::Ec2Options;
use super::root_disk::RootDisk;
use crate::cloud::Announcement;
use crate::cloud::aws::api::AwsSession;
use crate::provider::{
    Capabilities, Cloud, CloudError, Host, Image, ImageFilter, Instance, LaunchRequest, Launched, Leftover, Leftovers,
    Selector, SpotPrice,
};

/// The most instances that one call launches: as many as the bucket of instances holds (EC2 developer guide,
/// "Request throttling").
const MAX_BATCH: usize = 1000;

/// What EC2-like clouds lack.
const NO_TAGS: &str =
    "this EC2-like cloud takes no tags at launch and knows no fleets: machines are launched one by one";
const NO_LEASE: &str =
    "at the end of a lease a machine powers itself off; whether that removes it is up to this EC2-like cloud";

/// EC2 in one region of one account.
#[derive(Debug)]
pub struct Ec2Cloud {
    pub(super) session: Arc<AwsSession>,
    pub(super) options: Ec2Options,
    /// Ids of security groups, by name and network.
    pub(super) known_groups: Mutex<HashMap<(String, Option<String>), String>>,
    /// Networks, by subnet.
    pub(super) known_networks: Mutex<HashMap<String, String>>,
    /// What images start from, by image.
    pub(super) known_roots: Mutex<HashMap<String, RootDisk>>,
    /// The launches that were begun, by their tokens.
    pub(super) announced: std::sync::Mutex<BTreeMap<String, Announcement>>,
}

impl Ec2Cloud {
    /// EC2 as this session reaches it. Asks nothing yet.
    pub fn new(session: Arc<AwsSession>, options: Ec2Options) -> Self {
        let announced =
            options.announced.iter().map(|announced| (announced.token.clone(), announced.clone())).collect();
        Self {
            session,
            options,
            known_groups: Mutex::default(),
            known_networks: Mutex::default(),
            known_roots: Mutex::default(),
            announced: std::sync::Mutex::new(announced),
        }
    }

    /// How it is reached.
    pub fn session(&self) -> &Arc<AwsSession> {
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
            consistency_window: timing.consistency_window,
            poll_first: timing.poll_first,
            poll_longest: timing.poll_longest,
            lacks,
        }
    }

    async fn launch(&self, request: &LaunchRequest) -> Result<Launched, CloudError> {
        self.launch_with_offers(request).await
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

    async fn leftovers(&self, run: Option<&str>) -> Result<Leftovers, CloudError> {
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
