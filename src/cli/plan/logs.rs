//! `hoist plan logs`

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::run_name::RunName;
use crate::app::plan::{consoles, existing, no_such_run};
use crate::app::{CommandError, CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::engine::{Phase, ProgramOutput, Run, SecretMask};
use crate::plan::ProgramKind;
use crate::report::{LogsDocument, ServiceLogsView, logs_human};

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
        let recorded = existing(&context.workspace, &self.run.name)?;
        let run = &recorded.run;
        let Some(state) = context.workspace.state_to_read()? else {
            return Err(no_such_run(&context.workspace, &self.run.name)?);
        };
        let services: Vec<String> = match &self.service {
            Some(service) => vec![service.clone()],
            None => run.plan.services().map(|(_, service)| service.name.clone()).collect(),
        };
        let wants_console = self.program.is_none_or(|wanted| wanted == Program::Console);
        let mut consoles = match wants_console {
            true => block_on(consoles(context.operation(), run, &services))??,
            false => BTreeMap::new(),
        };
        let mask = SecretMask::of(run);
        if !mask.unread().is_empty() && consoles.values().any(|text| !text.is_empty()) {
            let unread = mask.unread().join(", ");
            context.tell(&format!("consoles are shown without looking for secrets that cannot be read now: {unread}"));
        }
        // Outputs are read once for all services, since each read verifies the complete chain.
        let mut printed: BTreeMap<String, Vec<ProgramOutput>> = BTreeMap::new();
        for output in state.outputs(recorded.row.id, self.service.as_deref())? {
            if self.program.is_none_or(|wanted| wanted.is(output.program)) {
                printed.entry(output.service.clone()).or_default().push(output);
            }
        }
        let mut shown = Vec::new();
        for service in services {
            let outputs = printed.remove(&service).unwrap_or_default();
            // A service removed by a reload is in no plan any more, but its output is still recorded.
            if run.position(&service).is_none() && outputs.is_empty() {
                return Err(unknown(run, &service));
            }
            let console = consoles.remove(&service).map(|text| mask.tail(&text));
            let runs = running(run, &service).filter(|(kind, _)| self.program.is_none_or(|wanted| wanted.is(*kind)));
            shown.push((service, outputs, runs, console));
        }
        if context.wants_json() {
            let services = shown
                .iter()
                .map(|(service, programs, _, console)| ServiceLogsView {
                    service,
                    programs,
                    console: console.as_deref(),
                })
                .collect();
            context.print_json(&LogsDocument::new(&run.name, services))?;
        } else {
            for (service, outputs, runs, console) in &shown {
                context.print(&logs_human(service, outputs, *runs, console.as_deref(), context.style))?;
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

/// Returns the program of the service that is running according to the record, and its start.
fn running(run: &Run, service: &str) -> Option<(ProgramKind, Timestamp)> {
    let record = run.record(run.position(service)?);
    let program = match record.phase {
        Phase::Booting(_) => ProgramKind::Boot,
        Phase::Checking(_) => ProgramKind::Ready,
        _ => return None,
    };
    Some((program, record.since))
}

fn unknown(run: &Run, service: &str) -> CommandError {
    let error = CommandError::new(format!("run {} has no service {service}", run.name));
    let replicas: Vec<&str> = run
        .plan
        .services()
        .filter(|(_, other)| other.replica_of.as_deref() == Some(service))
        .map(|(_, replica)| replica.name.as_str())
        .collect();
    if let [first, .., last] = replicas[..] {
        let count = replicas.len();
        return CommandError::new(format!("{service} of run {} has {count} replicas", run.name))
            .hint(format!("name one of {first} … {last}"));
    }
    let names: Vec<&str> = run.plan.services().map(|(_, service)| service.name.as_str()).collect();
    let meant = crate::diagnostics::did_you_mean_word(service, names.iter().copied());
    error.hint(meant.unwrap_or_else(|| format!("hoist plan show {} lists them", run.name)))
}
