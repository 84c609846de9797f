//! Stale values: given to boot programs, and changed since.

use crate::engine::{Run, Stale, stale};
use crate::report::Style;
use crate::report::guard::printable;

/// Maximum number of characters shown of a value.
const SHOWN: usize = 120;

/// Maximum number of services named in the final message of a command.
const MOST_SERVICES: usize = 20;

/// Formats a line for each stale value of a service.
pub(super) fn stale_lines(service: &str, stale: &[Stale], style: Style) -> String {
    let line = |stale: &Stale| format!("{} {service} was configured with {}\n", style.warn("!"), in_words(stale));
    stale.iter().map(line).collect()
}

/// Formats a stale value: `${a.address} = 127.0.0.1, which is 127.0.0.2 now`.
pub(super) fn in_words(Stale { reference, then, now }: &Stale) -> String {
    let now = match now {
        Some(now) => format!("which is {} now", shown(now)),
        None => "which has no value any more".to_owned(),
    };
    format!("{reference} = {}, {now}", shown(then))
}

/// Describes the services of `run` with stale values, and the command to continue.
pub(super) fn of_run(run: &Run, style: Style) -> String {
    let text = told(run, style);
    if text.is_empty() {
        return text;
    }
    format!("{text}  {} {} runs their boot programs again\n", style.dim("try:"), remedy(run))
}

/// Returns the command that runs the boot programs of such services again.
pub(super) fn remedy(run: &Run) -> String {
    format!("hoist plan repair {} --with-dependents", run.name)
}

/// Describes the services with stale values, without the command.
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

/// Formats a value to fit a line, without control characters.
fn shown(value: &str) -> String {
    let mut text: String = printable(value).chars().take(SHOWN).collect();
    if value.chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    if text.is_empty() { "\"\"".to_owned() } else { text }
}
