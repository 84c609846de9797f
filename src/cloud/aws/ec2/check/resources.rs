//! Checks that the images, key pairs, security groups and subnets of launches exist.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::findings::{CheckFindings, did_you_mean, wanted};
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, ErrorClass};
use crate::cloud::aws::ec2::describe::filter;
use crate::cloud::aws::ec2::groups::{SecurityGroups, is_id};
use crate::cloud::aws::ec2::pages::all_pages;
use crate::provider::{CloudError, LaunchRequest};

/// Maximum number of values of a filter.
const FILTER_VALUES: usize = 200;

/// Checks images, key pairs, security groups and subnets.
pub(super) struct ResourceChecks {
    pub(super) session: Arc<AwsSession>,
    pub(super) groups: Arc<SecurityGroups>,
}

impl ResourceChecks {
    pub(super) async fn check_images(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        // Only a launch resolves a parameter: the dry run checks it.
        let by_id = |image: &&str| !image.starts_with("resolve:ssm:");
        let wanted = wanted(requests, |request| request.machine.image.as_deref().into_iter().filter(by_id).collect());
        let names: Vec<String> = wanted.keys().map(|&name| name.to_owned()).collect();
        let client = self.session.ec2().await?;
        let mut known = BTreeSet::new();
        for chunk in names.chunks(FILTER_VALUES) {
            // A filter accepts ids that do not exist, so one call finds all missing ones.
            let request = client.describe_images().filters(filter("image-id", chunk.iter().cloned()));
            let call = Call::ec2("DescribeImages", ApiClass::Describe);
            let answer = self.session.call(call, || request.clone().send()).await;
            let answer = answer.map_err(|problem| problem.explain(&self.session.scene(), "look up the images"))?;
            known.extend(answer.images.unwrap_or_default().into_iter().filter_map(|image| image.image_id));
        }
        let region = self.session.region().await?;
        for (image, services) in wanted.into_iter().filter(|(image, _)| !known.contains(*image)) {
            let (message, hint) = if image.starts_with("ami-") || self.session.is_compatible() {
                (
                    format!("there is no image {image} in {region}"),
                    "image ids differ by region, and private images must be shared: `hoist image list` shows what there is",
                )
            } else {
                (
                    format!("{image} is not the id of an image"),
                    "give an id as `hoist image list` shows them, or resolve:ssm:/aws/service/… for the newest of a system",
                )
            };
            findings.add_for(&services, message, hint.to_owned());
        }
        Ok(())
    }

    pub(super) async fn check_keys(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        let wanted = wanted(requests, |request| request.machine.key_name.as_deref().into_iter().collect());
        if wanted.is_empty() {
            return Ok(());
        }
        let client = self.session.ec2().await?;
        let request = client.describe_key_pairs();
        let call = Call::ec2("DescribeKeyPairs", ApiClass::DescribeAll);
        let answer = self.session.call(call, || request.clone().send()).await;
        let answer = answer.map_err(|problem| problem.explain(&self.session.scene(), "look up the key pairs"))?;
        let known: Vec<String> =
            answer.key_pairs.unwrap_or_default().into_iter().filter_map(|key| key.key_name).collect();
        let region = self.session.region().await?;
        for (name, services) in wanted.into_iter().filter(|(name, _)| !known.iter().any(|known| known == name)) {
            let hint = did_you_mean(name, known.iter().map(String::as_str)).unwrap_or_else(|| {
                "key pairs differ by region: aws ec2 describe-key-pairs lists them, import-key-pair adds one".to_owned()
            });
            findings.add_for(&services, format!("there is no key pair {name} in {region}"), hint);
        }
        Ok(())
    }

    pub(super) async fn check_networks(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        let known = self.check_subnets(requests, findings).await?;
        self.check_group_ids(requests, findings).await?;
        for request in requests {
            let (subnets, named): (Vec<&str>, Vec<&String>) = (
                request.offers.iter().filter_map(|offer| offer.subnet.as_deref()).collect(),
                request.machine.security_groups.iter().filter(|group| !is_id(group)).collect(),
            );
            if named.is_empty() || !subnets.iter().all(|subnet| known.contains(*subnet)) {
                continue;
            }
            if subnets.is_empty() {
                for name in named {
                    if self.groups.named(name, None).await?.is_empty() {
                        findings.add(request, format!("there is no security group {name}"), GROUP_HINT);
                    }
                }
                continue;
            }
            match self.groups.of_launch(request).await {
                Ok(_) => {}
                Err(error) if error.kind.is_refusal() => {
                    findings.add(request, error.message, error.hint.unwrap_or_default());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Checks the subnets, and returns the existing ones.
    async fn check_subnets(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<BTreeSet<String>, CloudError> {
        let wanted =
            wanted(requests, |request| request.offers.iter().filter_map(|offer| offer.subnet.as_deref()).collect());
        if wanted.is_empty() {
            return Ok(BTreeSet::new());
        }
        let client = self.session.ec2().await?;
        let request = client.describe_subnets();
        let call = Call::ec2("DescribeSubnets", ApiClass::DescribeAll);
        let subnets = all_pages!(&self.session, call, request, subnets)
            .map_err(|problem| problem.explain(&self.session.scene(), "look up the subnets"))?;
        let known: BTreeSet<String> = subnets.into_iter().filter_map(|subnet| subnet.subnet_id).collect();
        let region = self.session.region().await?;
        for (subnet, services) in wanted.into_iter().filter(|(subnet, _)| !known.contains(*subnet)) {
            let hint = did_you_mean(subnet, known.iter().map(String::as_str))
                .unwrap_or_else(|| "aws ec2 describe-subnets lists them".to_owned());
            findings.add_for(&services, format!("there is no subnet {subnet} in {region}"), hint);
        }
        Ok(known)
    }

    async fn check_group_ids(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        let wanted = wanted(requests, |request| {
            request.machine.security_groups.iter().map(String::as_str).filter(|group| is_id(group)).collect()
        });
        let ids: Vec<String> = wanted.keys().map(|&id| id.to_owned()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let client = self.session.ec2().await?;
        let mut known = BTreeSet::new();
        for chunk in ids.chunks(FILTER_VALUES) {
            let request = client.describe_security_groups().filters(filter("group-id", chunk.iter().cloned()));
            let call = Call::ec2("DescribeSecurityGroups", ApiClass::Describe);
            match self.session.call(call, || request.clone().send()).await {
                Ok(answer) => {
                    let groups = answer.security_groups.unwrap_or_default();
                    known.extend(groups.into_iter().filter_map(|group| group.group_id));
                }
                Err(problem) if problem.class() == ErrorClass::UnknownGroup => {}
                Err(problem) => return Err(problem.explain(&self.session.scene(), "look up the security groups")),
            }
        }
        let region = self.session.region().await?;
        for (group, services) in wanted.into_iter().filter(|(group, _)| !known.contains(*group)) {
            findings.add_for(
                &services,
                format!("there is no security group {group} in {region}"),
                GROUP_HINT.to_owned(),
            );
        }
        Ok(())
    }
}

const GROUP_HINT: &str = "aws ec2 describe-security-groups lists them; a group must be in the VPC of the subnet";
