//! Ends instances that no service should have, and waits until they are gone.

use tokio::time::sleep;

use super::patient_call::{TERMINATION_TIMEOUT, look};
use super::request_termination::{RejectedInstances, dismiss};
use super::termination_wait::{TerminationWait, overdue};
use crate::provider::{Cloud, CloudError, InstanceState, Selector};

/// Terminates these instances and waits until they are gone; one that stays does not keep the others.
pub(super) async fn remove_all(cloud: &dyn Cloud, ids: &[String]) -> Result<(), CloudError> {
    if ids.is_empty() {
        return Ok(());
    }
    let refused: RejectedInstances = dismiss(cloud, ids).await;
    let going: Vec<String> =
        ids.iter().filter(|id| !refused.iter().any(|(refused, _)| refused == *id)).cloned().collect();
    if !going.is_empty() {
        await_gone(cloud, going).await?;
    }
    match refused.into_iter().next() {
        None => Ok(()),
        Some((_, error)) => Err(error),
    }
}

/// Waits until these instances are gone, at most [`TERMINATION_TIMEOUT`].
async fn await_gone(cloud: &dyn Cloud, ids: Vec<String>) -> Result<(), CloudError> {
    let departure = TerminationWait::new("", ids.len(), 0);
    let selector = Selector::Ids(ids);
    loop {
        let shown = look(cloud, &selector).await?;
        let left = shown.iter().find(|instance| instance.state != InstanceState::Terminated);
        let Some(left) = left else { return Ok(()) };
        if departure.waited() >= TERMINATION_TIMEOUT {
            return Err(overdue(&left.id, Some(left.state)));
        }
        sleep(departure.pause(&cloud.capabilities())).await;
    }
}
