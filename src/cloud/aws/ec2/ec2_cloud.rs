//! Implements `Cloud` for EC2, delegating each operation to its component.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::adopter::Adopter;
use super::catalog::ensure_security_group::SecurityGroupMaker;
use super::catalog::image_lookup::ImageLookup;
use super::catalog::instance_types::InstanceTypes;
use super::catalog::networks::Networks;
use super::check::{LaunchChecks, WorkCheck};
use super::console::console_text;
use super::describe::Describer;
use super::ec2_compatible::CompatibleLauncher;
use super::fleet::FleetLauncher;
use super::groups::SecurityGroups;
use super::images::Images;
use super::launch::Launcher;
use super::launch_specifier::LaunchSpecifier;
use super::launch_template::LaunchTemplates;
use super::launch_user_data::LaunchUserData;
use super::leftovers::{LeftoverFinder, LeftoverRemover};
use super::offload::Offload;
use super::options::{Ec2Options, Ec2Timing};
use super::prices::SpotPrices;
use super::renew::LeaseRenewer;
use super::root_disk_lookup::RootDisks;
use super::run_instances::OnDemandLauncher;
use super::slot_instances::SlotInstances;
use super::tag_after_launch::LateTags;
use super::terminate::Terminator;
use crate::cloud::aws::api::AwsSession;
use crate::provider::{
    Capabilities, Cloud, CloudError, Host, Image, ImageFilter, Instance, InstanceSpec, LaunchRequest, Launched,
    Leftover, Leftovers, Selector, SpotPrice, WorkFindings, WorkNeeds,
};

/// Maximum number of instances in one launch call: the size of the bucket of instances (EC2 developer guide, "Request
/// throttling").
const MAX_BATCH: usize = 1000;

/// Time within which a guest knows its tag: it looks every 20 seconds.
const LEASE_NOTICE: Duration = Duration::from_secs(30);

/// Missing features of EC2-like clouds.
const NO_TAGS: &str =
    "this EC2-like cloud takes no tags at launch and knows no fleets: machines are launched one by one";
const NO_LEASE: &str =
    "at the end of a lease a machine powers itself off; whether that removes it is up to this EC2-like cloud";
const NO_RENEWAL: &str = "leases are not renewed on this EC2-like cloud, whose machines cannot read their tags: a machine \
                          ends at the time that it was launched with";

/// EC2 in one region of one account.
pub struct Ec2Cloud {
    pub(super) session: Arc<AwsSession>,
    timing: Ec2Timing,
    launcher: Launcher,
    describer: Describer,
    late_tags: Arc<LateTags>,
    terminator: Terminator,
    renewer: LeaseRenewer,
    checks: LaunchChecks,
    work_check: WorkCheck,
    leftovers: LeftoverFinder,
    remover: LeftoverRemover,
    prices: SpotPrices,
    pub(super) images: Images,
    pub(super) image_lookup: ImageLookup,
    pub(super) instance_types: InstanceTypes,
    pub(super) networks: Networks,
    pub(super) group_maker: SecurityGroupMaker,
}

impl Ec2Cloud {
    /// Creates access to EC2 through this session. Requests nothing yet.
    pub fn new(session: Arc<AwsSession>, options: Ec2Options) -> Self {
        let Ec2Options { keys, reached_by_ssh, launched_at, announced, bucket, addresses, timing } = options;
        let asked = || Arc::clone(&session);
        let offload = bucket.map(|bucket| Arc::new(Offload::new(asked(), bucket, addresses)));
        let templates = LaunchTemplates::new(asked());
        let groups = Arc::new(SecurityGroups::new(asked()));
        let disks = Arc::new(RootDisks::new(asked(), templates.clone()));
        let user_data =
            Arc::new(LaunchUserData::new(keys.clone(), reached_by_ssh, offload.clone(), !session.is_compatible()));
        let describer = Describer::new(asked());
        let adopter = Adopter::new(describer.clone(), timing);
        let slots = SlotInstances::new(describer.clone());
        let late_tags = Arc::new(LateTags::new(asked(), slots.clone(), timing, &announced));
        let prices = SpotPrices::new(asked());
        Self {
            timing,
            launcher: Launcher {
                session: asked(),
                describer: describer.clone(),
                specifier: LaunchSpecifier::new(Arc::clone(&groups), Arc::clone(&disks), Arc::clone(&user_data)),
                on_demand: OnDemandLauncher::new(asked(), adopter.clone()),
                fleet: FleetLauncher::new(asked(), describer.clone(), adopter, templates.clone(), timing),
                one_by_one: CompatibleLauncher::new(asked(), slots, Arc::clone(&late_tags), timing),
                keys,
            },
            renewer: LeaseRenewer::new(asked(), describer.clone()),
            describer,
            late_tags,
            terminator: Terminator::new(asked(), timing, launched_at),
            checks: LaunchChecks::new(asked(), Arc::clone(&groups), disks, user_data, prices.clone()),
            work_check: WorkCheck::new(asked(), Arc::clone(&groups)),
            leftovers: LeftoverFinder::new(asked(), offload.clone()),
            remover: LeftoverRemover::new(asked(), templates, offload),
            prices,
            images: Images::new(asked()),
            image_lookup: ImageLookup::new(asked()),
            instance_types: InstanceTypes::new(asked()),
            networks: Networks::new(asked()),
            group_maker: SecurityGroupMaker::new(asked(), groups, timing),
            session,
        }
    }

    /// Returns the session.
    pub fn session(&self) -> &Arc<AwsSession> {
        &self.session
    }
}

impl fmt::Debug for Ec2Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ec2Cloud").field("session", &self.session).finish_non_exhaustive()
    }
}

#[async_trait]
impl Cloud for Ec2Cloud {
    fn capabilities(&self) -> Capabilities {
        let timing = &self.timing;
        let mut lacks = Vec::new();
        if self.session.is_compatible() {
            lacks.push(NO_TAGS.to_owned());
            lacks.push(NO_LEASE.to_owned());
            lacks.push(NO_RENEWAL.to_owned());
        }
        Capabilities {
            max_batch: MAX_BATCH,
            consistency_window: timing.consistency_window,
            poll_first: timing.poll_first,
            poll_longest: timing.poll_longest,
            renews: !self.session.is_compatible(),
            lease_notice: LEASE_NOTICE,
            lacks,
        }
    }

    async fn launch(&self, request: &LaunchRequest) -> Result<Launched, CloudError> {
        self.launcher.launch(request).await
    }

    async fn describe(&self, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
        let mut instances = self.describer.select(selector).await?;
        if self.session.is_compatible() {
            instances.extend(self.late_tags.missing_from(selector, &instances).await?);
        }
        Ok(instances)
    }

    async fn terminate(&self, ids: &[String]) -> Result<(), CloudError> {
        self.terminator.terminate(ids).await
    }

    async fn renew(&self, ids: &[String], until: Timestamp) -> Result<Vec<String>, CloudError> {
        self.renewer.renew(ids, until).await
    }

    async fn console(&self, id: &str) -> Result<String, CloudError> {
        console_text(&self.session, id).await
    }

    fn host(&self, _: &str, _: &Instance) -> Option<Arc<dyn Host>> {
        None
    }

    async fn check(&self, requests: &[LaunchRequest]) -> Result<Vec<CloudError>, CloudError> {
        self.checks.find_faults(requests).await
    }

    async fn check_work(&self, machine: &InstanceSpec, needs: &WorkNeeds) -> Result<WorkFindings, CloudError> {
        self.work_check.check(machine, needs).await
    }

    async fn leftovers(&self, run: Option<&str>) -> Result<Leftovers, CloudError> {
        self.leftovers.find(run).await
    }

    async fn remove_leftover(&self, leftover: &Leftover) -> Result<(), CloudError> {
        self.remover.remove(leftover).await
    }

    async fn images(&self, filter: &ImageFilter) -> Result<Vec<Image>, CloudError> {
        self.images.list(filter).await
    }

    async fn spot_prices(&self, instance_types: &[String]) -> Result<Vec<SpotPrice>, CloudError> {
        self.prices.latest(instance_types).await
    }
}
