//! Checks that launched machines find what they need: objects in a bucket, and a way to their server.

use std::net::IpAddr;
use std::sync::Arc;

use aws_sdk_ec2::types::{IpPermission, SecurityGroup};
use ipnet::IpNet;

use crate::cloud::aws::api::{ApiClass, AwsSession, Call};
use crate::cloud::aws::ec2::describe::filter;
use crate::cloud::aws::ec2::groups::{SecurityGroups, is_id};
use crate::provider::{CloudError, CloudErrorKind, InstanceSpec, WorkFindings, WorkNeeds};

/// Checks what machines need for their work. What may not be asked is unknown, and no problem.
pub(in crate::cloud::aws::ec2) struct WorkCheck {
    session: Arc<AwsSession>,
    groups: Arc<SecurityGroups>,
}

impl WorkCheck {
    /// Creates the check. Requests nothing yet.
    pub(in crate::cloud::aws::ec2) fn new(session: Arc<AwsSession>, groups: Arc<SecurityGroups>) -> Self {
        Self { session, groups }
    }

    /// Returns what keeps such machines from their work.
    ///
    /// # Errors
    /// EC2 cannot be asked at all.
    pub(in crate::cloud::aws::ec2) async fn check(
        &self,
        machine: &InstanceSpec,
        needs: &WorkNeeds,
    ) -> Result<WorkFindings, CloudError> {
        let mut findings = WorkFindings::default();
        if let Some((bucket, keys)) = &needs.bucket {
            self.check_objects(bucket, keys, &mut findings).await?;
        }
        if let Some((host, port)) = &needs.server {
            match host.parse() {
                Ok(address) => self.check_way(machine, address, *port, &mut findings).await?,
                Err(_) => findings
                    .unknown
                    .push(format!("whether security groups let workers reach {host} is not known: it is no address")),
            }
        }
        Ok(findings)
    }

    async fn check_objects(
        &self,
        bucket: &str,
        keys: &[String],
        findings: &mut WorkFindings,
    ) -> Result<(), CloudError> {
        let client = self.session.s3().await?;
        let request = client.head_bucket().bucket(bucket);
        if let Err(problem) = self.session.call(Call::s3("HeadBucket"), || request.clone().send()).await {
            match problem.code() {
                Some("NotFound" | "NoSuchBucket") => {
                    findings.problems.push(missing(format!("there is no bucket {bucket}"), "aws s3 mb makes one"))
                }
                _ => findings.unknown.push(
                    problem.explain(&self.session.storage_scene(), &format!("look for the bucket {bucket}")).message,
                ),
            }
            return Ok(());
        }
        for key in keys {
            let request = client.head_object().bucket(bucket).key(key);
            match self.session.call(Call::s3("HeadObject"), || request.clone().send()).await {
                Ok(_) => {}
                Err(problem) if matches!(problem.code(), Some("NotFound" | "NoSuchKey")) => {
                    let message = format!("s3://{bucket}/{key} is not there, and workers fetch it when they start");
                    findings.problems.push(missing(message, &format!("aws s3 cp FILE s3://{bucket}/{key}")));
                }
                Err(problem) => {
                    let doing = format!("look for s3://{bucket}/{key}");
                    findings.unknown.push(problem.explain(&self.session.storage_scene(), &doing).message);
                }
            }
        }
        Ok(())
    }

    /// Checks that the machine's groups let it out to the server, and the server's groups let it in where the server is
    /// an instance of this account.
    async fn check_way(
        &self,
        machine: &InstanceSpec,
        server: IpAddr,
        port: u16,
        findings: &mut WorkFindings,
    ) -> Result<(), CloudError> {
        let own = self.groups_of(machine).await?;
        let at_server = self.groups_at(server).await?;
        let rules = own.iter().flat_map(SecurityGroup::ip_permissions_egress);
        let lets_out = |rule: &IpPermission| {
            covers(rule, port)
                && (names_any(rule, &at_server)
                    || ranges(rule).any(|range| range.contains(&server))
                    || !rule.prefix_list_ids().is_empty())
        };
        if !own.is_empty() && !rules.clone().any(lets_out) {
            let message =
                format!("{} lets nothing out to port {port} of {server}, where workers ask for work", named(&own));
            findings.problems.push(missing(message, "aws ec2 authorize-security-group-egress adds a rule"));
        }
        let subnet = self.subnet_of(machine).await?;
        let lets_in = |rule: &IpPermission| {
            let from_subnet =
                |range: IpNet| subnet.is_none_or(|subnet| range.contains(&subnet) || subnet.contains(&range));
            covers(rule, port)
                && (own.is_empty()
                    || names_any(rule, &own)
                    || ranges(rule).any(from_subnet)
                    || !rule.prefix_list_ids().is_empty())
        };
        if !at_server.is_empty() && !at_server.iter().flat_map(SecurityGroup::ip_permissions).any(lets_in) {
            let message = format!("{} of the server {server} lets no worker in at port {port}", named(&at_server));
            findings.problems.push(missing(message, "aws ec2 authorize-security-group-ingress adds a rule"));
        }
        Ok(())
    }

    /// Returns the groups of such a machine. None: those of its network.
    async fn groups_of(&self, machine: &InstanceSpec) -> Result<Vec<SecurityGroup>, CloudError> {
        let mut found = Vec::new();
        let (ids, names): (Vec<String>, Vec<String>) =
            machine.security_groups.iter().cloned().partition(|group| is_id(group));
        for name in names {
            found.extend(self.groups.named(&name, None).await?);
        }
        found.extend(self.groups.with_ids(ids).await?);
        Ok(found)
    }

    /// Returns the groups of the instance with this address. None: it is none of this account, in this region.
    async fn groups_at(&self, server: IpAddr) -> Result<Vec<SecurityGroup>, CloudError> {
        let client = self.session.ec2().await?;
        let mut ids = Vec::new();
        for by in ["private-ip-address", "ip-address"] {
            let request = client.describe_instances().filters(filter(by, [server.to_string()]));
            let call = Call::ec2("DescribeInstances", ApiClass::Describe);
            let answer = self.session.call(call, || request.clone().send()).await;
            let answer = answer.map_err(|problem| problem.explain(&self.session.scene(), "look for the server"))?;
            let instances = answer.reservations().iter().flat_map(|reservation| reservation.instances());
            ids.extend(
                instances.flat_map(|instance| instance.security_groups()).filter_map(|group| group.group_id.clone()),
            );
        }
        self.groups.with_ids(ids).await
    }

    /// Returns the addresses of the machine's subnet. None: EC2 chooses one.
    async fn subnet_of(&self, machine: &InstanceSpec) -> Result<Option<IpNet>, CloudError> {
        let Some(subnet) = machine.offers.iter().find_map(|offer| offer.subnet.clone()) else { return Ok(None) };
        let request = self.session.ec2().await?.describe_subnets().filters(filter("subnet-id", [subnet]));
        let call = Call::ec2("DescribeSubnets", ApiClass::Describe);
        let answer = self.session.call(call, || request.clone().send()).await;
        let answer = answer.map_err(|problem| problem.explain(&self.session.scene(), "look up the subnet"))?;
        Ok(answer.subnets().first().and_then(|subnet| subnet.cidr_block()?.parse().ok()))
    }
}

fn missing(message: String, hint: &str) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, message).hint(hint)
}

/// Whether a rule is about TCP at this port.
fn covers(rule: &IpPermission, port: u16) -> bool {
    let port = i32::from(port);
    match rule.ip_protocol() {
        Some("-1") => true,
        Some("tcp" | "6") => {
            rule.from_port().is_some_and(|from| from <= port) && rule.to_port().is_some_and(|to| port <= to)
        }
        _ => false,
    }
}

/// Whether a rule names one of these groups.
fn names_any(rule: &IpPermission, groups: &[SecurityGroup]) -> bool {
    rule.user_id_group_pairs().iter().any(|pair| groups.iter().any(|group| group.group_id == pair.group_id))
}

fn ranges(rule: &IpPermission) -> impl Iterator<Item = IpNet> {
    let v4 = rule.ip_ranges().iter().filter_map(|range| range.cidr_ip());
    let v6 = rule.ipv6_ranges().iter().filter_map(|range| range.cidr_ipv6());
    v4.chain(v6).filter_map(|range| range.parse().ok())
}

fn named(groups: &[SecurityGroup]) -> String {
    let ids: Vec<&str> = groups.iter().filter_map(|group| group.group_id()).collect();
    format!("security group {}", ids.join(", "))
}
