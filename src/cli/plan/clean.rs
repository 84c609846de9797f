//! `hoist plan clean`

use clap::Args;
use serde_json::json;

use super::run_name::RunName;
use crate::app::plan::{UnusedMachines, unused_machines};
use crate::app::{CommandResult, Exit};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::provider::Instance;
use crate::report::time::local;

/// Terminate machines that carry the run's tag and that no service of it uses
#[derive(Args, Debug)]
pub(in crate::cli) struct Clean {
    #[command(flatten)]
    run: RunName,

    /// Only show them; exit code 2 when there are any
    #[arg(long)]
    dry_run: bool,
}

impl Clean {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        block_on(async {
            let unused = unused_machines(context.operation(), &self.run.name).await?;
            let machines = &unused.machines;
            if !context.wants_json() {
                context.print_with_advice(&shown(machines))?;
            }
            let go = !self.dry_run && unused.may_terminate()?;
            let gone = if go { unused.terminate().await } else { Ok(()) };
            if context.wants_json() {
                let shown: Vec<_> = machines
                    .iter()
                    .map(|(cloud, instance)| {
                        json!({ "cloud": cloud, "instance_id": instance.id, "address": instance.address })
                    })
                    .collect();
                context.print_json(&json!({
                    "schema": 1,
                    "run": unused.run(),
                    "unused": shown,
                    "terminated": go && gone.is_ok(),
                }))?;
            }
            gone.map(|()| if machines.is_empty() || go { Exit::Done } else { Exit::Changed })
        })?
    }
}

fn shown(unused: &[(String, Instance)]) -> String {
    if unused.is_empty() {
        return "every machine of the run is used by a service of it".to_owned();
    }
    let line = |(cloud, instance): &(String, Instance)| {
        let (id, state) = (&instance.id, UnusedMachines::state_name(instance));
        let address = instance.address.as_deref().unwrap_or("no address");
        format!("{id} on {cloud}: {state}, {address}, launched {}\n", local(instance.launched_at))
    };
    unused.iter().map(line).collect()
}
