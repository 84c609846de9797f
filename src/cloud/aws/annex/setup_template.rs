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
