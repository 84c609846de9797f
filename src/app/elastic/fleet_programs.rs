//! The programs that a fleet file names.

use std::path::Path;

use super::fleet_directory::fleet_directory;
use super::fleet_lines::FleetLines;
use crate::diagnostics::Diagnostic;
use crate::elastic::fleet::{FleetEngine, FleetFile};
use crate::os::{NoProgram, find_program};

/// Returns the problems of the programs of `[engine]` and `[queue]`: those that cannot be run as they will be.
pub(super) fn program_problems(file: &FleetFile, path: &Path, lines: &FleetLines<'_>) -> Vec<Diagnostic> {
    let of_engine = match &file.engine {
        FleetEngine::Command(settings) => settings.program.first(),
        _ => None,
    };
    let of_queue = file.queue.as_ref().and_then(|queue| queue.program.first());
    let programs = [("engine", of_engine), ("queue", of_queue)];
    let programs = programs.into_iter().filter_map(|(section, program)| Some((section, program?)));
    let directory = fleet_directory(path);
    let problem = |(section, program): (&str, &String)| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let error = find_program(program, &directory, &path).err()?;
        let why = match &error {
            NoProgram::Missing(path) => format!("the program {} is not there", path.display()),
            NoProgram::NotInPath => {
                format!("the program {program} is in no directory of PATH ({})", path.to_string_lossy())
            }
            NoProgram::NotExecutable(path) => format!("the program {} may not be executed", path.display()),
            NoProgram::Unfit(path) if path.is_dir() => format!("{} is a directory, and no program", path.display()),
            NoProgram::Unfit(path) => format!("{} is no program: neither a script nor a binary", path.display()),
        };
        let hint = error.remedy(program, &directory);
        Some(Diagnostic::error(why).hint(hint).at(lines.place(&[section, "program"])).printable())
    };
    programs.filter_map(problem).collect()
}
