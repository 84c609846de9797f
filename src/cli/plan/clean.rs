//! `hoist plan clean`

use std::collections::BTreeSet;

use clap::Args;
use serde_json::json;

use super::history::state_name;
use super::session::{Session, runtime};
use super::{Drive, RunName};
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::engine::{Instance, Phase, Selector};
use crate::report::count;

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
        let session = Session::open(context, &self.run.name, &drive)?;
        let unused = runtime()?.block_on(unused(&session))?;
        if !context.wants_json() {
            context.print(&listed(&unused))?;
        }
        let question = format!("Terminate {}?", count(unused.len(), "machine"));
        let terminate = !self.dry_run && !unused.is_empty() && context.confirm(&question)?;
        if terminate {
            runtime()?.block_on(async {
                for (cloud, instance) in &unused {
                    session.places().cloud(cloud)?.terminate(std::slice::from_ref(&instance.id)).await?;
                    context.tell(&format!("terminated {}", instance.id));
                }
                Ok::<_, CommandError>(())
            })?;
        }
        if context.wants_json() {
            let machine = |(cloud, instance): &(String, Instance)| json!({ "cloud": cloud, "instance_id": instance.id, "address": instance.address });
            let machines: Vec<_> = unused.iter().map(machine).collect();
            let run = &session.run.name;
            context.print_json(&json!({ "schema": 1, "run": run, "unused": machines, "terminated": terminate }))?;
        }
        Ok(if self.dry_run && !unused.is_empty() { Exit::Changed } else { Exit::Done })
    }
}

fn listed(unused: &[(String, Instance)]) -> String {
    if unused.is_empty() {
        return "every machine of the run is used by a service of it".to_owned();
    }
    let line = |(cloud, instance): &(String, Instance)| {
        let (state, address) = (state_name(instance), instance.address.as_deref().unwrap_or("no address"));
        format!("{} on {cloud}: {state}, {address}, launched {}\n", instance.id, instance.launched_at)
    };
    unused.iter().map(line).collect()
}

/// What carries the run's tag, exists, and is no service's instance.
async fn unused(session: &Session<'_>) -> Result<Vec<(String, Instance)>, CommandError> {
    let run = &session.run;
    let used: BTreeSet<&str> = run.records().iter().filter_map(|record| record.instance_id()).collect();
    // A launch that was never answered may still be some service's machine: `resume` adopts it.
    let in_doubt: BTreeSet<&str> = run
        .records()
        .iter()
        .filter_map(|record| match &record.phase {
            Phase::Launching(intent) => Some(intent.token.as_str()),
            Phase::Failed(failure) => failure.unanswered.as_ref().map(|intent| intent.token.as_str()),
            _ => None,
        })
        .collect();
    let clouds: BTreeSet<&str> = run
        .plan
        .services()
        .filter(|(_, service)| service.launch.is_some())
        .map(|(_, service)| service.cloud.as_str())
        .collect();
    let mut unused = Vec::new();
    for cloud in clouds {
        let instances = session.places().cloud(cloud)?.describe(&Selector::Run(run.id.clone())).await?;
        unused.extend(
            instances
                .into_iter()
                .filter(|instance| !instance.state.is_gone() && !used.contains(instance.id.as_str()))
                .filter(|instance| {
                    instance.tags.get(crate::engine::TAG_INTENT).is_none_or(|token| !in_doubt.contains(token.as_str()))
                })
                .map(|instance| (cloud.to_owned(), instance)),
        );
    }
    Ok(unused)
}
