//! Termination of single instances, independent of the journal.

use crate::app::{CommandError, Exit, Interaction};
use crate::provider::{CloudError, Infrastructure, Instance};
use crate::report::count;

/// Name of the cloud in the plan, and id of the instance.
pub(crate) type MachineId = (String, String);

/// Asks whether to terminate these instances.
pub(super) fn may_terminate(user: &dyn Interaction, machines: &[MachineId]) -> Result<bool, CommandError> {
    user.confirm(&format!("Terminate {}?", count(machines.len(), "machine")))
}

/// Terminates these instances. One that cannot be terminated does not keep the others alive; `again` is the command
/// that retries.
pub(super) async fn terminate_machines(
    user: &dyn Interaction,
    infrastructure: &dyn Infrastructure,
    machines: &[MachineId],
    again: &str,
) -> Result<(), CommandError> {
    let mut left = Vec::new();
    for (cloud, id) in machines {
        let gone = match infrastructure.cloud(cloud) {
            Ok(cloud) => cloud.terminate(std::slice::from_ref(id)).await,
            Err(error) => Err(error),
        };
        match gone {
            Ok(()) => user.tell(&format!("terminated {id}")),
            Err(CloudError { message, hint, .. }) => {
                let hint = hint.map(|hint| format!("; try: {hint}")).unwrap_or_default();
                left.push(format!("{id} on {cloud} is still there: {message}{hint}"));
            }
        }
    }
    if left.is_empty() {
        return Ok(());
    }
    Err(CommandError::with_exit(Exit::Remains, left.join("\n")).hint(again))
}

/// Returns the state in EC2's words.
pub(super) fn state_name(instance: &Instance) -> String {
    serde_json::to_value(instance.state).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
