//! Remains of a run, for people.

use super::alike::alike;
use super::kept::kept_below;
use super::service_failure::try_this;
use crate::engine::{DriveResult, Phase, Remain, Run};
use crate::report::Style;
use crate::report::guard::{in_one_line, printable};

/// Maximum number of services named in a line.
const MOST_LISTED: usize = 40;

/// Lists all resources that could not be removed or are kept.
pub(super) fn remains(run: &Run, others: &[Remain], style: Style) -> String {
    let mut text = String::new();
    let mut failures = Vec::new();
    let below: Vec<&str> = kept_below(run, DriveResult::LeftoversRemain).collect();
    for (position, record) in run.records().iter().enumerate() {
        let name = run.service(position).name.as_str();
        let id = record.instance_id().unwrap_or("no instance");
        match &record.phase {
            Phase::Terminated { .. } => {}
            _ if below.contains(&name) => {}
            Phase::Terminating(farewell) => match (&farewell.failure, &farewell.program_failure) {
                (Some(failure), _) => failures.push((name, record.instance_id(), failure)),
                (None, Some(failure)) => {
                    let why = in_one_line(&failure.reason);
                    let name = style.bold(name);
                    text.push_str(&format!("  {name}: its terminate program failed: {why}; kept: {id}\n"));
                    if let Some(hint) = &failure.hint {
                        text.push_str(&format!("    {} {}\n", style.dim("try:"), try_this(hint, &run.name)));
                    }
                }
                (None, None) => text.push_str(&format!("  {}: {id}\n", style.bold(name))),
            },
            _ => text.push_str(&format!("  {}: {id}\n", style.bold(name))),
        }
    }
    if !below.is_empty() {
        text.push_str(&format!("  kept with it, since it was raised on them: {}\n", listed(&below)));
    }
    for group in alike(failures) {
        let failure = group.failure;
        text.push_str(&format!("  {}: {}\n", style.bold(group.who()), in_one_line(&failure.reason)));
        if let Some(others) = group.others() {
            text.push_str(&format!("    {} {others}\n", style.dim("the same of")));
        }
        if let Some(hint) = &failure.hint {
            text.push_str(&format!("    {} {}\n", style.dim("try:"), try_this(hint, &run.name)));
        }
    }
    for Remain { what, hint, .. } in others {
        text.push_str(&format!("  {}\n", printable(what)));
        if let Some(hint) = hint {
            text.push_str(&format!("    {} {}\n", style.dim("try:"), try_this(hint, &run.name)));
        }
    }
    text
}

fn listed(names: &[&str]) -> String {
    let shown = names[..names.len().min(MOST_LISTED)].join(", ");
    match names.len().saturating_sub(MOST_LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
