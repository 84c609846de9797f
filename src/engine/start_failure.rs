//! Finds out whether a program could not start for lack of its interpreter.

use std::path::Path;
use std::time::Duration;

use super::failure::Failure;
use crate::plan::{Interpreter, ProgramDefect};
use crate::provider::{Command, ExitOutcome, Host};

/// How long a host may take to tell whether it has an interpreter.
const LOOK_LIMIT: Duration = Duration::from_secs(30);

/// Explains `failure` if `program` could not start for lack of its interpreter. `key` names the execution. The failure
/// is blind if the fault is local: the file itself, or this machine if the program runs here (`is_here`).
pub(super) async fn without_interpreter(
    host: &dyn Host,
    program: &Path,
    is_here: bool,
    key: &str,
    failure: Failure,
) -> Failure {
    let Some(interpreter) = Interpreter::of(program) else { return failure };
    let file = program.file_name().unwrap_or(program.as_os_str()).to_string_lossy();
    if let Some((defect, remedy)) = interpreter.defect(program) {
        return Failure {
            reason: format!("{file} could not start: {defect}"),
            hint: Some(remedy),
            blind: true,
            ..failure
        };
    }
    if has(host, &interpreter, key).await != Some(false) {
        return failure;
    }
    let name = interpreter.name();
    Failure {
        reason: format!("{file} could not start: its host has no {name}, which its first line names"),
        hint: Some(format!("install {name} there, or name an interpreter that is there")),
        blind: is_here && ProgramDefect::here(program).is_some(),
        ..failure
    }
}

/// Whether the host has the interpreter; `None` if it cannot tell.
async fn has(host: &dyn Host, interpreter: &Interpreter, key: &str) -> Option<bool> {
    let look = "command -v \"$0\" > /dev/null 2>&1";
    let argv = ["/bin/sh", "-c", look, interpreter.name()].map(str::to_owned).into();
    let command = Command {
        key: format!("{key}/interpreter"),
        argv,
        directory: "/".into(),
        environment: Vec::new(),
        timeout: LOOK_LIMIT,
    };
    match host.run(&command).await.ok()?.outcome {
        ExitOutcome::Exit(code) => Some(code == 0),
        ExitOutcome::Signal(_) | ExitOutcome::TimedOut => None,
    }
}
