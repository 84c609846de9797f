//! Lists the available instance types.

use std::sync::Arc;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{self, Filter};

use super::unknown_action::is_unknown_action;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, CallError};
use crate::cloud::aws::ec2::pages::all_pages;
use crate::provider::{CloudError, InstanceType};

/// Maximum number of types on a page (EC2 API reference, `DescribeInstanceTypes`).
const PAGE: i32 = 100;

/// Lists instance types.
pub(in crate::cloud::aws::ec2) struct InstanceTypes {
    session: Arc<AwsSession>,
}

impl InstanceTypes {
    /// Creates a list for this session's region. Requests nothing yet.
    pub(in crate::cloud::aws::ec2) fn new(session: Arc<AwsSession>) -> Self {
        Self { session }
    }

    /// Returns the instance types, the smallest first; empty if the cloud cannot list them.
    pub(in crate::cloud::aws::ec2) async fn list(&self) -> Result<Vec<InstanceType>, CloudError> {
        let mut types = match self.sizes(self.session.ec2().await?, Vec::new()).await {
            Ok(types) => types,
            Err(problem) if is_unknown_action(&self.session, &problem) => return Ok(Vec::new()),
            Err(problem) => return Err(problem.explain(&self.session.scene(), "list the instance types")),
        };
        types.sort_by(|one, other| {
            (one.cpus, one.memory_mib, &one.name).cmp(&(other.cpus, other.memory_mib, &other.name))
        });
        Ok(types)
    }

    /// Returns the instance types that match these filters.
    pub(in crate::cloud::aws::ec2) async fn sizes(
        &self,
        client: &Client,
        filters: Vec<Filter>,
    ) -> Result<Vec<InstanceType>, CallError> {
        let request = client
            .describe_instance_types()
            .set_filters((!filters.is_empty()).then_some(filters))
            .set_max_results((!self.session.is_compatible()).then_some(PAGE));
        let call = Call::ec2("DescribeInstanceTypes", ApiClass::Describe);
        let found = all_pages!(&self.session, call, request, instance_types)?;
        Ok(found.into_iter().filter_map(instance_type).collect())
    }
}

fn instance_type(shown: types::InstanceTypeInfo) -> Option<InstanceType> {
    let cpus = shown.v_cpu_info.and_then(|cpus| cpus.default_v_cpus).unwrap_or_default();
    let memory = shown.memory_info.and_then(|memory| memory.size_in_mib).unwrap_or_default();
    let architectures = shown.processor_info.and_then(|info| info.supported_architectures).unwrap_or_default();
    Some(InstanceType {
        name: shown.instance_type?.as_str().to_owned(),
        cpus: u32::try_from(cpus).unwrap_or_default(),
        memory_mib: u64::try_from(memory).unwrap_or_default(),
        architectures: architectures.iter().map(|architecture| architecture.as_str().to_owned()).collect(),
    })
}
