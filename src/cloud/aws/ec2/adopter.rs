//! Finds what an earlier call launched.

use super::describe::Describer;
use super::launch_failure::gone;
use super::options::Ec2Timing;
use crate::provider::{CloudError, LaunchRequest, Launched};

/// Adopts the instances of launches that were made before.
#[derive(Clone, Debug)]
pub(super) struct Adopter {
    describer: Describer,
    timing: Ec2Timing,
}

impl Adopter {
    /// Looks through `describer`, for as long as `timing` lets instances be invisible.
    pub(super) fn new(describer: Describer, timing: Ec2Timing) -> Self {
        Self { describer, timing }
    }

    /// What a launch with this token made, found by its tag: for calls whose token EC2 knows, though not with these
    /// parameters. Waits for the instances to show themselves; where they never do, they came and went.
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
