//! Terminating single machines, beside what the journal says of them.

use super::session::block_on;
use crate::app::Interaction as _;
use crate::app::{CommandError, Exit};
use crate::cli::context::Context;
use crate::provider::{CloudError, Infrastructure, Instance};
use crate::report::count;

/// A machine by its cloud's name in the plan and its id.
pub(super) type MachineId = (String, String);

/// Asks whether these machines shall go.
pub(super) fn may_terminate(context: &Context, machines: &[MachineId]) -> Result<bool, CommandError> {
    context.confirm(&format!("Terminate {}?", count(machines.len(), "machine")))
}

/// Terminates these machines. One that cannot be terminated does not keep the others alive; `again` is the command that
/// tries once more.
pub(super) fn terminate(
    context: &Context,
    infrastructure: &dyn Infrastructure,
    machines: &[MachineId],
    again: &str,
) -> Result<(), CommandError> {
    let mut left = Vec::new();
    for (cloud, id) in machines {
        let gone = block_on(async { infrastructure.cloud(cloud)?.terminate(std::slice::from_ref(id)).await })?;
        match gone {
            Ok(()) => context.tell(&format!("terminated {id}")),
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
