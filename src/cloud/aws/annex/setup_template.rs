//! The template of the set-up.

use serde_json::Value;

use super::setup_params::SetupParams;
use super::setup_stack::refused;
use crate::cloud::aws::annex::LARGEST_BODY;
use crate::provider::CloudError;
use crate::template::Templates;

/// File name of the template.
const TEMPLATE: &str = "annex-setup.json";

/// Renders the template of the set-up.
#[derive(Clone, Copy)]
pub(super) struct SetupTemplate<'a> {
    pub(super) templates: &'a Templates,
}

impl SetupTemplate<'_> {
    /// Renders the template with these terms, which must name a network.
    pub(super) fn render(&self, terms: &SetupParams) -> Result<Value, CloudError> {
        let wrong = |reason: String| {
            refused(format!("cannot render the template {TEMPLATE}: {reason}"))
                .hint("a template of this name among the user's own takes the place of hoist's")
        };
        let values = terms.values(terms.vpc.as_deref().unwrap_or_default());
        let values = values.map_err(|error| wrong(error.to_string()))?;
        let template = self.templates.get(TEMPLATE).map_err(|error| wrong(error.to_string()))?;
        let text = template.render(&values).map_err(|error| wrong(error.to_string()))?;
        let template: Value =
            serde_json::from_str(&text).map_err(|error| wrong(format!("it gives no JSON: {error}")))?;
        let length = template.to_string().len();
        if length > LARGEST_BODY {
            let reason = format!("it has {length} bytes, and CloudFormation takes {LARGEST_BODY}; give fewer networks");
            return Err(wrong(reason));
        }
        Ok(template)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_service_role_launches_only_what_it_tags_and_tags_only_what_it_makes() {
        let terms = SetupParams {
            vpc: Some("vpc-1".to_owned()),
            cidrs: vec!["192.0.2.7/32".to_owned()],
            ..SetupParams::default()
        };
        let template = SetupTemplate { templates: &Templates::built_in() }.render(&terms).unwrap();
        let policy = &template["Resources"]["ServiceRole"]["Properties"]["Policies"][0]["PolicyDocument"];
        let statements = policy["Statement"].as_array().unwrap();
        let that_allow = |action: &str, resource: &str| -> Vec<&Value> {
            let names = |of: &Value, what: &str| of.to_string().contains(what);
            let allow =
                |one: &&Value| names(&one["Action"], &format!("\"{action}\"")) && names(&one["Resource"], resource);
            statements.iter().filter(allow).map(|one| &one["Condition"]).collect()
        };
        let tagged = json!({"StringLike": {"aws:RequestTag/hoist:annex": "?*"}});
        for (action, resource) in [
            ("ec2:RunInstances", ":instance/*"),
            ("ec2:RunInstances", ":volume/*"),
            ("ec2:CreateLaunchTemplate", ":launch-template/*"),
        ] {
            assert_eq!(that_allow(action, resource), [&tagged], "{action} of {resource}");
        }
        let made = json!({"StringEquals": {"ec2:CreateAction": ["CreateLaunchTemplate", "RunInstances"]}});
        let own = json!({"StringLike": {"aws:ResourceTag/hoist:annex": "?*"}});
        assert_eq!(that_allow("ec2:CreateTags", ":instance/*"), [&made]);
        assert_eq!(that_allow("ec2:CreateTags", ":launch-template/*"), [&own, &made]);
        let everywhere =
            statements.iter().filter(|one| one["Resource"] == "*").flat_map(|one| one["Action"].as_array());
        let actions: Vec<&str> = everywhere.flatten().filter_map(Value::as_str).collect();
        assert!(actions.iter().all(|action| action.contains(":Describe")), "{actions:?}");
    }
}
