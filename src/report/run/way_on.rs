//! Suggested commands after the end of a command.

use super::kept::kept;
use super::run_ending::RunEnding;
use super::stale;
use crate::engine::{DriveResult, Goal, Phase, Run};
use crate::report::{Cell, Style, table};

/// Returns the command that terminates the run despite failing terminate programs.
pub(super) fn insisting(run: &Run) -> String {
    format!("hoist plan terminate {} --force", run.name)
}

/// Returns the command that continues the run from where it was stopped.
pub fn goes_on(run: &Run) -> String {
    match run.goal {
        // This command acts without a question if nobody can be asked.
        Some(Goal::Down { force: true }) => insisting(run),
        Some(Goal::Down { .. }) => format!("hoist plan terminate {}", run.name),
        _ => format!("hoist plan resume {}", run.name),
    }
}

/// Lists the suggested commands.
pub fn way_on(run: &Run, halt: DriveResult, ending: &RunEnding) -> String {
    let name = &run.name;
    let repair = || match stale::told(run, Style::new(false)).is_empty() {
        true => (format!("hoist plan repair {name}"), "replaces what is broken"),
        false => {
            (stale::remedy(run), "runs boot programs again that were given other values, and replaces what is broken")
        }
    };
    let commands: Vec<(String, &str)> = match halt {
        DriveResult::Up if !ending.gone.is_empty() => vec![repair()],
        DriveResult::Up => vec![
            (format!("hoist plan status {name}"), "asks whether it still works"),
            (format!("hoist plan terminate {name}"), "brings it down"),
        ],
        DriveResult::Terminated => Vec::new(),
        DriveResult::Failed => {
            let mut commands: Vec<(String, &str)> = (0..run.records().len())
                .filter(|&position| run.record(position).phase.is_broken())
                .take(1)
                .map(|position| {
                    (
                        format!("hoist plan logs {name} {}", run.service(position).name),
                        "shows what its programs printed",
                    )
                })
                .collect();
            let broken = || run.records().iter().filter(|record| record.phase.is_broken());
            // A lost service has no instance to try again on.
            if broken().any(|record| !matches!(record.phase, Phase::Lost(_))) {
                commands.push((format!("hoist plan resume {name}"), "tries again on the same machines"));
            }
            // Services that could not be checked may work.
            if broken().any(|record| !record.phase.is_blind()) {
                commands.push(repair());
            }
            commands.push((format!("hoist plan terminate {name}"), "brings everything down"));
            commands
        }
        DriveResult::LeftoversRemain if kept(run, halt).next().is_some() => vec![
            (format!("hoist plan terminate {name}"), "runs what failed again, and goes on"),
            (insisting(run), "ends it even if its terminate program fails"),
            (format!("hoist plan history {name}"), "lists every machine"),
        ],
        DriveResult::LeftoversRemain => vec![
            (format!("hoist plan terminate {name}"), "goes on"),
            (format!("hoist plan history {name}"), "lists every machine"),
        ],
        DriveResult::Interrupted | DriveResult::Blocked if run.goal.as_ref().is_some_and(Goal::is_down) => {
            vec![(goes_on(run), "goes on")]
        }
        DriveResult::Interrupted | DriveResult::Blocked => vec![
            (format!("hoist plan resume {name}"), "goes on"),
            (format!("hoist plan terminate {name}"), "brings everything down"),
        ],
    };
    let rows: Vec<Vec<Cell>> = commands.into_iter().map(|(command, what)| vec![command.into(), what.into()]).collect();
    table(2, &rows)
}
