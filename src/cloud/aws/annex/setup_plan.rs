//! Plans changes of a set-up.

use aws_sdk_ec2::types::Filter;
use serde_json::Value;

use super::cidr::Cidr;
use super::setup_params::SetupParams;
use super::setup_stack::{STACK, SetupStack, refuse_what_is_not_ours, refused};
use super::setup_template::SetupTemplate;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call};
use crate::provider::CloudError;

/// The planned creation or change of a set-up.
#[derive(Clone, Debug, PartialEq)]
pub struct SetupPlan {
    /// Terms, with the default network filled in.
    pub terms: SetupParams,
    /// Terms of the existing set-up, as far as its template shows them.
    pub before: Option<SetupParams>,
    /// Template of the existing set-up.
    pub present: Option<Value>,
    /// Template for CloudFormation.
    pub template: Value,
}

impl SetupPlan {
    /// Returns whether the existing set-up already matches the plan.
    pub fn is_so(&self) -> bool {
        self.present.as_ref() == Some(&self.template)
    }
}

/// Plans set-ups.
#[derive(Clone, Copy)]
pub(super) struct SetupPlanner<'a> {
    pub(super) session: &'a AwsSession,
    pub(super) stack: SetupStack<'a>,
    pub(super) template: SetupTemplate<'a>,
}

impl SetupPlanner<'_> {
    /// Returns the plan for these terms. Creates nothing.
    pub(super) async fn prepare(&self, terms: &SetupParams) -> Result<SetupPlan, CloudError> {
        let networks = terms
            .networks()
            .map_err(|reason| refused(reason.to_string()).hint("--from 192.0.2.7/32 lets that address in"))?;
        let present = self.present().await?;
        let before = present.as_ref().and_then(SetupParams::of_template);
        let vpc_before = before.as_ref().and_then(|terms| terms.vpc.clone());
        let vpc = match (&terms.vpc, &vpc_before) {
            (Some(vpc), _) | (None, Some(vpc)) => self.known_vpc(vpc).await?,
            (None, None) => self.default_vpc().await?,
        };
        if vpc_before.is_some_and(|before| before != vpc) {
            self.stack.refuse_while_annexes_live("be moved to another network").await?;
        }
        let cidrs = networks.iter().map(Cidr::to_string).collect();
        let terms = SetupParams { vpc: Some(vpc), cidrs, ssh: terms.ssh };
        let template = self.template.render(&terms)?;
        Ok(SetupPlan { terms, before, present, template })
    }

    /// Returns the template of the existing set-up, if it was completed.
    async fn present(&self) -> Result<Option<Value>, CloudError> {
        let stack = self.stack;
        let Some(seen) = stack.describe(STACK).await? else { return Ok(None) };
        refuse_what_is_not_ours(&seen)?;
        if !seen.has_come_to_be() {
            return Ok(None);
        }
        stack.template(&seen.id).await.map(Some)
    }

    async fn known_vpc(&self, vpc: &str) -> Result<String, CloudError> {
        let client = self.session.ec2().await?;
        let call = Call::ec2("DescribeVpcs", ApiClass::Describe);
        let answer = self.session.call(call, || client.describe_vpcs().vpc_ids(vpc).send()).await;
        answer.map_err(|problem| problem.explain(&self.session.scene(), &format!("find the network {vpc}")))?;
        Ok(vpc.to_owned())
    }

    async fn default_vpc(&self) -> Result<String, CloudError> {
        let client = self.session.ec2().await?;
        let call = Call::ec2("DescribeVpcs", ApiClass::Describe);
        let filter = Filter::builder().name("is-default").values("true").build();
        let answer = self.session.call(call, || client.describe_vpcs().filters(filter.clone()).send()).await;
        let answer = answer.map_err(|problem| problem.explain(&self.session.scene(), "find the default network"))?;
        let found = answer.vpcs.unwrap_or_default().into_iter().find_map(|vpc| vpc.vpc_id);
        found.ok_or_else(|| {
            let message = format!("the account has no default network in {}", self.session.scene().region);
            refused(message).hint("--vpc ID names one; aws ec2 describe-vpcs lists them")
        })
    }
}
