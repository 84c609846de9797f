//! Values that boot programs were given and that have changed since.

use crate::engine::{Run, Stale, stale};
use crate::report::Style;
use crate::report::guard::printable;

/// The most of a value that a line shows.
const SHOWN: usize = 120;

/// The most services that the end of a command names.
const MOST_SERVICES: usize = 20;

/// A line for each value that a service was given and that is another one now.
pub(super) fn stale_lines(service: &str, stale: &[Stale], style: Style) -> String {
    let line = |stale: &Stale| format!("{} {service} was configured with {}\n", style.warn("!"), in_words(stale));
    stale.iter().map(line).collect()
}

/// `${a.address} = 127.0.0.1, which is 127.0.0.2 now`
pub(super) fn in_words(Stale { reference, then, now }: &Stale) -> String {
    let now = match now {
        Some(now) => format!("which is {} now", shown(now)),
        None => "which has no value any more".to_owned(),
    };
    format!("{reference} = {}, {now}", shown(then))
}

/// What the end of a command says of services of `run` that have stale values, and how to go on.
pub(super) fn of_run(run: &Run, style: Style) -> String {
    let text = told(run, style);
    if text.is_empty() {
        return text;
    }
    format!("{text}  {} {} runs their boot programs again\n", style.dim("try:"), remedy(run))
}

/// The command that runs the boot programs of such services again.
pub(super) fn remedy(run: &Run) -> String {
    format!("hoist plan repair {} --with-dependents", run.name)
}

/// The same without how to go on.
pub(super) fn told(run: &Run, style: Style) -> String {
    let all: Vec<(usize, Vec<Stale>)> = (0..run.records().len())
        .map(|position| (position, stale(run, position)))
        .filter(|(_, stale)| !stale.is_empty())
        .collect();
    let named = all.iter().take(MOST_SERVICES);
    let mut text: String =
        named.map(|(position, stale)| stale_lines(&run.service(*position).name, stale, style)).collect();
    if all.len() > MOST_SERVICES {
        text.push_str(&format!(
            "  … and {} more services; hoist plan status {}\n",
            all.len() - MOST_SERVICES,
            run.name
        ));
    }
    text
}

/// The value as it fits a line, without what would change the terminal.
fn shown(value: &str) -> String {
    let mut text: String = printable(value).chars().take(SHOWN).collect();
    if value.chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    if text.is_empty() { "\"\"".to_owned() } else { text }
}
