//! What CloudFormation is asked for.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Tag;
use serde_json::{Value, json};

use crate::annex::{AnnexId, AnnexSpec, TAG_ANNEX};
use crate::cloud::aws::annex::{LARGEST_BODY, Setup};

use super::bucket_file::File;

/// The capabilities that a template needs which makes roles without names of its own (CloudFormation API reference,
/// `CreateStack`).
pub(super) const CAPABILITY: &str = "CAPABILITY_IAM";

/// A stack as it is asked for.
#[derive(Clone, Debug)]
pub(super) struct StackRequest {
    /// The stack's name.
    pub(super) name: String,
    /// The template.
    pub(super) body: String,
    /// Where the template is kept, where it is too large for the call.
    pub(super) url: Option<String>,
    /// The role that CloudFormation works with.
    pub(super) role: String,
    tags: BTreeMap<String, String>,
}

impl StackRequest {
    /// The request, and the file that it needs in the bucket where the template is large. `region` is the bucket's.
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

    /// The template for the call, unless it is in the bucket.
    pub(super) fn inline(&self) -> Option<String> {
        self.url.is_none().then(|| self.body.clone())
    }

    /// The tags, as CloudFormation takes them.
    pub(super) fn tags(&self) -> Vec<Tag> {
        self.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
    }

    /// The parameters of the call beside the template, for people.
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

/// Where CloudFormation reads an object (CloudFormation API reference, `CreateStack`, `TemplateURL`): always by S3's
/// own name, also where calls go elsewhere, since it is not fetched from here.
fn url_of(bucket: &str, region: &str, key: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://{bucket}.s3.{region}.{domain}/{key}")
}
