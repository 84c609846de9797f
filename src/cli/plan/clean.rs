//! `hoist plan clean`

use std::collections::BTreeSet;

use clap::Args;

use super::drive::Drive;
use super::run_name::RunName;
use super::session::{RunSession, block_on};
use super::terminate_instances::{MachineId, may_terminate, state_name, terminate};
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::engine::OwnedInstances;
use crate::provider::{Instance, Selector};
use crate::report::CleanDocument;
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
        let drive = Drive { max_concurrency: 1, rehearse: None };
        let session = RunSession::open(context, &self.run.name, &drive)?;
        let unused = block_on(unused(&session))??;
        let machines: Vec<MachineId> =
            unused.iter().map(|(cloud, instance)| (cloud.clone(), instance.id.clone())).collect();
        if !context.wants_json() {
            context.print_with_advice(&shown(&unused))?;
        }
        let go = !unused.is_empty() && !self.dry_run && may_terminate(context, &machines)?;
        let gone = if go {
            let again = format!("hoist plan clean {}", session.run.name);
            terminate(context, session.infrastructure().as_ref(), &machines, &again)
        } else {
            Ok(())
        };
        if context.wants_json() {
            context.print_json(&CleanDocument::new(&session.run.name, &unused, go && gone.is_ok()))?;
        }
        gone.map(|()| if unused.is_empty() || go { Exit::Done } else { Exit::Changed })
    }
}

fn shown(unused: &[(String, Instance)]) -> String {
    if unused.is_empty() {
        return "every machine of the run is used by a service of it".to_owned();
    }
    let line = |(cloud, instance): &(String, Instance)| {
        let address = instance.address.as_deref().unwrap_or("no address");
        format!(
            "{} on {cloud}: {}, {address}, launched {}\n",
            instance.id,
            state_name(instance),
            local(instance.launched_at)
        )
    };
    unused.iter().map(line).collect()
}

/// What carries the run's tag, exists, and is no service's instance.
async fn unused(session: &RunSession<'_>) -> Result<Vec<(String, Instance)>, CommandError> {
    let run = &session.run;
    let usage = OwnedInstances::of(run);
    let clouds: BTreeSet<&str> = run
        .plan
        .services()
        .filter(|(_, service)| service.launch.is_some())
        .map(|(_, service)| service.cloud.as_str())
        .collect();
    let mut unused = Vec::new();
    for cloud in clouds {
        let instances = session.infrastructure().cloud(cloud)?.describe(&Selector::Run(run.id.clone())).await?;
        unused.extend(
            instances
                .into_iter()
                .filter(|instance| !instance.state.is_gone() && !usage.holds(instance))
                .map(|instance| (cloud.to_owned(), instance)),
        );
    }
    Ok(unused)
}
