//! The user of a command line as the user of operations.

use std::io::{IsTerminal as _, Write as _};

use super::context::Context;
use super::global::Output;
use super::signals::listen;
use crate::annex::{AnnexName, Progress};
use crate::app::{CommandError, Exit, Interaction, Stops};
use crate::diagnostics::Diagnostic;
use crate::engine::{Forecast, Observer, Run};
use crate::report::{self, AnnexOffer, AnnexProgress, Events, Lines, Live, ProgressFormat, guarded};
use crate::user_data::Lint;

/// Messages go to standard error, so that standard output has only data.
impl Interaction for Context {
    /// Silent with `-q`.
    fn tell(&self, text: &str) {
        if !self.quiet && !text.is_empty() {
            self.say(text);
        }
    }

    fn note(&self, text: &str) {
        self.tell(&format!("{} {text}", self.message_style.warn("note:")));
    }

    fn warn(&self, text: &str) {
        self.say(&format!("{} {text}", self.message_style.warn("note:")));
    }

    fn say(&self, text: &str) {
        // With standard error closed, nobody reads the messages.
        let _ = writeln!(std::io::stderr().lock(), "{}", guarded(text.strip_suffix('\n').unwrap_or(text)));
    }

    fn diagnose(&self, diagnostic: &Diagnostic) {
        self.say(&format!("{} {}", self.message_style.bad("problem:"), diagnostic.message));
        diagnostic.hints.iter().for_each(|hint| self.say(&format!("  {} {hint}", self.message_style.dim("try:"))));
    }

    fn strong(&self, name: &str) -> String {
        self.message_style.bold(name)
    }

    /// The forecast is a message, so that the data of the command stays one document.
    fn announce(&self, forecast: &Forecast) {
        let text = report::forecast(forecast, self.message_style);
        if self.asks() {
            self.say(&text);
        } else if self.output != Output::Jsonl {
            self.tell(&text);
        }
    }

    fn show_lint(&self, name: &str, lint: &Lint) {
        report::user_data_human(name, lint, self.message_style).lines().for_each(|line| self.say(line));
    }

    fn offer(&self, offer: &AnnexOffer<'_>) {
        self.tell(&offer.human(self.message_style));
    }

    fn asks(&self) -> bool {
        !self.yes && !self.no_input && std::io::stdin().is_terminal()
    }

    fn says_yes(&self) -> bool {
        self.yes
    }

    fn confirm(&self, question: &str) -> Result<bool, CommandError> {
        if self.yes {
            return Ok(true);
        }
        if !self.asks() {
            let message = format!("{question} There is nobody to ask.");
            return Err(CommandError::with_exit(Exit::Usage, message).hint("--yes answers with yes"));
        }
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, "{question} [y/N] ").and_then(|()| stderr.flush());
        let mut answer = String::new();
        std::io::stdin()
            .read_line(&mut answer)
            .map_err(|error| CommandError::new(format!("cannot read the answer: {error}")))?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
    }

    fn wants_document(&self) -> bool {
        self.wants_json()
    }

    fn end_line(&self) {
        if !self.quiet {
            self.say("");
        }
    }

    fn observer(&self, run: &Run) -> Box<dyn Observer> {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        match self.output {
            Output::Jsonl => Box::new(Events),
            _ if self.quiet => Box::new(()),
            Output::Human if std::io::stderr().is_terminal() && !dumb && self.verbosity == 0 => {
                Box::new(Live::new(run, self.message_style))
            }
            _ => Box::new(Lines::new(run, self.message_style, self.verbosity > 0)),
        }
    }

    fn progress(&self, annex: &AnnexName) -> Box<dyn Fn(&Progress) + Send + Sync> {
        let format = match self.output {
            Output::Jsonl => ProgressFormat::Json,
            _ if self.quiet => ProgressFormat::Nothing,
            _ => ProgressFormat::Lines,
        };
        let progress = AnnexProgress::new(annex.as_str(), self.message_style, format);
        Box::new(move |what| progress.tell(what))
    }

    fn stops(&self, on_first: Option<&'static str>) -> Result<Stops, CommandError> {
        let (style, quiet) = (self.message_style, self.quiet);
        listen(move || {
            let Some(text) = on_first.filter(|_| !quiet) else { return };
            // With standard error closed, nobody reads the messages.
            let _ = write!(std::io::stderr(), "\n{} {text}\n", style.warn("hoist:"));
        })
    }
}
