//! The network of an annex: its VPC and subnets.

use std::collections::BTreeSet;
use std::sync::Arc;

use aws_sdk_ec2::types::{SecurityGroup, Subnet};

use crate::annex::AnnexSpec;
use crate::cloud::aws::annex::Setup;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, ErrorClass};
use crate::cloud::aws::ec2::describe::filter;
use crate::cloud::aws::ec2::groups::SecurityGroups;
use crate::cloud::aws::ec2::pages::all_pages;
use crate::diagnostics::{agreeing, counted};
use crate::provider::{CloudError, CloudErrorKind};

/// Finds the networks of annexes, and their faults.
#[derive(Clone)]
pub(super) struct NetworkPlan {
    session: Arc<AwsSession>,
}

impl NetworkPlan {
    /// Creates a lookup for this session's region. Requests nothing yet.
    pub(super) fn new(session: Arc<AwsSession>) -> Self {
        Self { session }
    }

    /// Returns the subnets for the instances: those of `spec`, else the default subnets of its VPC, which is the
    /// set-up's unless `spec` names one. Sorted by id, so that the same subnets give the same group.
    pub(super) async fn subnets_of(&self, spec: &AnnexSpec, setup: &Setup) -> Result<Vec<Subnet>, CloudError> {
        let wanted = match spec.subnets.as_slice() {
            [] => filter("vpc-id", [spec.vpc.clone().unwrap_or_else(|| setup.vpc.clone())]),
            some => filter("subnet-id", some.iter().cloned()),
        };
        let mut subnets = self.subnets(vec![wanted]).await?;
        if spec.subnets.is_empty() {
            subnets.retain(|subnet| subnet.default_for_az == Some(true));
        }
        subnets.sort_by(|one, other| one.subnet_id.cmp(&other.subnet_id));
        Ok(subnets)
    }

    /// Returns whether all subnets give instances public addresses; `None` where that is not known.
    pub(super) async fn gives_public_addresses(
        &self,
        spec: &AnnexSpec,
        setup: &Setup,
    ) -> Result<Option<bool>, CloudError> {
        let subnets = self.subnets_of(spec, setup).await?;
        let each: Option<Vec<bool>> = subnets.iter().map(|subnet| subnet.map_public_ip_on_launch).collect();
        Ok(each.filter(|each| !each.is_empty()).map(|each| each.into_iter().all(|gives| gives)))
    }

    /// Returns the zones of the subnets that `spec` names; empty if it names none.
    pub(super) async fn zones(&self, spec: &AnnexSpec) -> Result<BTreeSet<String>, CloudError> {
        if spec.subnets.is_empty() {
            return Ok(BTreeSet::new());
        }
        let subnets = self.subnets(vec![filter("subnet-id", spec.subnets.iter().cloned())]).await?;
        Ok(subnets.into_iter().filter_map(|subnet| subnet.availability_zone).collect())
    }

    async fn subnets(&self, filters: Vec<aws_sdk_ec2::types::Filter>) -> Result<Vec<Subnet>, CloudError> {
        let client = self.session.ec2().await?;
        let request = client.describe_subnets().set_filters(Some(filters));
        all_pages!(&self.session, Call::ec2("DescribeSubnets", ApiClass::Describe), request, subnets)
            .map_err(|problem| problem.explain(&self.session.scene(), "look up the subnets"))
    }

    /// Returns the faults in the network of an annex. The existence of named subnets is checked elsewhere.
    pub(super) async fn find_faults(&self, spec: &AnnexSpec, setup: &Setup) -> Result<Vec<CloudError>, CloudError> {
        let region = self.session.region().await?;
        if let Some(vpc) = &spec.vpc
            && !self.has_network(vpc).await?
        {
            let message = format!("there is no VPC {vpc} in {region}");
            return Ok(vec![refused(message, "aws ec2 describe-vpcs lists them")]);
        }
        let mut wrong = Vec::new();
        let network = spec.vpc.as_ref().unwrap_or(&setup.vpc);
        if *network != setup.vpc && spec.security_groups.is_empty() {
            let message = format!(
                "annexes are set up for the VPC {}, and not for {network}: the security group is there",
                setup.vpc
            );
            let hint = "leave --vpc out, name a group of that VPC with --security-group, or set annexes up for that one: `hoist \
                        annex setup --vpc`";
            wrong.push(refused(message, hint));
        }
        wrong.extend(self.foreign_groups(spec, network).await?);
        let subnets = self.subnets_of(spec, setup).await?;
        if subnets.is_empty() && spec.subnets.is_empty() {
            let message = format!("the VPC {network} has no default subnets");
            wrong.push(refused(message, "name some of its subnets with --subnet"));
        }
        for subnet in subnets.iter().filter(|subnet| subnet.vpc_id.as_ref() != Some(network)) {
            let (id, other) = (subnet.subnet_id.as_deref().unwrap_or_default(), subnet.vpc_id.as_deref());
            let message =
                format!("the subnet {id} is in the VPC {}, and not in {network}", other.unwrap_or("of nobody"));
            let hint =
                "name subnets of one VPC, that of the set-up; or that VPC with --vpc, and a security group of it";
            wrong.push(refused(message, hint));
        }
        // This excludes the addresses that EC2 reserves in each subnet (EC2 API reference, `Subnet`).
        let free: i64 = subnets.iter().filter_map(|subnet| subnet.available_ip_address_count).map(i64::from).sum();
        if wrong.is_empty() && !subnets.is_empty() && i64::from(spec.count) > free {
            let (wanted, are) = (counted(spec.count, "instance"), agreeing(spec.count, "is", "are"));
            let message = format!("{wanted} {are} wanted, and the subnets have {}", counted(free, "free address"));
            wrong.push(refused(message, "take fewer, or name further subnets with --subnet"));
        }
        Ok(wrong)
    }

    /// Returns the errors of security groups of another VPC. The existence of the groups is checked elsewhere.
    async fn foreign_groups(&self, spec: &AnnexSpec, network: &str) -> Result<Vec<CloudError>, CloudError> {
        let groups = SecurityGroups::new(Arc::clone(&self.session)).with_ids(spec.security_groups.clone()).await?;
        let foreign = |group: &SecurityGroup| group.vpc_id.as_deref() != Some(network);
        let groups = groups.into_iter().filter(foreign);
        Ok(groups
            .map(|group| {
                let (id, other) = (group.group_id.unwrap_or_default(), group.vpc_id);
                let other = other.as_deref().unwrap_or("of nobody");
                let message = format!("the security group {id} is in the VPC {other}, and not in {network}");
                refused(message, "name groups of the annex's VPC; --vpc names another one, with its groups")
            })
            .collect())
    }

    async fn has_network(&self, vpc: &str) -> Result<bool, CloudError> {
        let client = self.session.ec2().await?;
        let request = client.describe_vpcs().filters(filter("vpc-id", [vpc.to_owned()]));
        match self.session.call(Call::ec2("DescribeVpcs", ApiClass::Describe), || request.clone().send()).await {
            Ok(answer) => Ok(!answer.vpcs.unwrap_or_default().is_empty()),
            Err(problem) if problem.class() == ErrorClass::UnknownOther => Ok(false),
            Err(problem) => Err(problem.explain(&self.session.scene(), &format!("look up the VPC {vpc}"))),
        }
    }
}

fn refused(message: String, hint: &str) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, message).hint(hint)
}
