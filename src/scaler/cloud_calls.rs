//! Calls to the cloud, repeated while an error may pass.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::elastic::engine::MachineId;
use crate::provider::{Cloud, CloudError, LaunchRequest, Launched};
use crate::retry::{Pauses, retry_transient};

/// How long a call is repeated within a pass. What is left open is taken up by the next one.
const PATIENCE: Duration = Duration::from_secs(20);

fn pauses(name: &str) -> Pauses {
    Pauses::backoff(Duration::from_secs(1), Duration::from_secs(8), name)
}

/// Makes launches side by side; returns the answer to each.
pub(super) async fn launch_all(
    cloud: &Arc<dyn Cloud>,
    requests: Vec<LaunchRequest>,
) -> Vec<(LaunchRequest, Result<Launched, CloudError>)> {
    let mut calls = JoinSet::new();
    for request in requests {
        let cloud = cloud.clone();
        calls.spawn(async move {
            let answer = retry_transient(pauses(&request.token), PATIENCE, || cloud.launch(&request)).await;
            (request, answer)
        });
    }
    let mut answers = calls.join_all().await;
    answers.sort_by(|(one, _), (other, _)| one.slots.cmp(&other.slots));
    answers
}

/// Ends machines; an error of the kind `Transient` means that they may end or live on.
pub(super) async fn terminate(cloud: &Arc<dyn Cloud>, machines: &[MachineId]) -> Result<(), CloudError> {
    if machines.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = machines.iter().map(ToString::to_string).collect();
    retry_transient(pauses("terminate"), PATIENCE, || cloud.terminate(&ids)).await
}

/// Renews leases; returns the machines whose lease ends at `until` now.
pub(super) async fn renew(
    cloud: &Arc<dyn Cloud>,
    machines: &[MachineId],
    until: Timestamp,
) -> Result<Vec<MachineId>, CloudError> {
    let ids: Vec<String> = machines.iter().map(ToString::to_string).collect();
    let renewed = retry_transient(pauses("renew"), PATIENCE, || cloud.renew(&ids, until)).await?;
    Ok(renewed.iter().map(|id| MachineId::new(id.as_str())).collect())
}
