//! The document of program output.

use jiff::Timestamp;
use serde::Serialize;

use crate::engine::ProgramOutput;
use crate::plan::ProgramKind;
use crate::report::Style;
use crate::report::guard::push_printed;
use crate::report::schema_version::SchemaVersion;
use crate::report::time::{duration, local};

/// The document of `hoist plan logs`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LogsDocument<'a> {
    schema: SchemaVersion,
    /// The run's name.
    run: &'a str,
    /// Each with what its programs printed.
    services: Vec<ServiceLogsView<'a>>,
}

/// What the programs of a service printed.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ServiceLogsView<'a> {
    /// The service.
    pub service: &'a str,
    /// Each execution of a program of it, oldest first.
    pub programs: &'a [ProgramOutput],
    /// The console of its instance, where that was asked for and there is one.
    pub console: Option<&'a str>,
}

impl<'a> LogsDocument<'a> {
    /// Creates the document of these services of the run.
    pub fn new(run: &'a str, services: Vec<ServiceLogsView<'a>>) -> Self {
        Self { schema: SchemaVersion, run, services }
    }
}

/// Formats the output of each execution below a heading, then the program that `runs` with its start, then the console.
pub fn logs_human(
    service: &str,
    outputs: &[ProgramOutput],
    runs: Option<(ProgramKind, Timestamp)>,
    console: Option<&str>,
    style: Style,
) -> String {
    let mut text = String::new();
    for output in outputs {
        let took = duration(std::time::Duration::from_secs_f64(output.seconds.max(0.0)));
        let at = local(output.at);
        let head = format!("── {service}: {} program, {at}, {took}, {}", output.program, output.outcome);
        push_printed(
            &mut text,
            &if output.outcome.success() { style.bold(head) } else { style.bad(head) },
            &output.text,
        );
    }
    if let Some((program, since)) = runs {
        let since = local(since);
        text.push_str(&style.bold(format!("── {service}: its {program} program runs, since {since}\n")));
    }
    if let Some(console) = console.filter(|console| !console.is_empty()) {
        push_printed(&mut text, &style.bold(format!("── {service}: console of its instance")), console);
    }
    if text.is_empty() {
        text.push_str(&style.dim(format!("── {service}: no program has run\n")));
    }
    text
}
