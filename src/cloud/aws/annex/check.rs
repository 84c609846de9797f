//! Finds faults in an annex before anything is created.

use std::sync::Arc;

use jiff::Timestamp;

use super::annex_stack::StackFinder;
use super::images::{PoolImage, PoolImages, system_of};
use super::networks::NetworkPlan;
use super::prepare::root_device;
use super::quotas::QuotaLookup;
use super::setup_reader::{SetupReader, no_setup};
use super::user_data::{PoolUserData, UserDataInputs};
use crate::annex::{AnnexId, AnnexSpec, PoolSoftware};
use crate::cloud::aws::annex::Setup;
use crate::cloud::aws::api::AwsSession;
use crate::cloud::aws::ec2::catalog::image_lookup::ImageLookup;
use crate::cloud::aws::ec2::check::PoolChecks;
use crate::cloud::aws::ec2::ssm_alias::BY_PARAMETER;
use crate::cloud::aws::ec2::tags::metadata_faults;
use crate::plan::local_time;
use crate::provider::{CloudError, CloudErrorKind, InstanceSpec, LaunchRequest, Offer};

/// Checks annexes before they are created.
pub(super) struct AnnexChecks {
    pub(super) session: Arc<AwsSession>,
    pub(super) setup: SetupReader,
    pub(super) stacks: StackFinder,
    pub(super) pools: PoolChecks,
    pub(super) images: PoolImages,
    pub(super) lookup: ImageLookup,
    pub(super) networks: NetworkPlan,
    pub(super) quotas: QuotaLookup,
    pub(super) user_data: PoolUserData,
}

impl AnnexChecks {
    /// Returns all faults that can be found without creating anything.
    pub(super) async fn find_faults(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Vec<CloudError>, CloudError> {
        let mut wrong = Vec::new();
        if spec.expires_at <= Timestamp::now() {
            let end = local_time(spec.expires_at);
            wrong.push(refused(format!("the lease ended at {end}"), "give a later end: --lease or --expiry"));
        }
        let exists = match self.stacks.own(id).await {
            Ok(stack) => stack.is_some(),
            Err(error) if error.kind.is_refusal() => {
                wrong.push(error);
                false
            }
            Err(error) => return Err(error),
        };
        let tags = metadata_faults(&spec.tags, "a machine learns the end of its lease");
        wrong.extend(tags.map(|(message, remedy)| refused(message, remedy)));
        let setup = self.setup.outputs().await?;
        wrong.extend(self.pools.find_faults(&requests(id, spec)).await?);
        let given = match UserDataInputs::read(id, spec) {
            Ok(given) => Some(given),
            Err(unreadable) => {
                wrong.extend(unreadable);
                None
            }
        };
        wrong.extend(self.check_images(id, spec, setup.as_ref(), given.as_ref()).await?);
        match &setup {
            Some(setup) => {
                wrong.extend(self.networks.find_faults(spec, setup).await?);
                wrong.extend((!setup.ends_groups).then(old_setup));
            }
            None => wrong.push(no_setup(self.session.region().await?)),
        }
        wrong.extend(self.quotas.find_faults(id, spec, exists).await?);
        Ok(wrong)
    }

    /// Checks that each existing image can be used; missing images have been reported already.
    async fn check_images(
        &self,
        id: &AnnexId,
        spec: &AnnexSpec,
        setup: Option<&Setup>,
        given: Option<&UserDataInputs>,
    ) -> Result<Vec<CloudError>, CloudError> {
        let mut wrong = Vec::new();
        for (place, image) in self.images.of_pools(spec).await?.into_iter().enumerate() {
            let Some(image) = image else { continue };
            let parameter = &spec.pools[place].image;
            if parameter.starts_with(BY_PARAMETER) {
                wrong.extend(self.check_parameter(place, parameter).await?);
            }
            wrong.extend(root_device(place, spec, &image).err());
            wrong.extend(small_disk(place, spec, &image));
            let made = match (&spec.software, setup, given) {
                (_, Some(setup), Some(given)) => self.user_data.of_pool(id, spec, setup, given, (place, &image)).err(),
                (PoolSoftware::HTCondor(joining), _, _) => system_of(place, joining.os.as_deref(), &image).err(),
                _ => None,
            };
            wrong.extend(made);
        }
        wrong.dedup_by(|one, other| one.message == other.message);
        Ok(wrong)
    }

    /// Checks that a parameter names an image. Only a dry run of a launch shows this; without the permission to launch,
    /// the check is left to CloudFormation.
    async fn check_parameter(&self, place: usize, parameter: &str) -> Result<Option<CloudError>, CloudError> {
        match self.lookup.find(parameter).await {
            Ok(Some(_)) => Ok(None),
            Ok(None) => {
                let message = format!("pool {}: {parameter} names no image", place + 1);
                Ok(Some(refused(
                    message,
                    "`hoist image list` shows for each system what always names its newest image",
                )))
            }
            Err(error) if error.kind.is_refusal() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Returns a launch request for each pool, for the checks shared with launches.
fn requests(id: &AnnexId, spec: &AnnexSpec) -> Vec<LaunchRequest> {
    let mut tags = spec.tags.clone();
    tags.insert(crate::annex::TAG_ANNEX.to_owned(), id.tag());
    tags.extend(spec.ownership());
    tags.insert("Name".to_owned(), id.name.stack());
    let subnets: Vec<Option<String>> = match spec.subnets.as_slice() {
        [] => vec![None],
        some => some.iter().cloned().map(Some).collect(),
    };
    let request = |(place, pool): (usize, &crate::annex::InstanceGroup)| {
        let spot = spec.market_of(place).buys_spot();
        let offer = |instance_type: &String, subnet: &Option<String>| Offer {
            spot,
            instance_type: Some(instance_type.clone()),
            zone: None,
            subnet: subnet.clone(),
        };
        let types = pool.instance_types.iter();
        LaunchRequest {
            slots: vec![(place + 1).to_string()],
            machine: InstanceSpec {
                image: Some(pool.image.clone()),
                key_name: spec.key_name.clone(),
                security_groups: spec.security_groups.clone(),
                max_price: pool.max_price.filter(|_| spot).map(|price| price.to_string()),
                ..InstanceSpec::default()
            },
            offers: types.flat_map(|name| subnets.iter().map(move |subnet| offer(name, subnet))).collect(),
            tags: tags.clone(),
            expires_at: Some(spec.expires_at),
            ..LaunchRequest::default()
        }
    };
    spec.pools.iter().enumerate().map(request).collect()
}

/// Returns the error of a pool whose disk is smaller than its image's. The size of an image behind a parameter shows
/// only at its launch.
fn small_disk(place: usize, spec: &AnnexSpec, image: &PoolImage) -> Option<CloudError> {
    let pool = &spec.pools[place];
    let (size, needed) = (pool.disk?, image.root_size?);
    (size < needed).then(|| {
        let message =
            format!("pool {}: its disk is to have {size} GiB, and the image {} has {needed}", place + 1, pool.image);
        refused(message, &format!("disk={needed}G or more, or leave disk= out"))
    })
}

/// The error of a set-up whose role cannot end groups of protected instances.
fn old_setup() -> CloudError {
    let message = "the set-up is an earlier version's: it cannot end the lease of machines that no group may end";
    refused(message.to_owned(), "`hoist annex setup` brings it up to date; annexes that are up stay as they are")
}

fn refused(message: String, hint: &str) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, message).hint(hint)
}
