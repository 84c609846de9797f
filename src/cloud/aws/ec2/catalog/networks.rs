//! Lists the available subnets and security groups.

use std::sync::Arc;

use aws_sdk_ec2::types;

use super::group_rules;
use super::unknown_action::is_unknown_action;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call};
use crate::cloud::aws::ec2::describe::filter;
use crate::cloud::aws::ec2::pages::all_pages;
use crate::cloud::aws::ec2::tags;
use crate::provider::{CloudError, SecurityGroup, Subnet};

/// Tag that AWS's console shows as a resource's name.
const TAG_NAME: &str = "Name";

/// Lists subnets and security groups.
pub(in crate::cloud::aws::ec2) struct Networks {
    session: Arc<AwsSession>,
}

impl Networks {
    /// Creates a list for this session's region. Requests nothing yet.
    pub(in crate::cloud::aws::ec2) fn new(session: Arc<AwsSession>) -> Self {
        Self { session }
    }

    /// Returns the subnets, default ones first; empty if the cloud cannot list them.
    pub(in crate::cloud::aws::ec2) async fn subnets(&self) -> Result<Vec<Subnet>, CloudError> {
        let client = self.session.ec2().await?;
        let request = client.describe_subnets();
        let call = Call::ec2("DescribeSubnets", ApiClass::DescribeAll);
        let found = match all_pages!(&self.session, call, request, subnets) {
            Ok(found) => found,
            Err(problem) if is_unknown_action(&self.session, &problem) => return Ok(Vec::new()),
            Err(problem) => return Err(problem.explain(&self.session.scene(), "list the subnets")),
        };
        let mut subnets: Vec<Subnet> = found.into_iter().filter_map(subnet).collect();
        subnets.sort_by(|one, other| {
            let by_default = other.is_default.cmp(&one.is_default);
            by_default.then_with(|| (&one.zone, &one.network, &one.id).cmp(&(&other.zone, &other.network, &other.id)))
        });
        Ok(subnets)
    }

    /// Returns the security groups of a network, or of all, sorted by name.
    pub(in crate::cloud::aws::ec2) async fn security_groups(
        &self,
        network: Option<&str>,
    ) -> Result<Vec<SecurityGroup>, CloudError> {
        let client = self.session.ec2().await?;
        let wanted = network.map(|network| vec![filter("vpc-id", [network.to_owned()])]);
        let group = if wanted.is_some() { ApiClass::Describe } else { ApiClass::DescribeAll };
        let request = client.describe_security_groups().set_filters(wanted);
        let call = Call::ec2("DescribeSecurityGroups", group);
        let found = all_pages!(&self.session, call, request, security_groups)
            .map_err(|problem| problem.explain(&self.session.scene(), "list the security groups"))?;
        let mut groups: Vec<SecurityGroup> = found.into_iter().filter_map(security_group).collect();
        groups.sort_by(|one, other| (&one.name, &one.network, &one.id).cmp(&(&other.name, &other.network, &other.id)));
        Ok(groups)
    }
}

fn subnet(shown: types::Subnet) -> Option<Subnet> {
    Some(Subnet {
        id: shown.subnet_id?,
        name: tags::read(shown.tags).remove(TAG_NAME).filter(|name| !name.is_empty()),
        network: shown.vpc_id.unwrap_or_default(),
        zone: shown.availability_zone.unwrap_or_default(),
        cidr: shown.cidr_block.unwrap_or_default(),
        is_default: shown.default_for_az.unwrap_or_default(),
    })
}

/// Converts a group from EC2's type.
pub(super) fn security_group(shown: types::SecurityGroup) -> Option<SecurityGroup> {
    let (id, name) = (shown.group_id?, shown.group_name.unwrap_or_default());
    let ingress = group_rules::read(shown.ip_permissions.unwrap_or_default(), &id, &name);
    Some(SecurityGroup { id, name, network: shown.vpc_id.filter(|network| !network.is_empty()), ingress })
}
