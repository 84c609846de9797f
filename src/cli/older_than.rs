//! Common parts of the commands that remove records.

use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::context::Context;
use crate::app::{CommandError, Interaction as _};
use crate::plan::{DurationError, parse_duration};
use crate::report::{Pruned, PrunedDocument};

/// How old what is forgotten must be.
#[derive(Args, Debug)]
pub(super) struct OlderThan {
    /// Only those that ended longer ago than this ("90d", "12h") [default: all that have ended]
    #[arg(long, value_name = "AGE", value_parser = age)]
    older_than: Option<Duration>,
}

impl OlderThan {
    /// Returns whether a record that ended at `end` is old enough.
    pub(super) fn covers(&self, end: Timestamp, now: Timestamp) -> bool {
        let Some(least) = self.older_than else { return true };
        Duration::try_from(now.duration_since(end)).is_ok_and(|age| age > least)
    }
}

fn age(text: &str) -> Result<Duration, DurationError> {
    match text.trim() {
        "0" | "0s" | "0m" | "0h" | "0d" => Ok(Duration::ZERO),
        text => parse_duration(text),
    }
}

/// Shows the removed records.
pub(super) fn conclude(context: &Context, noun: &str, pruned: &[Pruned], forgotten: bool) -> Result<(), CommandError> {
    if context.wants_json() {
        return context.print_json(&match noun {
            "annex" => PrunedDocument::of_annexes(pruned, forgotten),
            _ => PrunedDocument::of_runs(pruned, forgotten),
        });
    }
    let plural = |number: usize| match (noun, number) {
        (noun, 1) => format!("1 {noun}"),
        ("annex", number) => format!("{number} annexes"),
        (noun, number) => format!("{number} {noun}s"),
    };
    match pruned.len() {
        0 => context.tell(&format!("there is nothing to forget: no {noun} ended that long ago")),
        number if forgotten => context.tell(&format!("{} forgotten", plural(number))),
        number => context.tell(&format!("{} would be forgotten; nothing was changed", plural(number))),
    }
    Ok(())
}
