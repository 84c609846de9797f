//! Who an operation is done for: told of what happens, and asked where somebody has to decide.

use super::exit::CommandError;
use super::stops::Stops;
use crate::annex::{AnnexName, Progress};
use crate::diagnostics::Diagnostic;
use crate::engine::{Forecast, Observer, Run};
use crate::report::AnnexOffer;
use crate::user_data::Lint;

/// Who an operation is done for.
///
/// Texts are sentences for people. What an operation gives back is data, and is shown by whoever called it.
pub trait Interaction: Send + Sync {
    /// Something worth knowing. Empty texts are nothing.
    fn tell(&self, text: &str);

    /// Something worth knowing that has an effect later.
    fn note(&self, text: &str);

    /// Something that must be known, also by those who want to know little.
    fn warn(&self, text: &str);

    /// Trouble, in a sentence or several lines.
    fn say(&self, text: &str);

    /// One of several things that are wrong.
    fn diagnose(&self, diagnostic: &Diagnostic);

    /// A name, as it stands out within a text.
    fn strong(&self, name: &str) -> String;

    /// What a command that changes a run will do, before it is asked about.
    fn announce(&self, forecast: &Forecast);

    /// What was found in user data.
    fn show_lint(&self, name: &str, lint: &Lint);

    /// An annex that is about to be made or changed, before it is asked about.
    fn offer(&self, offer: &AnnexOffer<'_>);

    /// Whether there is somebody to ask who has not answered yet.
    fn asks(&self) -> bool;

    /// Whether every question is answered with yes beforehand.
    fn says_yes(&self) -> bool;

    /// Asks a question that is answered with yes or no. What ends or changes something asks this first.
    ///
    /// # Errors
    /// There is nobody to ask.
    fn confirm(&self, question: &str) -> Result<bool, CommandError>;

    /// Whether what comes of an operation is shown as one document for programs: then nothing else is shown as data.
    fn wants_document(&self) -> bool;

    /// Ends the line on which an interrupt left its mark.
    fn end_line(&self);

    /// Who watches a run while it is driven.
    fn observer(&self, run: &Run) -> Box<dyn Observer>;

    /// Who watches an annex while it is worked on.
    fn progress(&self, annex: &AnnexName) -> Box<dyn Fn(&Progress) + Send + Sync>;

    /// Hears of wishes to stop from here on; `on_first` is what is told at the first. Called within a runtime.
    ///
    /// # Errors
    /// Nobody can be listened to.
    fn stops(&self, on_first: Option<&'static str>) -> Result<Stops, CommandError>;
}
