//! How many virtual processors (vCPUs) an account may run at once, and runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ec2::types::{Instance, InstanceLifecycleType, Tenancy};
use aws_sdk_servicequotas::Client;
use tokio::time::timeout;

use super::catalog::instance_types::InstanceTypes;
use super::describe::{Describer, filter};
use super::quota::Quota;
use crate::cloud::aws::api::{AwsSession, Call, CallError, ErrorClass};
use crate::provider::CloudError;

/// What Service Quotas calls EC2.
const SERVICE: &str = "ec2";

/// The share of the patience with other calls that Service Quotas is asked for: ten seconds. Nothing depends on its
/// answer but an early refusal, and networks that reach EC2 need not reach it.
const PATIENCE: u32 = 6;

/// The most values of a filter (EC2 API reference, `DescribeInstanceTypes`).
const FILTER_VALUES: usize = 200;

/// Asks what the quotas of vCPUs allow, and what counts towards them.
pub(in crate::cloud) struct VcpuQuotas {
    session: Arc<AwsSession>,
    describer: Describer,
    types: InstanceTypes,
}

impl VcpuQuotas {
    /// Those of this session's account and region. Asks nothing yet.
    pub(in crate::cloud) fn new(session: Arc<AwsSession>, describer: Describer) -> Self {
        let types = InstanceTypes::new(Arc::clone(&session));
        Self { session, describer, types }
    }

    /// What these quotas allow, in vCPUs. One that nobody tells is left out: whoever asks may not know it, or the cloud
    /// has no Service Quotas. Then launches beyond it fail, with the cloud's words.
    pub(in crate::cloud) async fn allowed(&self, quotas: &BTreeSet<Quota>) -> Result<BTreeMap<Quota, u64>, CloudError> {
        let client = self.session.servicequotas().await?;
        let mut allowed = BTreeMap::new();
        let asking = async {
            for quota in quotas {
                let Ok(value) = self.value(client, *quota).await else { continue };
                allowed.extend(value.map(|value| (*quota, whole(value))));
            }
        };
        // What was told in time counts.
        let _ = timeout(self.session.timing().patience / PATIENCE, asking).await;
        Ok(allowed)
    }

    /// The value of a quota; none where Service Quotas does not know it.
    async fn value(&self, client: &Client, quota: Quota) -> Result<Option<f64>, CallError> {
        let request = client.get_service_quota().service_code(SERVICE).quota_code(quota.code);
        match self.session.call(Call::servicequotas("GetServiceQuota"), || request.clone().send()).await {
            Ok(answer) => return Ok(answer.quota.and_then(|quota| quota.value)),
            // For some quotas there are only AWS's own values (Service Quotas API reference, `GetServiceQuota`).
            Err(problem) if problem.class() == ErrorClass::UnknownOther => {}
            Err(problem) => return Err(problem),
        }
        let request = client.get_aws_default_service_quota().service_code(SERVICE).quota_code(quota.code);
        match self.session.call(Call::servicequotas("GetAWSDefaultServiceQuota"), || request.clone().send()).await {
            Ok(answer) => Ok(answer.quota.and_then(|quota| quota.value)),
            Err(problem) if problem.class() == ErrorClass::UnknownOther => Ok(None),
            Err(problem) => Err(problem),
        }
    }

    /// The account's instances that count towards the quotas of vCPUs, whoever launched them: those that run or are
    /// about to. On dedicated hosts and in blocks of capacity they count towards other quotas.
    pub(in crate::cloud) async fn counted_instances(&self) -> Result<Vec<Instance>, CloudError> {
        let states = ["pending", "running"].map(str::to_owned);
        let mut found = self.describer.filtered(&[filter("instance-state-name", states)]).await?;
        found.retain(|instance| {
            let tenancy = instance.placement.as_ref().and_then(|placement| placement.tenancy.as_ref());
            tenancy != Some(&Tenancy::Host)
                && matches!(instance.instance_lifecycle, None | Some(InstanceLifecycleType::Spot))
        });
        Ok(found)
    }

    /// How many vCPUs machines of these types have; unknown types are left out. None where the credentials do not allow
    /// to ask.
    pub(in crate::cloud) async fn vcpus(
        &self,
        types: &BTreeSet<String>,
    ) -> Result<Option<BTreeMap<String, u32>>, CloudError> {
        let client = self.session.ec2().await?;
        let types: Vec<String> = types.iter().cloned().collect();
        let mut known = BTreeMap::new();
        for chunk in types.chunks(FILTER_VALUES) {
            match self.types.sizes(client, vec![filter("instance-type", chunk.iter().cloned())]).await {
                Ok(found) => known.extend(found.into_iter().map(|size| (size.name, size.cpus))),
                Err(problem) if problem.class() == ErrorClass::NotPermitted => return Ok(None),
                Err(problem) => return Err(problem.explain(&self.session.scene(), "look up the instance types")),
            }
        }
        Ok(Some(known))
    }
}

/// A quota's value as a number of vCPUs.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "beyond a number's ends, the end is right")]
fn whole(value: f64) -> u64 {
    value as u64
}
