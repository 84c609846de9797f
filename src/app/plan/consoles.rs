//! Console output of the instances of a run.

use std::collections::BTreeMap;

use crate::app::{CommandError, LiveInfrastructure, Operation};
use crate::engine::Run;
use crate::provider::Infrastructure as _;

/// Returns the console output of the services' instances. Reports consoles that a cloud does not show.
pub(crate) async fn consoles(
    op: Operation<'_>,
    run: &Run,
    services: &[String],
) -> Result<BTreeMap<String, String>, CommandError> {
    let machine = |service: &String| {
        let record = run.record(run.position(service)?);
        Some((service.clone(), record.instance.as_ref()?.cloud.clone(), record.instance_id()?.to_owned()))
    };
    let machines: Vec<_> = services.iter().filter_map(machine).collect();
    if machines.is_empty() {
        return Ok(BTreeMap::new());
    }
    let infrastructure = LiveInfrastructure::new(op.workspace, run)?;
    let mut consoles = BTreeMap::new();
    let mut failed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (service, cloud, id) in machines {
        let text = match infrastructure.cloud(&cloud) {
            Ok(cloud) => cloud.console(&id).await,
            Err(error) => Err(error),
        };
        match text {
            Ok(text) => drop(consoles.insert(service, text)),
            Err(error) => failed.entry(error.message).or_default().push(id),
        }
    }
    for (reason, ids) in failed {
        let others = if ids.len() > 1 { format!(" and {} more", ids.len() - 1) } else { String::new() };
        op.user.tell(&format!("the console of {}{others} cannot be shown: {reason}", ids[0]));
    }
    Ok(consoles)
}
