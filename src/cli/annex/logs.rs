//! `hoist annex logs`

use clap::Args;

use super::annex_arg::AnnexArgument;
use crate::app::annex::{LogsRequest, logs};
use crate::app::{CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::report::{AnnexLogsDocument, instance_logs_human};

/// Show consoles of an annex's instances, and HTCondor's own logs of them
///
/// On AWS an instance stores its logs while it has not joined its pool, and when its configuration fails. On the local
/// cloud they are read from where they are written. What cannot be read is told for each instance, with what to try.
///
/// Exit code 1 when nothing can be read of an instance.
#[derive(Args, Debug)]
pub(in crate::cli) struct Logs {
    #[command(flatten)]
    annex: AnnexArgument,

    /// Only this instance, even if it has ended [default: all that have not]
    #[arg(short, long, value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    instance: Option<String>,
}

impl Logs {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let name = self.annex.name()?;
        let request = LogsRequest { name: name.clone(), instance: self.instance.clone() };
        let read = block_on(logs(context.operation(), request))??;
        if context.wants_json() {
            context.print_json(&AnnexLogsDocument::new(&name, &read))?;
        } else if read.is_empty() {
            context.tell(&format!("annex {name} has no instances; --instance ID reads one that has ended"));
        } else {
            for instance in &read {
                context.print_with_advice(&instance_logs_human(instance, context.style))?;
            }
        }
        Ok(if read.iter().any(|instance| instance.is_missing()) { Exit::Failed } else { Exit::Done })
    }
}
