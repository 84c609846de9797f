//! `hoist plan logs`

use clap::{Args, ValueEnum};
use serde_json::json;

use super::RunName;
use super::session::{block_on, existing};
use crate::cli::context::Context;
use crate::cli::exit::{CommandError, CommandResult, Exit};
use crate::cli::places::LocalPlaces;
use crate::engine::{Places, ProgramKind, ProgramOutput};
use crate::report::logs_human;

/// Show what the programs of a service printed, and its instance's console
#[derive(Args, Debug)]
pub(in crate::cli) struct Logs {
    #[command(flatten)]
    run: RunName,

    /// The service [default: every service]
    #[arg(value_name = "SERVICE")]
    service: Option<String>,

    /// Only this program's output
    #[arg(long, value_enum, value_name = "PROGRAM")]
    program: Option<Program>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Program {
    /// The boot program
    Boot,
    /// The ready program
    Ready,
    /// The terminate program
    Terminate,
    /// The instance's console
    Console,
}

impl Logs {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let recorded = existing(context, &self.run.name)?;
        let run = &recorded.run;
        let state = context.state()?;
        let services: Vec<String> = match &self.service {
            Some(service) => vec![service.clone()],
            None => run.plan.services().map(|(_, service)| service.name.clone()).collect(),
        };
        let mut shown = Vec::new();
        for service in services {
            let outputs: Vec<ProgramOutput> = state
                .outputs(recorded.row.id, Some(&service))?
                .into_iter()
                .filter(|output| self.program.is_none_or(|wanted| wanted.is(output.program)))
                .collect();
            let position = run.position(&service);
            // A service that a reload removed is in no plan any more, but what it printed is still here.
            if position.is_none() && outputs.is_empty() {
                return Err(unknown(run, &service));
            }
            let wants_console = self.program.is_none_or(|wanted| wanted == Program::Console);
            let console = match position.filter(|_| wants_console) {
                Some(position) => console(context, run, position)?,
                None => None,
            };
            shown.push((service, outputs, console));
        }
        if context.wants_json() {
            let services: Vec<_> = shown
                .iter()
                .map(|(service, outputs, console)| json!({ "service": service, "programs": outputs, "console": console }))
                .collect();
            context.print_json(&json!({ "schema": 1, "run": run.name, "services": services }))?;
        } else {
            for (service, outputs, console) in &shown {
                context.print(&logs_human(service, outputs, console.as_deref(), context.style))?;
            }
        }
        Ok(Exit::Done)
    }
}

impl Program {
    fn is(self, kind: ProgramKind) -> bool {
        match self {
            Program::Boot => kind == ProgramKind::Boot,
            Program::Ready => kind == ProgramKind::Ready,
            Program::Terminate => kind == ProgramKind::Terminate,
            Program::Console => false,
        }
    }
}

fn unknown(run: &crate::engine::Run, service: &str) -> CommandError {
    let error = CommandError::new(format!("run {} has no service {service}", run.name));
    let names: Vec<&str> = run.plan.services().map(|(_, service)| service.name.as_str()).collect();
    match crate::plan::nearest(service, names.iter().copied()) {
        Some(name) => error.hint(format!("did you mean {name}?")),
        None => error.hint(format!("hoist plan show {} lists them", run.name)),
    }
}

/// What the service's instance wrote to its console, while there is one.
fn console(context: &Context, run: &crate::engine::Run, position: usize) -> Result<Option<String>, CommandError> {
    let record = run.record(position);
    let (Some(owned), Some(id)) = (&record.instance, record.instance_id()) else { return Ok(None) };
    let places = LocalPlaces::new(context, run, None)?;
    let text = block_on(async { places.cloud(&owned.cloud)?.console(id).await })?;
    match text {
        Ok(text) => Ok(Some(text)),
        Err(error) => {
            context.tell(&format!("the console of {id} cannot be shown: {error}"));
            Ok(None)
        }
    }
}
