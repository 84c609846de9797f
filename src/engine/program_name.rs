//! Names of programs in messages.

use crate::plan::Program;

/// Returns the name of the program's file.
pub(super) fn program_name(program: &Program) -> String {
    program.file.path.file_name().unwrap_or(program.file.path.as_os_str()).to_string_lossy().into_owned()
}
