//! Pins a run to the place of its clouds at the boot. Later changes of the environment affect the source of
//! credentials, not the place where the run's instances are looked for.

use crate::app::Clouds;
use crate::plan::{CloudConfig, Plan};
use crate::provider::CloudError;

/// Writes region, address and account into each cloud that the plan launches on; returns the clouds that deny access.
pub(super) async fn pin(clouds: &Clouds, plan: &mut Plan) -> Vec<(String, CloudError)> {
    let used: Vec<String> = plan.clouds.keys().filter(|name| plan.launches_on(name)).cloned().collect();
    let mut closed = Vec::new();
    for name in used {
        let Some(config) = plan.clouds.get_mut(&name) else { continue };
        match clouds.pinned(config).await {
            Ok(pinned) => *config = pinned,
            Err(error) => closed.push((name, error)),
        }
    }
    closed
}

/// Keeps the place of the run for a new plan unless the plan names another.
pub(super) fn keep_place(running: &Plan, plan: &mut Plan) {
    for (name, config) in &mut plan.clouds {
        let Some(before) = running.clouds.get(name).filter(|before| before.provider == config.provider) else {
            continue;
        };
        let stays = config.region.as_ref().is_none_or(|region| before.region.as_ref() == Some(region))
            && config.endpoint.as_ref().is_none_or(|endpoint| before.endpoint.as_ref() == Some(endpoint))
            && (config.profile.is_none() || config.profile == before.profile);
        if stays {
            let profile = config.profile.take();
            // Objects stored in the bucket of a run are looked for there when the run ends.
            let bucket = before.bucket.clone().or_else(|| config.bucket.take());
            *config = CloudConfig { profile: profile.or_else(|| before.profile.clone()), bucket, ..before.clone() };
        }
    }
}
