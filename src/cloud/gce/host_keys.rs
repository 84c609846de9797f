//! The host keys that an instance tells: in its guest attributes, where Google's agent and cloud-init write them.

use super::call_error::CallFault;
use super::names::parts_of;
use super::session::GceSession;
use crate::provider::CloudError;

/// Returns the host keys as cloud-init writes them to a console; `None` if the instance has told none.
///
/// # Errors
/// Google cannot be asked.
pub(super) async fn told(session: &GceSession, id: &str) -> Result<Option<String>, CloudError> {
    let Some((name, zone)) = parts_of(id) else { return Ok(None) };
    let (client, project) = (session.instances().await?, session.project().await?);
    let call = client
        .get_guest_attributes()
        .set_project(project)
        .set_zone(zone)
        .set_instance(name)
        .set_query_path("hostkeys/");
    let told = match session.call("instances.getGuestAttributes", || call.clone().send()).await {
        Ok(told) => told,
        // Nothing is written yet, or the organization or the user lets nobody read them: the console may have the keys.
        Err(error) if matches!(error.fault, CallFault::NotFound | CallFault::NotPermitted | CallFault::Invalid) => {
            return Ok(None);
        }
        Err(error) => return Err(error.explain(project, &format!("read the host keys of {id}"))),
    };
    let entries = told.query_value.into_iter().flat_map(|value| value.items);
    let keys: Vec<String> = entries.filter_map(|entry| Some(format!("{} {}\n", entry.key?, entry.value?))).collect();
    let whole = format!("-----BEGIN SSH HOST KEY KEYS-----\n{}-----END SSH HOST KEY KEYS-----\n", keys.concat());
    Ok((!keys.is_empty()).then_some(whole))
}
