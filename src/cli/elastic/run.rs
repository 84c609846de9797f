//! `hoist elastic run`

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::listen_option::ListenOption;
use super::parent_option::parent;
use crate::app::elastic::{ServeRequest, serve};
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::context::Context;
use crate::cli::global::Output;
use crate::cli::runtime::block_on;
use crate::daemon::{Level, Notice};
use crate::report::{NoticeLine, notice_for_journal, notice_human};

/// Keep fleets at their size, until told to end
///
/// Each fleet file is checked as a whole, with its cloud, before anything starts. One process may serve several fleets;
/// no two processes serve one. Every decision is told with its reason, and every failure when it begins and changes.
///
/// SIGHUP, or `hoist elastic reload`, reads the files again: what is right takes the place of the old as a whole, what
/// is wrong is told and changes nothing. SIGTERM and Ctrl-C end the process after the calls under way; workers stay
/// until their leases end, or until the next start, which takes them over. `hoist elastic unit` prints the unit with
/// which systemd runs this.
#[derive(Args, Debug)]
pub(in crate::cli) struct Run {
    /// A fleet file; may be repeated [default: elastic.toml here, else /etc/hoist/elastic.toml]
    #[arg(long = "config", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    configs: Vec<PathBuf>,

    #[command(flatten)]
    listen: ListenOption,

    /// The tag of the run that the fleets belong to, whose end ends them [env: HOIST_RUN]
    #[arg(long, value_name = "TAG")]
    parent: Option<String>,
}

impl Run {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let listen = self.listen.address()?;
        if context.output == Output::Json {
            return Err(CommandError::with_exit(Exit::Usage, "a daemon does not end with one document")
                .hint("-o jsonl writes one a line, as things happen"));
        }
        let configs = configs(&self.configs)?;
        let parent = parent(self.parent.as_deref())?;
        let request = ServeRequest { configs: &configs, listen, parent: parent.as_ref(), tell: teller(context) };
        block_on(serve(context.operation(), request))?
    }
}

/// Returns the fleet files that were named, or the one that is used without.
///
/// # Errors
/// None was named, and none of the two places has one.
pub(super) fn configs(named: &[PathBuf]) -> Result<Vec<PathBuf>, CommandError> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let here = PathBuf::from("elastic.toml");
    let of_machine = PathBuf::from("/etc/hoist/elastic.toml");
    let found = [here, of_machine].into_iter().find(|file| file.exists());
    found.map(|file| vec![file]).ok_or_else(|| {
        let message = "there is no fleet file: neither elastic.toml here nor /etc/hoist/elastic.toml";
        CommandError::new(message).hint("--config FILE names one; `hoist wizard` and `hoist elastic import` write one")
    })
}

/// Returns what writes notices: to standard output as JSON, or to standard error as a log. Quiet, it tells warnings and
/// errors only.
fn teller(context: &Context) -> Arc<dyn Fn(&Notice) + Send + Sync> {
    if context.output == Output::Jsonl {
        return Arc::new(|notice| {
            // A view of texts and times is always JSON; with standard output closed, nobody reads it.
            if let Ok(line) = serde_json::to_string(&NoticeLine::new(notice)) {
                let mut stdout = std::io::stdout().lock();
                let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
            }
        });
    }
    let (style, quiet) = (context.message_style, context.quiet);
    // systemd sets this for services whose standard error is its journal.
    let is_journal = std::env::var_os("JOURNAL_STREAM").is_some() && !std::io::stderr().is_terminal();
    Arc::new(move |notice| {
        if quiet && notice.what.level() == Level::Info {
            return;
        }
        let line = if is_journal { notice_for_journal(notice) } else { notice_human(notice, style) };
        // With standard error closed, nobody reads the messages.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    })
}
