//! What is wrong with a program's file, whoever looks at it: who validates a plan, and who goes on with a run of it.

use std::path::Path;

use super::interpreter::Interpreter;
use super::{source, tarball};

/// The largest program: it travels to every host that runs it and is held in memory meanwhile.
pub const MAX_PROGRAM: u64 = 256 * 1024 * 1024;

/// What is wrong with a program's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramDefect {
    /// What it is, without the file's name.
    pub problem: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl ProgramDefect {
    /// What keeps this file from running wherever it runs: that it cannot be read, its size, an archive that is not
    /// whole or has not what hosts expect, the line ends of Windows.
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

    /// What keeps it from running on this machine beside that: its interpreter. What is below a directory that machines
    /// of the local cloud have for themselves is not looked for here.
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
