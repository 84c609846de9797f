//! Finds instances launched by an earlier call.

use super::describe::Describer;
use super::launch_failure::gone;
use super::options::Ec2Timing;
use crate::provider::{CloudError, LaunchRequest, Launched};

/// Adopts the instances of earlier launches.
#[derive(Clone, Debug)]
pub(super) struct Adopter {
    describer: Describer,
    timing: Ec2Timing,
}

impl Adopter {
    /// Creates an adopter that looks through `describer`, for as long as `timing` allows instances to be invisible.
    pub(super) fn new(describer: Describer, timing: Ec2Timing) -> Self {
        Self { describer, timing }
    }

    /// Returns the instances launched with this request's token, by their tag: for calls whose token EC2 knows with
    /// other parameters. Waits for the instances to become visible; if they never do, they are gone already.
    pub(super) async fn adopt(&self, request: &LaunchRequest) -> Result<Launched, CloudError> {
        let mut window = self.timing.until_visible();
        loop {
            let found = self.describer.launched_with(&request.token).await?;
            if found.len() >= request.slots.len() || !window.pause().await {
                if found.is_empty() {
                    return Err(gone(request));
                }
                return Ok(found.into());
            }
        }
    }
}
