//! The command line: one command a file, exit codes, and the composition of everything else.

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs one command line; may be called more than once in a process.
pub fn run(_args: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::SUCCESS
}
