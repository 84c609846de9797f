//! Quotas of virtual processors (vCPUs) of an account, and their usage.

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

/// Code of EC2 in Service Quotas.
const SERVICE: &str = "ec2";

/// Divisor of the patience with other calls, for Service Quotas: ten seconds. Its answer serves only for an early
/// refusal, and networks that reach EC2 need not reach it.
const PATIENCE: u32 = 6;

/// Maximum number of values of a filter (EC2 API reference, `DescribeInstanceTypes`).
const FILTER_VALUES: usize = 200;

/// Looks up quotas of vCPUs, and the instances that count towards them.
pub(in crate::cloud) struct VcpuQuotas {
    session: Arc<AwsSession>,
    describer: Describer,
    types: InstanceTypes,
}

impl VcpuQuotas {
    /// Creates a lookup for this session's account and region. Requests nothing yet.
    pub(in crate::cloud) fn new(session: Arc<AwsSession>, describer: Describer) -> Self {
        let types = InstanceTypes::new(Arc::clone(&session));
        Self { session, describer, types }
    }

    /// Returns the values of these quotas, in vCPUs. Unavailable ones are left out: the caller may lack the permission,
    /// or the cloud has no Service Quotas. Launches beyond such a quota fail with the cloud's message.
    pub(in crate::cloud) async fn allowed(&self, quotas: &BTreeSet<Quota>) -> Result<BTreeMap<Quota, u64>, CloudError> {
        let client = self.session.servicequotas().await?;
        let mut allowed = BTreeMap::new();
        let asking = async {
            for quota in quotas {
                let Ok(value) = self.value(client, *quota).await else { continue };
                allowed.extend(value.map(|value| (*quota, whole(value))));
            }
        };
        // Answers that arrived in time count.
        let _ = timeout(self.session.timing().patience / PATIENCE, asking).await;
        Ok(allowed)
    }

    /// Returns the value of a quota; `None` if Service Quotas does not know it.
    async fn value(&self, client: &Client, quota: Quota) -> Result<Option<f64>, CallError> {
        let request = client.get_service_quota().service_code(SERVICE).quota_code(quota.code);
        match self.session.call(Call::servicequotas("GetServiceQuota"), || request.clone().send()).await {
            Ok(answer) => return Ok(answer.quota.and_then(|quota| quota.value)),
            // Some quotas have only AWS's default values (Service Quotas API reference, `GetServiceQuota`).
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

    /// Returns the account's pending and running instances that count towards the quotas of vCPUs, including those not
    /// launched by hoist. Instances on dedicated hosts and in capacity blocks count towards other quotas.
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

    /// Returns the vCPUs of instances of these types; unknown types are left out. `None` if the credentials do not
    /// allow the request.
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

/// Converts a quota's value to a number of vCPUs.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "beyond a number's ends, the end is right")]
fn whole(value: f64) -> u64 {
    value as u64
}
