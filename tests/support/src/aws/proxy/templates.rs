//! Launch templates: what moto does not carry over from them into instances.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::AwsError;
use super::parameters::Parameters;
use super::region::Region;
use super::xml::Element;
use crate::aws::Answer;

/// The data of each version of each launch template.
#[derive(Debug, Default)]
pub(super) struct Templates {
    versions: BTreeMap<String, Vec<Parameters>>,
    names: BTreeMap<String, String>,
}

impl Templates {
    /// The id and the version that a launch's `LaunchTemplate` or a fleet's `LaunchTemplateSpecification` names, and
    /// the data.
    pub(super) fn find(&self, named: &Parameters) -> Option<(String, usize, Parameters)> {
        let id = match named.get("LaunchTemplateId") {
            Some(id) => id.to_owned(),
            None => self.names.get(named.get("LaunchTemplateName")?)?.clone(),
        };
        let versions = self.versions.get(&id)?;
        let version = match named.get("Version") {
            Some("$Latest") => versions.len(),
            Some(number) if number != "$Default" => number.parse().ok()?,
            _ => 1,
        };
        let data = versions.get(version.checked_sub(1)?)?.clone();
        Some((id, version, data))
    }
}

impl Region {
    pub(super) fn create_template(self: &Arc<Self>, parameters: &Parameters) -> Result<Answer, AwsError> {
        let answer = self.forward(parameters)?;
        let made = Element::parse(&answer.text()).unwrap_or_default();
        let id = made.get("launchTemplate/launchTemplateId").to_owned();
        let mut templates = self.templates.lock().unwrap();
        templates.names.insert(made.get("launchTemplate/launchTemplateName").to_owned(), id.clone());
        templates.versions.insert(id, vec![parameters.below("LaunchTemplateData")]);
        Ok(answer)
    }

    pub(super) fn add_template_version(self: &Arc<Self>, parameters: &Parameters) -> Result<Answer, AwsError> {
        let answer = self.forward(parameters)?;
        let made = Element::parse(&answer.text()).unwrap_or_default();
        let id = made.get("launchTemplateVersion/launchTemplateId");
        if let Some(versions) = self.templates.lock().unwrap().versions.get_mut(id) {
            versions.push(parameters.below("LaunchTemplateData"));
        }
        Ok(answer)
    }

    /// A launch with what its template says where it says nothing itself.
    pub(super) fn with_template(&self, launch: &Parameters) -> Result<Parameters, AwsError> {
        if !launch.has("LaunchTemplate") {
            return Ok(launch.clone());
        }
        let named = launch.below("LaunchTemplate");
        let found = self.templates.lock().unwrap().find(&named);
        let Some((id, version, data)) = found else {
            let code = match named.get("LaunchTemplateId") {
                Some(_) => "InvalidLaunchTemplateId.NotFound",
                None => "InvalidLaunchTemplateName.NotFoundException",
            };
            return Err(AwsError::new(code, "The specified launch template does not exist."));
        };
        let mut whole = overlaid(&data, launch);
        whole.remove("LaunchTemplate");
        let mut tags = whole.all_tags();
        let instance = tags.entry("instance".to_owned()).or_default();
        instance.insert("aws:ec2launchtemplate:id".to_owned(), id);
        instance.insert("aws:ec2launchtemplate:version".to_owned(), version.to_string());
        whole.set_tags(&tags);
        Ok(whole)
    }
}

/// `data` with what `launch` says instead; the tags of both.
pub(super) fn overlaid(data: &Parameters, launch: &Parameters) -> Parameters {
    let mut tags = data.all_tags();
    for (kind, more) in launch.all_tags() {
        tags.entry(kind).or_default().extend(more);
    }
    let mut whole = data.clone();
    for name in launch.0.keys() {
        whole.remove(name.split('.').next().unwrap_or(name));
    }
    whole.0.extend(launch.0.clone());
    whole.set_tags(&tags);
    whole
}
