//! A request to CloudFormation.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Tag;
use serde_json::{Value, json};

use crate::annex::{AnnexId, AnnexSpec, TAG_ANNEX};
use crate::cloud::aws::annex::{LARGEST_BODY, Setup};

use super::bucket_file::File;

/// Capability required for a template with roles that have no custom names (CloudFormation API reference,
/// `CreateStack`).
pub(super) const CAPABILITY: &str = "CAPABILITY_IAM";

/// A requested stack.
#[derive(Clone, Debug)]
pub(super) struct StackRequest {
    /// Name of the stack.
    pub(super) name: String,
    /// The template.
    pub(super) body: String,
    /// URL of the template, where it is too large for the call.
    pub(super) url: Option<String>,
    /// ARN of the role that CloudFormation assumes.
    pub(super) role: String,
    tags: BTreeMap<String, String>,
}

impl StackRequest {
    /// Creates the request, and the file that it needs in the bucket if the template is large. `region` is the
    /// bucket's.
    pub(super) fn new(
        id: &AnnexId,
        spec: &AnnexSpec,
        setup: &Setup,
        template: &Value,
        region: &str,
    ) -> (Self, Option<File>) {
        let body = template.to_string();
        let file = (body.len() > LARGEST_BODY).then(|| File::by_content(id, "template", body.clone().into_bytes()));
        let url = file.as_ref().map(|file| url_of(&setup.bucket, region, file.key()));
        let mut tags = spec.tags.clone();
        tags.insert(TAG_ANNEX.to_owned(), id.tag());
        tags.extend(spec.ownership());
        (Self { name: id.name.stack(), body, url, role: setup.service_role.clone(), tags }, file)
    }

    /// Returns the template for the call, unless it is in the bucket.
    pub(super) fn inline(&self) -> Option<String> {
        self.url.is_none().then(|| self.body.clone())
    }

    /// Returns the tags in CloudFormation's type.
    pub(super) fn tags(&self) -> Vec<Tag> {
        self.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
    }

    /// Returns the other parameters of the call, for people.
    pub(super) fn parameters(&self) -> Value {
        let tags: Vec<Value> = self.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        json!({
            "StackName": self.name,
            "RoleARN": self.role,
            "Capabilities": [CAPABILITY],
            "OnFailure": "DELETE",
            "TemplateURL": self.url,
            "Tags": tags,
        })
    }
}

/// Returns the URL of an object for CloudFormation (CloudFormation API reference, `CreateStack`, `TemplateURL`): always
/// S3's own name, even if calls use another endpoint, since CloudFormation fetches it.
fn url_of(bucket: &str, region: &str, key: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://{bucket}.s3.{region}.{domain}/{key}")
}
