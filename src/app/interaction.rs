//! The user of an operation, who gets messages and decides questions.

use super::exit::CommandError;
use super::stops::Stops;
use crate::annex::{AnnexName, Progress};
use crate::diagnostics::Diagnostic;
use crate::engine::{Forecast, Observer, Run};
use crate::report::AnnexOffer;
use crate::user_data::Lint;

/// The user of an operation.
///
/// Texts are sentences for people. The result of an operation is data, and is shown by its caller.
pub trait Interaction: Send + Sync {
    /// Shows information. Empty texts are ignored.
    fn tell(&self, text: &str);

    /// Shows information with consequences later.
    fn note(&self, text: &str);

    /// Shows a warning, even in quiet mode.
    fn warn(&self, text: &str);

    /// Shows an error, of one or several lines.
    fn say(&self, text: &str);

    /// Shows one of several errors.
    fn diagnose(&self, diagnostic: &Diagnostic);

    /// Returns a name emphasized for use in a text.
    fn strong(&self, name: &str) -> String;

    /// Shows the forecast of a command that changes a run, before the question.
    fn announce(&self, forecast: &Forecast);

    /// Shows findings in user data.
    fn show_lint(&self, name: &str, lint: &Lint);

    /// Shows an annex to be created or changed, before the question.
    fn offer(&self, offer: &AnnexOffer<'_>);

    /// Returns whether questions are asked: there is somebody to answer, and no answer was given in advance.
    fn asks(&self) -> bool;

    /// Returns whether every question was answered with yes in advance.
    fn says_yes(&self) -> bool;

    /// Asks a question with the answers yes and no. Operations ask before they end or change something.
    ///
    /// # Errors
    /// Nobody can be asked.
    fn confirm(&self, question: &str) -> Result<bool, CommandError>;

    /// Returns whether the result is wanted as a single document for programs: then no other data is shown.
    fn wants_document(&self) -> bool;

    /// Ends the line on which the terminal echoed an interrupt.
    fn end_line(&self);

    /// Returns the observer of a run while it is driven.
    fn observer(&self, run: &Run) -> Box<dyn Observer>;

    /// Returns the receiver of progress of work on an annex.
    fn progress(&self, annex: &AnnexName) -> Box<dyn Fn(&Progress) + Send + Sync>;

    /// Starts listening for requests to stop; `on_first` is shown at the first one. Must be called within a runtime.
    ///
    /// # Errors
    /// The listener cannot be installed.
    fn stops(&self, on_first: Option<&'static str>) -> Result<Stops, CommandError>;
}
