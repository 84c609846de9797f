//! Questions on the terminal.

use dialoguer::console::Term;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, FuzzySelect, Input};

use super::open_list::{Picked, open_list};
use crate::app::{CommandError, Exit};
use crate::cli::context::Context;

/// Maximum number of rows of a list, so that the previous question stays visible.
const ROWS: usize = 12;

/// Columns taken by the pointer of a list and the terminal's last column.
const MARGIN: usize = 4;

const HELP: &str = "? help";
const BACK: &str = "< back";

/// Prompts on the user's terminal.
pub(super) struct Prompts {
    term: Term,
    theme: Box<dyn Theme>,
    is_colored: bool,
}

/// User's reply to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PromptReply {
    /// Text of an answer.
    Text(String),
    /// Index in the list.
    Choice(usize),
    /// Request for help.
    Help,
    /// Return to the previous question.
    Back,
}

impl Prompts {
    /// Creates the prompts for the terminal of this process.
    pub(super) fn new(context: &Context) -> Self {
        let is_colored = context.message_style.is_colored();
        let theme: Box<dyn Theme> = if is_colored { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) };
        Self { term: Term::stderr(), theme, is_colored }
    }

    /// Asks for a text.
    pub(super) fn line(&self, prompt: &str, default: Option<&str>) -> Result<PromptReply, CommandError> {
        let input = Input::<String>::with_theme(self.theme.as_ref()).with_prompt(prompt).allow_empty(true);
        let input = match default {
            Some(default) => input.default(default.to_owned()),
            None => input,
        };
        let text = self.ask(|| input.interact_text_on(&self.term))?;
        Ok(match text.trim() {
            "?" => PromptReply::Help,
            "<" => PromptReply::Back,
            text => PromptReply::Text(text.to_owned()),
        })
    }

    /// Asks for an item of a list; the first one is the default.
    pub(super) fn pick(&self, prompt: &str, labels: &[String]) -> Result<PromptReply, CommandError> {
        let width = usize::from(self.term.size().1).saturating_sub(MARGIN);
        let mut shown: Vec<String> = labels.iter().map(|label| cut(label, width)).collect();
        shown.extend([HELP, BACK].map(str::to_owned));
        let picked = self.select(prompt, &shown)?;
        Ok(match picked {
            None => PromptReply::Back,
            Some(place) if place < labels.len() => PromptReply::Choice(place),
            Some(place) if place == labels.len() => PromptReply::Help,
            Some(_) => PromptReply::Back,
        })
    }

    /// Asks for one of a few actions; returns none on Esc.
    pub(super) fn menu(&self, prompt: &str, items: &[&str]) -> Result<Option<usize>, CommandError> {
        self.select(prompt, &items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>())
    }

    /// Asks for yes or no, which must be typed: Enter has no default. Esc means no.
    pub(super) fn confirm(&self, prompt: &str) -> Result<bool, CommandError> {
        let confirm = Confirm::with_theme(self.theme.as_ref()).with_prompt(prompt);
        Ok(self.ask(|| confirm.interact_on_opt(&self.term))?.unwrap_or(false))
    }

    /// Asks for an item of a list, the first one being the default; typed or pasted text that matches none is accepted.
    pub(super) fn pick_or_type(&self, prompt: &str, labels: &[String]) -> Result<PromptReply, CommandError> {
        let width = usize::from(self.term.size().1).saturating_sub(MARGIN);
        let mut shown: Vec<String> = labels.iter().map(|label| cut(label, width)).collect();
        shown.extend([HELP, BACK].map(str::to_owned));
        let picked = self.ask(|| open_list(&self.term, self.theme.as_ref(), prompt, &shown, ROWS))?;
        Ok(match picked {
            None => PromptReply::Back,
            Some(Picked::Typed(text)) => PromptReply::Text(text),
            Some(Picked::Item(place)) if place < labels.len() => PromptReply::Choice(place),
            Some(Picked::Item(place)) if place == labels.len() => PromptReply::Help,
            Some(Picked::Item(_)) => PromptReply::Back,
        })
    }

    fn select(&self, prompt: &str, shown: &[String]) -> Result<Option<usize>, CommandError> {
        let list = FuzzySelect::with_theme(self.theme.as_ref())
            .with_prompt(prompt)
            .items(shown)
            .default(0)
            .max_length(ROWS)
            .highlight_matches(self.is_colored);
        self.ask(|| list.interact_on_opt(&self.term))
    }

    fn ask<T>(&self, ask: impl FnOnce() -> dialoguer::Result<T>) -> Result<T, CommandError> {
        ask().map_err(|error| {
            // A list hides the cursor, and shows it again only after a choice. The terminal may be gone.
            let _ = self.term.show_cursor();
            CommandError::with_exit(Exit::Failed, format!("cannot ask: {error}"))
        })
    }
}

/// Truncates a text to the width, without characters that move the cursor.
fn cut(text: &str, width: usize) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    // In bytes, as the list measures its items.
    match plain.len() <= width {
        true => plain,
        false => plain[..plain.floor_char_boundary(width)].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn labels_fit_their_line() {
        assert_eq!(cut("ami-1  Debian 12", 80), "ami-1  Debian 12");
        assert_eq!(cut("ami-1  Debian 12", 8), "ami-1  D");
        assert_eq!(cut("äää", 3), "ä");
        assert_eq!(cut("a\x1b[2Jb", 80), "a\u{fffd}[2Jb");
    }
}
