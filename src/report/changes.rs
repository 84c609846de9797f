//! What a reload changes.

use super::{Cell, Style, table};
use crate::plan::Changes;

/// One line a service: added, removed, raised anew or updated, and why.
pub fn changes(run: &str, changes: &Changes, style: Style) -> String {
    if changes.is_empty() {
        return format!("{run} is in line with the plan\n");
    }
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut row = |sign: &str, painted: String, name: &str, what: String| {
        rows.push(vec![Cell::painted(sign, painted), name.to_owned().into(), what.into()]);
    };
    for name in &changes.removed {
        row("-", style.bad("-"), name, "removed".to_owned());
    }
    for (name, reason) in &changes.rebooted {
        row("~", style.warn("~"), name, format!("raised anew: {reason}"));
    }
    for name in &changes.added {
        row("+", style.good("+"), name, "added".to_owned());
    }
    for (name, what) in &changes.updated {
        row("·", style.dim("·"), name, format!("checked again: {what}"));
    }
    table(0, &rows)
}
