//! An annex as CloudFormation is asked for it: template, tags and files.

use serde_json::{Value, json};

use super::StackCloud;
use super::files::File;
use super::images::PoolImage;
use super::machines::Given;
use super::request::StackRequest;
use crate::annex::{AnnexId, AnnexSpec, PoolDetails, Setup, split, stack};
use crate::engine::{CloudError, CloudErrorKind};

/// What is asked for, and what has to be in the bucket before.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) request: StackRequest,
    pub(super) files: Vec<File>,
}

impl StackCloud {
    /// Puts together what is asked for, with so many instances of each pool. The same `spec` and files give the same, whenever.
    pub(super) async fn prepare(
        &self,
        id: &AnnexId,
        spec: &AnnexSpec,
        setup: &Setup,
        counts: &[u32],
    ) -> Result<Prepared, CloudError> {
        let given = Given::read(id, spec).map_err(first)?;
        let images = self.images(spec).await?;
        let mut details = Vec::new();
        for (place, image) in images.iter().enumerate() {
            let image = image.as_ref().ok_or_else(|| {
                let message = format!("pool {}: there is no image {}", place + 1, spec.pools[place].image);
                CloudError::new(CloudErrorKind::Refused, message).hint("`hoist image list` shows what there is")
            })?;
            let user_data = self.user_data(id, spec, setup, &given, (place, image))?;
            details.push(PoolDetails { root_device: root_device(place, spec, image)?, user_data });
        }
        let subnets = self.subnets_of(spec, setup).await?;
        let subnets = subnets.into_iter().filter_map(|subnet| subnet.subnet_id).collect();
        let template = stack(id, &AnnexSpec { subnets, ..spec.clone() }, setup, &details, counts);
        let (request, large) = StackRequest::new(id, spec, setup, &template, self.session.region().await?);
        let files = given.files.into_iter().chain(large).collect();
        Ok(Prepared { request, files })
    }

    /// What would be asked for, for people.
    pub(super) async fn show(&self, id: &AnnexId, spec: &AnnexSpec) -> Result<Value, CloudError> {
        let setup = self.required_setup().await?;
        let prepared = self.prepare(id, spec, &setup, &split(spec.count, &spec.pools)).await?;
        let template: Value = serde_json::from_str(&prepared.request.body).unwrap_or_default();
        Ok(json!({"template": template, "parameters": prepared.request.parameters()}))
    }
}

/// The root device of a pool's image.
pub(super) fn root_device(place: usize, spec: &AnnexSpec, image: &PoolImage) -> Result<String, CloudError> {
    image.root_device.clone().ok_or_else(|| {
        let message = format!(
            "pool {}: it is not known what the root device of {} is called",
            place + 1,
            spec.pools[place].image
        );
        CloudError::new(CloudErrorKind::Refused, message).hint("name the image by its id: ami-…")
    })
}

fn first(wrong: Vec<CloudError>) -> CloudError {
    let unknown = || CloudError::new(CloudErrorKind::Refused, "a file cannot be read");
    wrong.into_iter().next().unwrap_or_else(unknown)
}
