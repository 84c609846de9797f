//! The program that enters a host of this machine.

use std::ffi::OsString;

/// A program that enters a host of this machine: the arguments that follow its own are a command, which runs there with
/// the terminal of the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryProgram {
    /// The program and its own arguments.
    pub argv: Vec<OsString>,
    /// The whole environment.
    pub environment: Vec<(OsString, OsString)>,
}
