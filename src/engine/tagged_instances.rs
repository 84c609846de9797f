//! Instances by any tag, and their end.

use super::patient_call::look;
use super::removal::remove_all;
use crate::provider::{Cloud, CloudError, Instance, InstanceState, Selector};

/// Returns the instances of hoist's with this tag that are not terminated, with retries.
///
/// # Errors
/// The cloud does not answer, or refuses.
pub async fn tagged(cloud: &dyn Cloud, key: &str, value: &str) -> Result<Vec<Instance>, CloudError> {
    let mut shown = look(cloud, &Selector::ManagedByHoist).await?;
    let is_tagged = |instance: &Instance| instance.tags.get(key).is_some_and(|tag| tag == value);
    shown.retain(|instance| instance.state != InstanceState::Terminated && is_tagged(instance));
    Ok(shown)
}

/// Terminates instances and waits until the cloud shows that they are gone; one that stays does not keep the others.
///
/// # Errors
/// One of them is not gone; the error is the first one's.
pub async fn end_instances(cloud: &dyn Cloud, ids: &[String]) -> Result<(), CloudError> {
    remove_all(cloud, ids).await
}
