//! Terminating single machines, beside what the journal says of them.

use crate::app::{CommandError, Exit, Interaction};
use crate::provider::{CloudError, Infrastructure, Instance};
use crate::report::count;

/// A machine by its cloud's name in the plan and its id.
pub(crate) type MachineId = (String, String);

/// Asks whether these machines shall go.
pub(super) fn may_terminate(user: &dyn Interaction, machines: &[MachineId]) -> Result<bool, CommandError> {
    user.confirm(&format!("Terminate {}?", count(machines.len(), "machine")))
}

/// Terminates these machines. One that cannot be terminated does not keep the others alive; `again` is the command that
/// tries once more.
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

/// The state in EC2's words.
pub(super) fn state_name(instance: &Instance) -> String {
    serde_json::to_value(instance.state).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
