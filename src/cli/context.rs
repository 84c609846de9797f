//! Context of a command: the resolved options of a command line.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::Value;

use super::global::{Color, Global, Output};
use crate::app::{CloudOptions, CommandError, Operation, Workspace};
use crate::os::quoted;
use crate::provider::{ApiCall, CallObserver};
use crate::report::{Style, guarded};

/// Context of a command.
pub(super) struct Context {
    /// Format of data.
    pub(super) output: Output,
    /// Style of text on standard output.
    pub(super) style: Style,
    /// Style of text on standard error.
    pub(super) message_style: Style,
    /// Number of `-v` options.
    pub(super) verbosity: u8,
    /// Whether `-q` is given.
    pub(super) quiet: bool,
    /// Workspace with the state file and the configured clouds.
    pub(super) workspace: Workspace,
    /// Whether `--yes` is given.
    pub(super) yes: bool,
    /// Whether `--no-input` is given.
    pub(super) no_input: bool,
    /// Value of `--state`.
    pub(super) state_option: Option<PathBuf>,
    /// Collected documents of a command that combines them into one.
    gathered: Mutex<Option<Vec<Value>>>,
}

impl Context {
    pub(super) fn new(global: Global) -> Self {
        let style = |terminal: bool| {
            Style::new(match global.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
                Color::Auto => {
                    terminal
                        || std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0")
                }
            })
        };
        let message_style = style(std::io::stderr().is_terminal());
        Self {
            output: global.output,
            style: style(std::io::stdout().is_terminal()),
            message_style,
            verbosity: global.verbose,
            quiet: global.quiet,
            yes: global.yes,
            no_input: global.no_input,
            workspace: Workspace {
                state_path: global.state.clone().unwrap_or_else(default_state_file),
                clouds: CloudOptions {
                    profile: global.profile,
                    region: global.region,
                    endpoint_url: global.endpoint_url,
                },
                observer: (global.verbose >= 2).then(|| call_observer(message_style)),
            },
            state_option: global.state,
            gathered: Mutex::default(),
        }
    }

    /// Returns the operation for this command line's workspace and user.
    pub(super) fn operation(&self) -> Operation<'_> {
        Operation { workspace: &self.workspace, user: self }
    }

    /// Writes data to standard output. A closed pipe ends the command quietly.
    pub(super) fn print(&self, text: &str) -> Result<(), CommandError> {
        let mut stdout = std::io::stdout().lock();
        // Data for a file or a pipe stays unfiltered.
        let guarded = stdout.is_terminal().then(|| guarded(text));
        let text = guarded.as_deref().unwrap_or(text);
        let newline = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        match write!(stdout, "{text}{newline}").and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(CommandError::new(format!("cannot write to standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Does the same for text that ends with suggested commands, which get the `--state` option of this command.
    pub(super) fn print_with_advice(&self, text: &str) -> Result<(), CommandError> {
        self.print(&self.for_this_state(text))
    }

    /// Writes one JSON document: indented for `json`, one line for `jsonl`.
    pub(super) fn print_json(&self, view: &impl Serialize) -> Result<(), CommandError> {
        let value = document(view)?;
        if let Some(gathered) = self.gathered.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            gathered.push(value);
            return Ok(());
        }
        self.print(&match self.output {
            Output::Jsonl => value.to_string(),
            _ => format!("{value:#}"),
        })
    }

    /// Starts to collect documents for a common one, if the output is a single document.
    pub(super) fn gather(&self) {
        if self.output == Output::Json {
            *self.gathered.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
        }
    }

    /// Returns the collected documents; none if documents are not collected.
    pub(super) fn gathered(&self) -> Option<Vec<Value>> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Returns whether data is written as JSON.
    pub(super) fn wants_json(&self) -> bool {
        self.output != Output::Human
    }

    /// Adds the `--state` option of this command, if given, to the commands in a hint, which would use another state
    /// file otherwise.
    pub(super) fn for_this_state(&self, hint: &str) -> String {
        const GROUPS: [&str; 6] = ["plan", "annex", "elastic", "worker", "orphans", "doctor"];
        let Some(state) = self.state_option.as_ref() else { return hint.to_owned() };
        let option = format!("--state {}", quoted(state));
        let with_option = |line: &str| {
            GROUPS.iter().fold(line.to_owned(), |line, group| {
                line.replace(&format!("hoist {group}"), &format!("hoist {option} {group}"))
            })
        };
        let is_told = |line: &&str| line.contains("--state") || line.contains("HOIST_STATE=");
        let lines = hint.split('\n').map(|line| if is_told(&line) { line.to_owned() } else { with_option(line) });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Returns the observer of calls to clouds for `-vv`, which writes to standard error.
fn call_observer(style: Style) -> CallObserver {
    Arc::new(move |call: &ApiCall| {
        let line = format!(
            "{} {} try {}: {} in {:.3} s{}",
            call.service,
            call.operation,
            call.attempt,
            call.outcome,
            call.took.as_secs_f64(),
            call.request_id.as_ref().map(|id| format!(", request {id}")).unwrap_or_default(),
        );
        // With standard error closed, nobody reads the messages.
        let _ = writeln!(std::io::stderr().lock(), "{}", style.dim(line));
    })
}

/// Converts a view to its document, with fields sorted by name.
///
/// # Errors
/// JSON cannot represent it: a path in it is not UTF-8.
pub(super) fn document(view: &impl Serialize) -> Result<Value, CommandError> {
    serde_json::to_value(view).map_err(|error| CommandError::new(format!("cannot write this as JSON: {error}")))
}

/// Returns the default state file: `$HOIST_STATE`, else `$XDG_STATE_HOME/hoist/hoist.db`, else
/// `~/.local/state/hoist/hoist.db`.
pub(super) fn default_state_file() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("HOIST_STATE").unwrap_or_else(|| {
        set("XDG_STATE_HOME")
            .filter(|path| path.is_absolute())
            .or_else(|| set("HOME").map(|home| home.join(".local/state")))
            .unwrap_or_else(|| PathBuf::from("."))
            .join("hoist/hoist.db")
    })
}
