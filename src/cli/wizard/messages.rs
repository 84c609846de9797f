//! Messages of the wizard other than its questions.

use crate::app::{CommandError, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::diagnostics::Cause;
use crate::report::{Cell, Style, count, printable, table};
use crate::wizard::{AnswerProblem, AnswerValue, Draft, ValidatedAnswers};

/// Shows a problem with its hints.
pub(super) fn tell_problem(context: &Context, problem: &AnswerProblem) {
    let style = context.message_style;
    context.say(&format!("{} {}", style.bad("problem:"), printable(&problem.sentence())));
    let say = |hint: &String| context.say(&format!("  {} {}", style.dim("try:"), printable(hint)));
    problem.diagnostic.hints.iter().for_each(say);
}

/// Shows all problems, and returns the resulting error.
pub(super) fn refused(context: &Context, problems: &[AnswerProblem]) -> CommandError {
    problems.iter().for_each(|problem| tell_problem(context, problem));
    let is_usage = problems.iter().any(|problem| problem.diagnostic.cause == Cause::Usage);
    let exit = if is_usage { Exit::Usage } else { Exit::Failed };
    CommandError::with_exit(exit, format!("{}; nothing was written", count(problems.len(), "problem")))
}

/// Formats the answers, one per line; defaults are marked.
pub(super) fn summary(whole: &ValidatedAnswers, draft: &Draft, style: Style) -> String {
    let rows: Vec<Vec<Cell>> = whole
        .values
        .iter()
        .filter(|(question, _)| draft.is_asked(*question))
        .map(|(question, value)| {
            let text = match value {
                AnswerValue::Nothing => "none".to_owned(),
                AnswerValue::Flag(true) => "yes".to_owned(),
                AnswerValue::Flag(false) => "no".to_owned(),
                other => printable(&other.to_string()),
            };
            let whence = if draft.given(*question).is_none() { style.dim("default") } else { String::new() };
            vec![question.words().prompt.into(), Cell::painted(&text, style.bold(&text)), whence.into()]
        })
        .collect();
    table(2, &rows)
}
