//! Defects of programs' files, for validating a plan and for continuing a run.

use std::path::Path;

use super::interpreter::Interpreter;
use super::{source, tarball};

/// The maximum size of a program, in bytes: it is copied to every host that runs it, and held in memory meanwhile.
pub const MAX_PROGRAM: u64 = 256 * 1024 * 1024;

/// A defect of a program's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramDefect {
    /// The problem, without the file's name.
    pub problem: String,
    /// The remedy.
    pub remedy: Option<String>,
}

impl ProgramDefect {
    /// Returns the defect that keeps this file from running on any machine: it cannot be read, is too large, is an
    /// archive that is damaged or lacks the expected layout, or has the line ends of Windows.
    pub fn of(program: &Path) -> Option<Self> {
        let unfit = |problem: String| Some(Self { problem, remedy: None });
        if let Err(error) = source::open_within(program, MAX_PROGRAM) {
            return unfit(error.to_string());
        }
        if let Some(base) = tarball::base_name(program)
            && let Err(error) = tarball::check(program, base)
        {
            return unfit(error.to_string());
        }
        let (problem, remedy) = Interpreter::of(program)?.defect(program)?;
        Some(Self { problem, remedy: Some(remedy) })
    }

    /// Returns the defect that keeps it from running on this machine in addition: a missing interpreter. Paths in
    /// directories that instances of the local cloud have for themselves are not checked.
    pub fn here(program: &Path) -> Option<Self> {
        let interpreter = Interpreter::of(program)?;
        let name = interpreter.name();
        let is_private = ["/tmp", "/var/tmp"].iter().any(|place| Path::new(name).starts_with(place));
        (!is_private && !interpreter.is_here()).then(|| Self {
            problem: format!("this machine has no {name}, which its first line names"),
            remedy: Some(format!("install {name}, or name another interpreter")),
        })
    }
}
