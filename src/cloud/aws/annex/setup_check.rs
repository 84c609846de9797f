//! Finds missing and changed parts of the set-up.

use aws_sdk_cloudformation::types::StackStatus;
use serde_json::Value;

use super::observed_setup::{ObservedResource, ObservedStack};
use super::setup_params::SetupParams;
use super::setup_resources::SetupResources;
use super::setup_stack::{STACK, SetupStack};
use super::setup_template::SetupTemplate;
use crate::annex::SetupFinding;
use crate::cloud::aws::api::AwsSession;
use crate::provider::CloudError;

/// Name of the finding about the set-up as a whole.
const WHOLE: &str = "stack";

/// Advice for most differences.
const RENEW: &str = "`hoist annex setup` makes it so";

/// Checks set-ups.
pub(super) struct SetupCheck<'a> {
    pub(super) session: &'a AwsSession,
    pub(super) stack: SetupStack<'a>,
    pub(super) template: SetupTemplate<'a>,
}

impl SetupCheck<'_> {
    /// Compares each part of the set-up with a fresh rendering of the template; without `terms`, with those that it was
    /// made with. Changes nothing.
    pub(super) async fn find(&self, terms: Option<&SetupParams>) -> Result<Vec<SetupFinding>, CloudError> {
        let stack = self.stack;
        let Some(seen) = stack.describe(STACK).await?.filter(|seen| seen.status != StackStatus::DeleteComplete) else {
            return self.nothing_is_there();
        };
        let deployed = stack.template(&seen.id).await?;
        let made_with = SetupParams::of_template(&deployed).filter(|_| seen.is_ours);
        let wanted = match (terms, &made_with) {
            (Some(terms), Some(made)) => {
                SetupParams { vpc: terms.vpc.clone().or_else(|| made.vpc.clone()), ..terms.clone() }
            }
            (None, Some(made)) => made.clone(),
            (_, None) => {
                let mut whole = SetupFinding::there(WHOLE, Some(seen.id));
                whole.differs(
                    "it was not made by hoist: it lacks the tag hoist:setup, or its template a security group of ours",
                );
                return Ok(vec![whole]);
            }
        };
        let template = self.template.render(&wanted)?;
        let mut findings = vec![whole(&seen, &deployed, &template)];
        let resources = stack.resources(&seen.id).await?;
        for (logical, definition) in template["Resources"].as_object().into_iter().flatten() {
            let resource = resources.iter().find(|resource| resource.logical == *logical);
            findings.push(by_stack(logical, resource, &deployed["Resources"][logical] == definition));
        }
        let things = SetupResources { session: self.session, stack: &seen, template: &template, terms: &wanted };
        for finding in findings.iter_mut().filter(|finding| finding.what != WHOLE) {
            things.look(finding).await?;
        }
        Ok(findings)
    }

    /// Returns all parts as missing. The list does not depend on the terms.
    fn nothing_is_there(&self) -> Result<Vec<SetupFinding>, CloudError> {
        let any = SetupParams { vpc: Some(String::new()), cidrs: vec!["192.0.2.1/32".to_owned()], ssh: false };
        let template = self.template.render(&any)?;
        let mut findings = vec![SetupFinding::missing(WHOLE, format!("there is no stack {STACK}"))];
        let resources = template["Resources"].as_object().into_iter().flatten();
        findings.extend(resources.map(|(logical, _)| SetupFinding::missing(logical, "it comes with the stack")));
        Ok(findings)
    }
}

fn whole(seen: &ObservedStack, deployed: &Value, template: &Value) -> SetupFinding {
    let mut whole = SetupFinding::there(WHOLE, Some(seen.id.clone()));
    let at_rest = ["CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"];
    let status = seen.status.as_str();
    if !at_rest.contains(&status) {
        let reason = seen.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        whole.differs(format!("its state is {status}{reason}"));
    }
    for part in ["Description", "Outputs"] {
        if deployed[part] != template[part] {
            whole.differs(format!("the {} of its template are those of another version; {RENEW}", part.to_lowercase()));
        }
    }
    for (logical, _) in deployed["Resources"].as_object().into_iter().flatten() {
        if template["Resources"][logical].is_null() {
            whole.differs(format!("it has a {logical}, which this version's template has not; {RENEW}"));
        }
    }
    whole
}

/// Returns the finding about a resource from CloudFormation's record.
fn by_stack(logical: &str, resource: Option<&ObservedResource>, is_defined_so: bool) -> SetupFinding {
    let Some(resource) = resource.filter(|resource| resource.status != "DELETE_COMPLETE") else {
        return SetupFinding::missing(logical, format!("the stack has none; {RENEW}"));
    };
    let mut finding = SetupFinding::there(logical, resource.physical.clone());
    if !resource.status.ends_with("_COMPLETE") {
        let reason = resource.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        finding.differs(format!("its state is {}{reason}", resource.status));
    }
    if !is_defined_so {
        finding.differs(format!("it is defined in another way than it would be now; {RENEW}"));
    }
    finding
}
