//! Implements the cloud of annexes with stacks, delegating each operation to its component.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::access_denied::for_user;
use super::annex_stack::StackFinder;
use super::apply::StackLauncher;
use super::cfn_template::goes_with_groups;
use super::check::AnnexChecks;
use super::delete::StackRemover;
use super::describe::tags;
use super::disk_prices::DiskPrices;
use super::files::AnnexFiles;
use super::images::PoolImages;
use super::instances::AnnexInstances;
use super::leftovers::AnnexLeftovers;
use super::list::list_annexes;
use super::member_leases::MemberLeases;
use super::networks::NetworkPlan;
use super::observe::StackObserver;
use super::prepare::StackPlanner;
use super::prices::AnnexPrices;
use super::quotas::QuotaLookup;
use super::release::Releaser;
use super::scaling_groups::ScalingGroups;
use super::setup_reader::SetupReader;
use super::spot_shortages::spot_shortages;
use super::stored_logs::StoredLogs;
use super::sweeper::AnnexSweeper;
use super::tagged_things::TaggedThings;
use super::user_data::PoolUserData;
use crate::annex::{
    AnnexCloud, AnnexId, AnnexInstance, AnnexLeftover, AnnexSpec, Dollars, NodeLog, ObservedAnnex, Pilot, PoolPrice,
    SpotShortage,
};
use crate::cloud::aws::api::AwsSession;
use crate::cloud::aws::ec2::Ec2Options;
use crate::cloud::aws::ec2::catalog::image_lookup::ImageLookup;
use crate::cloud::aws::ec2::check::PoolChecks;
use crate::cloud::aws::ec2::console::console_text;
use crate::cloud::aws::ec2::describe::Describer;
use crate::cloud::aws::ec2::groups::SecurityGroups;
use crate::cloud::aws::ec2::prices::SpotPrices;
use crate::cloud::aws::ec2::terminate::Terminator;
use crate::cloud::aws::ec2::vcpus::VcpuQuotas;
use crate::provider::{CloudError, TAG_OWNER, TAG_STATE};
use crate::template::Templates;

/// The annexes of one account in one region.
pub struct StackCloud {
    session: Arc<AwsSession>,
    setup: SetupReader,
    stacks: StackFinder,
    checks: AnnexChecks,
    prices: AnnexPrices,
    networks: NetworkPlan,
    planner: StackPlanner,
    launcher: StackLauncher,
    observer: StackObserver,
    instances: AnnexInstances,
    releaser: Releaser,
    remover: StackRemover,
    sweeper: AnnexSweeper,
    groups: ScalingGroups,
    leases: MemberLeases,
    leftovers: AnnexLeftovers,
    logs: StoredLogs,
}

impl StackCloud {
    /// Creates access to annexes through this session; their instances' user data is rendered from `templates`.
    /// Requests nothing yet.
    pub fn new(session: Arc<AwsSession>, templates: Templates) -> Self {
        let asked = || Arc::clone(&session);
        let Ec2Options { timing, launched_at, .. } = Ec2Options::default();
        let describer = Describer::new(asked());
        let market = SpotPrices::new(asked());
        let (setup, stacks) = (SetupReader::new(asked()), StackFinder::new(asked()));
        let (groups, files) = (ScalingGroups::new(asked()), AnnexFiles::new(asked()));
        let (images, networks) = (PoolImages::new(asked()), NetworkPlan::new(asked()));
        let disks = DiskPrices { session: asked(), images: images.clone() };
        let user_data = PoolUserData::new(templates);
        let leases = MemberLeases::new(asked(), describer.clone());
        let terminator = Arc::new(Terminator::new(asked(), timing, launched_at));
        let things = TaggedThings { session: asked(), describer: describer.clone() };
        let sweeper = AnnexSweeper {
            session: asked(),
            groups: groups.clone(),
            things: things.clone(),
            terminator: Arc::clone(&terminator),
        };
        let instances = AnnexInstances::new(describer.clone(), market.clone());
        let planner = StackPlanner {
            session: asked(),
            images: images.clone(),
            networks: networks.clone(),
            user_data: user_data.clone(),
            files: files.clone(),
        };
        Self {
            checks: AnnexChecks {
                session: asked(),
                setup: setup.clone(),
                stacks: stacks.clone(),
                pools: PoolChecks::new(asked(), Arc::new(SecurityGroups::new(asked())), market.clone()),
                images,
                lookup: ImageLookup::new(asked()),
                networks: networks.clone(),
                quotas: QuotaLookup {
                    session: asked(),
                    quotas: VcpuQuotas::new(asked(), describer.clone()),
                    groups: groups.clone(),
                },
                user_data,
            },
            prices: AnnexPrices { market, networks: networks.clone(), disks },
            networks,
            launcher: StackLauncher {
                session: asked(),
                stacks: stacks.clone(),
                groups: groups.clone(),
                files: files.clone(),
                leases: leases.clone(),
                planner: planner.clone(),
            },
            planner,
            observer: StackObserver { session: asked(), stacks: stacks.clone(), groups: groups.clone() },
            releaser: Releaser { session: asked(), groups: groups.clone(), describer, terminator },
            remover: StackRemover {
                session: asked(),
                stacks: stacks.clone(),
                files: files.clone(),
                setup: setup.clone(),
                sweeper: sweeper.clone(),
            },
            sweeper,
            groups: groups.clone(),
            leases,
            logs: StoredLogs { files: files.clone() },
            leftovers: AnnexLeftovers { stacks: stacks.clone(), groups, things, files, setup: setup.clone() },
            instances,
            setup,
            stacks,
            session,
        }
    }
}

impl fmt::Debug for StackCloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StackCloud").field("session", &self.session).finish_non_exhaustive()
    }
}

/// Adds to missing-permission errors a hint at the complete policy.
#[async_trait]
impl AnnexCloud for StackCloud {
    async fn check(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Vec<CloudError>, CloudError> {
        self.checks.find_faults(id, spec).await.map_err(for_user)
    }

    async fn prices(&self, spec: &AnnexSpec) -> Result<Vec<PoolPrice>, CloudError> {
        self.prices.dearest(spec).await.map_err(for_user)
    }

    async fn disk_prices(&self, spec: &AnnexSpec) -> Result<Vec<Option<Dollars>>, CloudError> {
        self.prices.disks.of_pools(spec).await.map_err(for_user)
    }

    async fn gives_public_addresses(&self, spec: &AnnexSpec) -> Result<Option<bool>, CloudError> {
        let setup = self.setup.require().await.map_err(for_user)?;
        self.networks.gives_public_addresses(spec, &setup).await.map_err(for_user)
    }

    async fn preview(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Value, CloudError> {
        let setup = self.setup.require().await.map_err(for_user)?;
        self.planner.show(id, spec, &setup).await.map_err(for_user)
    }

    async fn apply(&self, id: &AnnexId, spec: &AnnexSpec, token: &str) -> Result<Option<String>, CloudError> {
        let setup = self.setup.require().await.map_err(for_user)?;
        self.launcher.apply(id, spec, &setup, token).await.map(Some).map_err(for_user)
    }

    async fn secure(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<(), CloudError> {
        self.groups.keep_instances(id).await.map_err(for_user)?;
        self.leases.set(id, spec.expires_at).await.map_err(for_user)
    }

    async fn spot_shortages(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Vec<SpotShortage>, CloudError> {
        spot_shortages(&self.groups, id, spec).await.map_err(for_user)
    }

    async fn look(&self, id: &AnnexId, cloud_id: Option<&str>) -> Result<Option<ObservedAnnex>, CloudError> {
        self.observer.observe(id, cloud_id).await.map_err(for_user)
    }

    async fn instances(&self, id: &AnnexId) -> Result<Vec<AnnexInstance>, CloudError> {
        self.instances.list(id).await.map_err(for_user)
    }

    async fn console(&self, instance: &str) -> Result<String, CloudError> {
        console_text(&self.session, instance).await.map_err(for_user)
    }

    async fn logs(&self, id: &AnnexId, instance: &str) -> Result<Vec<NodeLog>, CloudError> {
        let setup = self.setup.require().await.map_err(for_user)?;
        self.logs.of_instance(id, &setup, instance).await.map_err(for_user)
    }

    async fn retire(&self, id: &AnnexId, pilot: &Pilot, instances: &[String]) -> Result<(), CloudError> {
        self.leases.shorten(id, instances, pilot.lead()).await.map_err(for_user)
    }

    async fn release(&self, id: &AnnexId, instances: &[String]) -> Result<(), CloudError> {
        self.releaser.release(id, instances).await.map_err(for_user)
    }

    async fn delete(
        &self,
        id: &AnnexId,
        cloud_id: Option<&str>,
        retain: &[String],
        token: &str,
    ) -> Result<(), CloudError> {
        self.remover.remove(id, cloud_id, retain, token).await.map_err(for_user)
    }

    async fn sweep(&self, id: &AnnexId, whole: bool) -> Result<Vec<(String, String)>, CloudError> {
        let refused = if whole { self.sweeper.end_all(id).await } else { self.sweeper.end_instances(id).await };
        refused.map_err(for_user)
    }

    async fn remains(&self, id: &AnnexId, cloud_id: Option<&str>) -> Result<Vec<AnnexLeftover>, CloudError> {
        self.leftovers.find(id, cloud_id).await.map_err(for_user)
    }

    fn would_show(&self, resource: &str) -> bool {
        goes_with_groups(resource)
    }

    async fn owner(&self, id: &AnnexId) -> Result<Option<String>, CloudError> {
        Ok(self.stacks.find(id, None).await?.and_then(|stack| tags(&stack).remove(TAG_OWNER)))
    }

    async fn state(&self, id: &AnnexId) -> Result<Option<String>, CloudError> {
        Ok(self.stacks.find(id, None).await?.and_then(|stack| tags(&stack).remove(TAG_STATE)))
    }

    async fn traces(&self) -> Result<BTreeSet<AnnexId>, CloudError> {
        self.leftovers.annexes().await.map_err(for_user)
    }

    async fn all(&self) -> Result<Vec<AnnexId>, CloudError> {
        list_annexes(&self.session).await.map_err(for_user)
    }
}
