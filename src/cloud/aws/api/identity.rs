//! The caller's identity as the cloud sees it.

use jiff::SignedDuration;

use super::api_caller::ApiCaller;
use super::call::{Call, Idempotency};
use super::client_factory::LoadedConfig;
use super::error_context::ErrorContext;
use super::rate_limits::ApiClass;
use crate::provider::{CloudError, CloudErrorKind};

/// Identity of the caller of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// Number of the account; EC2-like clouds do not give it.
    pub account: Option<String>,
    /// ARN of the user or role.
    pub arn: Option<String>,
    /// The server's clock less the local one, to the second.
    pub clock_skew: Option<SignedDuration>,
}

/// Queries about the account and its user.
pub(super) struct AccountQuestions<'a> {
    pub(super) caller: &'a ApiCaller,
    pub(super) clients: &'a LoadedConfig,
    /// Circumstances for messages, read after the call.
    pub(super) scene: &'a (dyn Fn() -> ErrorContext + Sync),
}

impl AccountQuestions<'_> {
    /// Asks for the caller's identity: one cheap call that needs no permission, only valid credentials.
    pub(super) async fn identity(&self) -> Result<CallerIdentity, CloudError> {
        let doing = "ask who the credentials belong to";
        if (self.scene)().compatible {
            // Such clouds have no security token service; any call shows whether the credentials are valid.
            let client = &self.clients.ec2;
            let call = Call::ec2("DescribeRegions", ApiClass::DescribeAll);
            let answer = self.caller.call(call, || client.describe_regions().send()).await;
            answer.map_err(|problem| problem.explain(&(self.scene)(), doing))?;
            return Ok(CallerIdentity { account: None, arn: None, clock_skew: (self.scene)().skew });
        }
        let client = &self.clients.sts;
        let call = Call {
            service: "sts",
            operation: "GetCallerIdentity",
            group: ApiClass::Identity,
            resources: 0,
            repeat: Idempotency::Safe,
        };
        let answer = self.caller.call(call, || client.get_caller_identity().send()).await;
        let answer = answer.map_err(|problem| problem.explain(&(self.scene)(), doing))?;
        Ok(CallerIdentity { account: answer.account, arn: answer.arn, clock_skew: (self.scene)().skew })
    }

    /// Checks that the credentials belong to the account `wanted`.
    pub(super) async fn check_account(&self, wanted: &str) -> Result<(), CloudError> {
        // EC2-like clouds do not give the account of credentials.
        if (self.scene)().compatible {
            return Ok(());
        }
        let Some(account) = self.identity().await?.account.filter(|account| account != wanted) else { return Ok(()) };
        let message = format!("the credentials belong to account {account}, and the run's machines are in {wanted}");
        Err(CloudError::new(CloudErrorKind::Rejected, message).hint(format!(
            "use credentials of account {wanted}: AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )))
    }

    /// Returns the regions that the account may use, sorted.
    pub(super) async fn regions(&self) -> Result<Vec<String>, CloudError> {
        let client = &self.clients.ec2;
        let call = Call::ec2("DescribeRegions", ApiClass::DescribeAll);
        let answer = self.caller.call(call, || client.describe_regions().send()).await;
        let answer = answer.map_err(|problem| problem.explain(&(self.scene)(), "list the regions"))?;
        let mut names: Vec<String> =
            answer.regions.unwrap_or_default().into_iter().filter_map(|r| r.region_name).collect();
        names.sort_unstable();
        Ok(names)
    }
}
