//! Prepares CloudFormation requests: template, tags and files.

use std::sync::Arc;

use aws_sdk_cloudformation::types::Stack;
use serde_json::{Value, json};

use super::bucket_file::File;
use super::describe;
use super::files::AnnexFiles;
use super::images::{PoolImage, PoolImages};
use super::networks::NetworkPlan;
use super::request::StackRequest;
use super::user_data::{PoolUserData, UserDataInputs, token_file};
use crate::annex::{AnnexId, AnnexSpec, split};
use crate::cloud::aws::annex::{GroupLaunchData, OUTPUT_FINGERPRINT, Setup, fingerprint, renewed, stack};
use crate::cloud::aws::api::AwsSession;
use crate::provider::{CloudError, CloudErrorKind};

/// A request, and the files that must be in the bucket before it.
#[derive(Debug)]
pub(super) struct StackInput {
    pub(super) request: StackRequest,
    pub(super) files: Vec<File>,
}

/// Prepares requests.
#[derive(Clone)]
pub(super) struct StackPlanner {
    pub(super) session: Arc<AwsSession>,
    pub(super) images: PoolImages,
    pub(super) networks: NetworkPlan,
    pub(super) user_data: PoolUserData,
    pub(super) files: AnnexFiles,
}

impl StackPlanner {
    /// Prepares a request with `counts` instances of each pool. Deterministic for the same `spec` and files.
    pub(super) async fn prepare(
        &self,
        id: &AnnexId,
        spec: &AnnexSpec,
        setup: &Setup,
        counts: &[u32],
    ) -> Result<StackInput, CloudError> {
        let given = UserDataInputs::read(id, spec).map_err(first)?;
        let images = self.images.of_pools(spec).await?;
        let mut details = Vec::new();
        for (place, image) in images.iter().enumerate() {
            let image = image.as_ref().ok_or_else(|| {
                let message = format!("pool {}: there is no image {}", place + 1, spec.pools[place].image);
                CloudError::new(CloudErrorKind::Rejected, message).hint("`hoist image list` shows what there is")
            })?;
            let user_data = self.user_data.of_pool(id, spec, setup, &given, (place, image))?;
            details.push(GroupLaunchData { root_device: root_device(place, spec, image)?, user_data });
        }
        let subnets = self.networks.subnets_of(spec, setup).await?;
        let subnets = subnets.into_iter().filter_map(|subnet| subnet.subnet_id).collect();
        let template = stack(id, &AnnexSpec { subnets, ..spec.clone() }, setup, &details, counts);
        let (request, large) = StackRequest::new(id, spec, setup, &template, self.session.region().await?);
        // Allows renewing the annex when its source files are gone from this machine or changed.
        let kept = spec.contents.is_of(spec).then(|| File::named(id, &kept_name(spec), template.to_string().into()));
        let files = given.files.into_iter().chain(large).chain(kept).collect();
        Ok(StackInput { request, files })
    }

    /// Prepares a change of only the lease and size of an existing annex, from the template that was stored at its
    /// creation, without any file of the user's on this machine: only with the token that the machines get. `None` if
    /// more is to change.
    pub(super) async fn renew(
        &self,
        id: &AnnexId,
        spec: &AnnexSpec,
        (stack, setup): (&Stack, &Setup),
        counts: &[u32],
    ) -> Result<Option<StackInput>, CloudError> {
        let is_same = describe::output(stack, OUTPUT_FINGERPRINT) == Some(&fingerprint(spec));
        if !is_same || !spec.contents.is_of(spec) {
            return Ok(None);
        }
        let Some(kept) = self.files.stored(id, setup, &kept_name(spec)).await? else { return Ok(None) };
        let template = serde_json::from_slice(&kept).ok().and_then(|kept| renewed(kept, spec, counts));
        let Some(template) = template else { return Ok(None) };
        let (request, large) = StackRequest::new(id, spec, setup, &template, self.session.region().await?);
        let token = spec.joining().map(|joining| token_file(id, joining)).transpose()?.flatten();
        Ok(Some(StackInput { request, files: large.into_iter().chain(token).collect() }))
    }

    /// Returns the request that would be sent, for people.
    pub(super) async fn show(&self, id: &AnnexId, spec: &AnnexSpec, setup: &Setup) -> Result<Value, CloudError> {
        let prepared = self.prepare(id, spec, setup, &split(spec.count, &spec.pools)).await?;
        let template: Value = serde_json::from_str(&prepared.request.body).unwrap_or_default();
        Ok(json!({"template": template, "parameters": prepared.request.parameters()}))
    }
}

/// Returns the name of the file with the template of `spec`; independent of lease and size.
fn kept_name(spec: &AnnexSpec) -> String {
    format!("made/{}", fingerprint(spec))
}

/// Returns the root device of a pool's image.
pub(super) fn root_device(place: usize, spec: &AnnexSpec, image: &PoolImage) -> Result<String, CloudError> {
    image.root_device.clone().ok_or_else(|| {
        let message = format!(
            "pool {}: it is not known what the root device of {} is called",
            place + 1,
            spec.pools[place].image
        );
        CloudError::new(CloudErrorKind::Rejected, message).hint("name the image by its id: ami-…")
    })
}

fn first(wrong: Vec<CloudError>) -> CloudError {
    let unknown = || CloudError::new(CloudErrorKind::Rejected, "a file cannot be read");
    wrong.into_iter().next().unwrap_or_else(unknown)
}
