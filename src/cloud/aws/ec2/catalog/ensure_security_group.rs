//! Creates security groups idempotently.
//!
//! A group's name is unique in its network and serves as the key: a group that may have been created is looked up by
//! its name. A rule exists once, however often it is requested.

use std::sync::Arc;

use aws_sdk_ec2::types::{self, IpPermission, ResourceType};

use super::group_rules;
use super::networks::security_group;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, CallError, ErrorClass};
use crate::cloud::aws::ec2::describe::filter;
use crate::cloud::aws::ec2::groups::SecurityGroups;
use crate::cloud::aws::ec2::options::Ec2Timing;
use crate::cloud::aws::ec2::tags;
use crate::provider::{CloudError, CloudErrorKind, IngressRule, NewSecurityGroup, Peer, SecurityGroup};

/// How often a group is looked up after a `CreateSecurityGroup` with a lost answer before the call is repeated, on
/// clouds that would create two: groups show within seconds.
const LOOKS: usize = 3;

/// Creates security groups.
pub(in crate::cloud::aws::ec2) struct SecurityGroupMaker {
    session: Arc<AwsSession>,
    groups: Arc<SecurityGroups>,
    timing: Ec2Timing,
}

impl SecurityGroupMaker {
    /// Creates a maker that finds existing groups through `groups`; `timing` gives how long new groups may be
    /// invisible.
    pub(in crate::cloud::aws::ec2) fn new(
        session: Arc<AwsSession>,
        groups: Arc<SecurityGroups>,
        timing: Ec2Timing,
    ) -> Self {
        Self { session, groups, timing }
    }

    /// Finds or creates the group, adds missing rules, and returns its id.
    pub(in crate::cloud::aws::ec2) async fn ensure(&self, wanted: &NewSecurityGroup) -> Result<String, CloudError> {
        let network = match &wanted.network {
            Some(network) => Some(network.clone()),
            None => self.default_network(wanted).await?,
        };
        let group = match self.group_of_name(wanted, network.as_deref()).await? {
            Some(shown) => self.adopted(wanted, shown).await?,
            None => self.created(wanted, network.as_deref()).await?,
        };
        self.let_in(wanted, &group).await?;
        Ok(group.id)
    }

    /// Returns the default network. Compatible clouds choose one themselves.
    async fn default_network(&self, wanted: &NewSecurityGroup) -> Result<Option<String>, CloudError> {
        if self.session.is_compatible() {
            return Ok(None);
        }
        let client = self.session.ec2().await?;
        let request = client.describe_vpcs().filters(filter("is-default", ["true".to_owned()]));
        let call = Call::ec2("DescribeVpcs", ApiClass::Describe);
        let answer = self.session.call(call, || request.clone().send()).await;
        let answer = answer.map_err(|problem| self.not_made(wanted, &problem))?;
        let network = answer.vpcs.unwrap_or_default().into_iter().find_map(|network| network.vpc_id);
        let place = self.session.region().await?;
        network.map(Some).ok_or_else(|| {
            let message =
                format!("cannot make the security group {}: there is no default network (VPC) in {place}", wanted.name);
            CloudError::new(CloudErrorKind::Rejected, message).hint("choose a subnet: the group is made in its network")
        })
    }

    /// Returns the group of this name, if it exists.
    async fn group_of_name(
        &self,
        wanted: &NewSecurityGroup,
        network: Option<&str>,
    ) -> Result<Option<types::SecurityGroup>, CloudError> {
        let mut found = self.groups.named(&wanted.name, network).await?;
        // Filters treat `*` as a wildcard.
        found.retain(|group| group.group_name.as_deref() == Some(wanted.name.as_str()));
        if found.len() > 1 {
            let ids: Vec<&str> = found.iter().filter_map(|group| group.group_id.as_deref()).collect();
            let message = format!("there are several security groups {}: {}", wanted.name, ids.join(", "));
            return Err(CloudError::new(CloudErrorKind::Rejected, message)
                .hint("choose one by its id, or remove those that nothing uses"));
        }
        Ok(found.pop())
    }

    /// Adopts an existing group. If hoist created it before a crash, it may lack its tags on clouds where they are set
    /// afterwards; other users' groups get none.
    async fn adopted(
        &self,
        wanted: &NewSecurityGroup,
        shown: types::SecurityGroup,
    ) -> Result<SecurityGroup, CloudError> {
        let is_ours = shown.description.as_deref() == Some(wanted.description.as_str());
        let has_tags = shown.tags.as_ref().is_some_and(|tags| !tags.is_empty());
        let group = security_group(shown).ok_or_else(|| no_id(wanted))?;
        if self.session.is_compatible() && is_ours && !has_tags {
            self.tag_group(wanted, &group.id).await?;
        }
        Ok(group)
    }

    /// Creates the group. An error that it exists means that somebody, perhaps an earlier attempt with a lost answer,
    /// has created it, and that it will become visible.
    async fn created(&self, wanted: &NewSecurityGroup, network: Option<&str>) -> Result<SecurityGroup, CloudError> {
        let client = self.session.ec2().await?;
        let compatible = self.session.is_compatible();
        let specification = (!compatible && !wanted.tags.is_empty())
            .then(|| vec![tags::specification(ResourceType::SecurityGroup, &wanted.tags)]);
        let request = client
            .create_security_group()
            .group_name(&wanted.name)
            .description(&wanted.description)
            .set_vpc_id(network.map(str::to_owned))
            .set_tag_specifications(specification);
        let call = Call::ec2("CreateSecurityGroup", ApiClass::Mutate);
        // Some compatible clouds would create a second group of the same name.
        let call = if compatible { call.once() } else { call };
        let mut window = self.timing.until_visible();
        loop {
            let problem = match self.session.call(call, || request.clone().send()).await {
                Ok(answer) => {
                    let id = answer.group_id.ok_or_else(|| no_id(wanted))?;
                    if compatible {
                        self.tag_group(wanted, &id).await?;
                    }
                    let (name, network) = (wanted.name.clone(), network.map(str::to_owned));
                    return Ok(SecurityGroup { id, name, network, ingress: Vec::new() });
                }
                Err(problem) => problem,
            };
            let exists = problem.class() == ErrorClass::Exists;
            let may_exist = exists || (compatible && problem.in_doubt);
            if !may_exist {
                return Err(self.not_made(wanted, &problem));
            }
            let mut looks = 0;
            while exists || looks < LOOKS {
                looks += 1;
                if let Some(shown) = self.group_of_name(wanted, network).await? {
                    return self.adopted(wanted, shown).await;
                }
                if !window.pause().await {
                    return Err(self.not_made(wanted, &problem));
                }
            }
        }
    }

    /// Tags a group created without tags; does nothing on a cloud without tags for groups.
    async fn tag_group(&self, wanted: &NewSecurityGroup, id: &str) -> Result<(), CloudError> {
        if wanted.tags.is_empty() {
            return Ok(());
        }
        let client = self.session.ec2().await?;
        let request = client.create_tags().resources(id).set_tags(Some(tags::list(&wanted.tags)));
        let call = Call::ec2("CreateTags", ApiClass::CreateTags);
        let mut window = self.timing.until_visible();
        loop {
            match self.session.call(call, || request.clone().send()).await {
                Ok(_) => return Ok(()),
                Err(problem) if problem.class() == ErrorClass::Unsupported => return Ok(()),
                Err(problem) if is_unseen(&problem) && window.pause().await => {}
                Err(problem) => return Err(self.failed(&problem, &format!("tag the security group {}", wanted.name))),
            }
        }
    }

    /// Adds the missing rules: all at once, or one by one if one of them exists after all.
    async fn let_in(&self, wanted: &NewSecurityGroup, group: &SecurityGroup) -> Result<(), CloudError> {
        let own = Peer::Group(group.id.clone());
        let rule = |rule: &IngressRule| match rule.from == own {
            true => IngressRule { from: Peer::Itself, ..rule.clone() },
            false => rule.clone(),
        };
        let rules: Vec<IngressRule> = wanted.ingress.iter().map(rule).collect();
        let missing = group_rules::missing(&rules, &group.ingress);
        if missing.is_empty() || self.authorized(group, &missing).await? {
            return Ok(());
        }
        for rule in &missing {
            // An existing rule is as good as a new one.
            self.authorized(group, std::slice::from_ref(rule)).await?;
        }
        Ok(())
    }

    /// Adds all of these rules, or none; returns false if one of them exists.
    async fn authorized(&self, group: &SecurityGroup, rules: &[IngressRule]) -> Result<bool, CloudError> {
        let permissions: Vec<IpPermission> =
            rules.iter().map(|rule| group_rules::permission(rule, &group.id)).collect();
        let client = self.session.ec2().await?;
        let request =
            client.authorize_security_group_ingress().group_id(&group.id).set_ip_permissions(Some(permissions));
        let call = Call::ec2("AuthorizeSecurityGroupIngress", ApiClass::Mutate);
        let mut window = self.timing.until_visible();
        loop {
            match self.session.call(call, || request.clone().send()).await {
                Ok(_) => return Ok(true),
                Err(problem) if problem.class() == ErrorClass::Exists => return Ok(false),
                // This group, or the one in the rule, was created just now.
                Err(problem) if is_unseen(&problem) && window.pause().await => {}
                Err(problem) => {
                    let words: Vec<String> = rules.iter().map(group_rules::words).collect();
                    let doing = format!("let {} into the security group {}", words.join(", "), group.name);
                    return Err(self.failed(&problem, &doing));
                }
            }
        }
    }

    fn not_made(&self, wanted: &NewSecurityGroup, problem: &CallError) -> CloudError {
        self.failed(problem, &format!("make the security group {}", wanted.name))
    }

    fn failed(&self, problem: &CallError, doing: &str) -> CloudError {
        let error = problem.explain(&self.session.scene(), doing);
        if error.kind == CloudErrorKind::Transient {
            return error.hint("try again: what was made is found, and what is missing is added");
        }
        match problem.class() {
            ErrorClass::Quota => CloudError { kind: CloudErrorKind::Rejected, ..error }
                .hint("remove security groups or rules that nothing uses, or have the quota raised at Service Quotas"),
            ErrorClass::UnknownOther => error.hint("choose a subnet of a network that is there"),
            ErrorClass::BadValue => error.hint("give another name, description or address range"),
            _ => error,
        }
    }
}

/// Returns whether the error means that a new group is not visible yet.
fn is_unseen(problem: &CallError) -> bool {
    matches!(problem.class(), ErrorClass::UnknownGroup | ErrorClass::UnknownOther)
        && problem.code().is_some_and(|code| code.ends_with("NotFound"))
}

fn no_id(wanted: &NewSecurityGroup) -> CloudError {
    CloudError::new(CloudErrorKind::Transient, format!("the cloud gives no id for the security group {}", wanted.name))
        .hint("try again: what was made is found")
}
