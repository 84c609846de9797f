//! A failed service, explained: what failed, what it printed, what to try.

use super::Style;
use super::time::duration;
use crate::engine::{Failure, Phase, Run};

/// Explains every broken service of the run, at most `limit` of them.
pub fn explain(run: &Run, style: Style, limit: usize) -> String {
    let broken: Vec<usize> =
        (0..run.records().len()).filter(|&position| run.record(position).phase.is_broken()).collect();
    let mut text: String = broken.iter().take(limit).map(|&position| explain_one(run, position, style)).collect();
    if broken.len() > limit {
        text.push_str(&format!(
            "… and {} more; `hoist plan status {} --cached` lists them\n",
            broken.len() - limit,
            run.name
        ));
    }
    text
}

fn explain_one(run: &Run, position: usize, style: Style) -> String {
    let name = &run.service(position).name;
    match &run.record(position).phase {
        Phase::Failed(failure) => failed(name, failure, style),
        Phase::Lost(reason) => format!("{} {} is lost: {}\n", style.bad("✗"), style.bold(name), printable(reason)),
        _ => String::new(),
    }
}

/// What a failure says, its program's last lines among it.
pub fn failed(service: &str, failure: &Failure, style: Style) -> String {
    let mut text = format!(
        "{} {} failed in stage {}: {}\n",
        style.bad("✗"),
        style.bold(service),
        failure.stage,
        printable(&failure.reason)
    );
    failure.tried.iter().for_each(|line| text.push_str(&format!("  {}\n", printable(line))));
    if let Some(program) = &failure.program {
        let silent = if program.tail.is_empty() { ", it printed nothing" } else { "; its last lines:" };
        text.push_str(&format!("  {} ran {}{silent}\n", program.name, duration(program.took)));
        for line in &program.tail {
            text.push_str(&format!("  {} {}\n", style.dim("│"), printable(line)));
        }
    }
    if let Some(hint) = &failure.hint {
        text.push_str(&format!("  {} {}\n", style.dim("try:"), printable(hint)));
    }
    text
}

/// A line of a program's output without what would move the cursor or change the terminal.
pub fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}
