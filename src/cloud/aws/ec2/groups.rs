//! Resolves security groups: plans use names or ids, EC2 wants one kind in a call.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_ec2::types::{Filter, SecurityGroup};
use tokio::sync::Mutex;

use super::describe::filter;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call};
use crate::provider::{CloudError, CloudErrorKind, LaunchRequest};

/// Security groups of a launch: either ids or names, not both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Groups {
    pub(super) ids: Vec<String>,
    /// Names, which work in the default network only.
    pub(super) names: Vec<String>,
}

/// Returns whether this is an id, not a name.
pub(super) fn is_id(group: &str) -> bool {
    group.strip_prefix("sg-").is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Finds security groups, and caches them: the meaning of a name does not change during a command.
pub(in crate::cloud) struct SecurityGroups {
    session: Arc<AwsSession>,
    /// Ids by name and network.
    known_groups: Mutex<HashMap<(String, Option<String>), String>>,
    /// Networks by subnet.
    known_networks: Mutex<HashMap<String, String>>,
}

impl SecurityGroups {
    /// Creates a lookup for this session's region. Requests nothing yet.
    pub(in crate::cloud) fn new(session: Arc<AwsSession>) -> Self {
        Self { session, known_groups: Mutex::default(), known_networks: Mutex::default() }
    }

    /// Returns the groups of a launch. Names work for the default network; with a subnet, or ids among the names, EC2
    /// requires ids.
    pub(super) async fn of_launch(&self, request: &LaunchRequest) -> Result<Groups, CloudError> {
        let groups = &request.machine.security_groups;
        let subnet = request.offers.iter().find_map(|offer| offer.subnet.clone());
        let (ids, names): (Vec<String>, Vec<String>) = groups.iter().cloned().partition(|group| is_id(group));
        if names.is_empty() || (ids.is_empty() && subnet.is_none()) {
            return Ok(Groups { ids, names });
        }
        let network = match &subnet {
            Some(subnet) => Some(self.network_of(subnet).await?),
            None => None,
        };
        let mut resolved = Vec::new();
        for group in groups {
            resolved.push(if is_id(group) {
                group.clone()
            } else {
                self.id_of_group(group, network.as_deref()).await?
            });
        }
        Ok(Groups { ids: resolved, names: Vec::new() })
    }

    async fn id_of_group(&self, name: &str, network: Option<&str>) -> Result<String, CloudError> {
        let key = (name.to_owned(), network.map(str::to_owned));
        if let Some(id) = self.known_groups.lock().await.get(&key) {
            return Ok(id.clone());
        }
        let found = self.named(name, network).await?;
        let place = network.map(|network| format!(" in {network}")).unwrap_or_default();
        let id = match found.as_slice() {
            [group] => group.group_id.clone(),
            [] => None,
            several => {
                let ids: Vec<&str> = several.iter().filter_map(|group| group.group_id.as_deref()).collect();
                let message = format!("security group {name} exists in several networks: {}", ids.join(", "));
                return Err(CloudError::new(CloudErrorKind::Rejected, message)
                    .hint("name it by its id, or give the subnet that the machines are to be in"));
            }
        };
        let id = id.ok_or_else(|| {
            CloudError::new(CloudErrorKind::Rejected, format!("there is no security group {name}{place}"))
                .hint("aws ec2 describe-security-groups lists them; a group must be in the VPC of the subnet")
        })?;
        self.known_groups.lock().await.insert(key, id.clone());
        Ok(id)
    }

    /// Returns the groups of this name, in one network or in all.
    pub(super) async fn named(&self, name: &str, network: Option<&str>) -> Result<Vec<SecurityGroup>, CloudError> {
        let mut filters = vec![filter("group-name", [name.to_owned()])];
        filters.extend(network.map(|network| filter("vpc-id", [network.to_owned()])));
        self.describe(filters, &format!("look up the security group {name}")).await
    }

    /// Returns those of these groups that exist. No ids: nothing is asked.
    pub(in crate::cloud::aws) async fn with_ids(&self, ids: Vec<String>) -> Result<Vec<SecurityGroup>, CloudError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.describe(vec![filter("group-id", ids)], "look up the security groups").await
    }

    async fn describe(&self, filters: Vec<Filter>, doing: &str) -> Result<Vec<SecurityGroup>, CloudError> {
        let request = self.session.ec2().await?.describe_security_groups().set_filters(Some(filters));
        let call = Call::ec2("DescribeSecurityGroups", ApiClass::Describe);
        let answer = self.session.call(call, || request.clone().send()).await;
        let answer = answer.map_err(|problem| problem.explain(&self.session.scene(), doing))?;
        Ok(answer.security_groups.unwrap_or_default())
    }

    /// Returns the network of a subnet.
    async fn network_of(&self, subnet: &str) -> Result<String, CloudError> {
        if let Some(network) = self.known_networks.lock().await.get(subnet) {
            return Ok(network.clone());
        }
        let client = self.session.ec2().await?;
        let request = client.describe_subnets().subnet_ids(subnet);
        let call = Call::ec2("DescribeSubnets", ApiClass::Describe);
        let answer = self.session.call(call, || request.clone().send()).await;
        let answer = answer
            .map_err(|problem| problem.explain(&self.session.scene(), &format!("look up the subnet {subnet}")))?;
        let network = answer.subnets.unwrap_or_default().into_iter().find_map(|subnet| subnet.vpc_id);
        let network = network.ok_or_else(|| {
            CloudError::new(CloudErrorKind::Rejected, format!("there is no subnet {subnet}"))
                .hint("aws ec2 describe-subnets lists them")
        })?;
        self.known_networks.lock().await.insert(subnet.to_owned(), network.clone());
        Ok(network)
    }
}
