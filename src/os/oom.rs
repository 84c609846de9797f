//! The order in which processes are killed when this machine runs out of memory: programs before their inits.

use std::fs;
use std::io::Write as _;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

/// The file with a process's likelihood of being killed, from -1000 to 1000.
const SCORE: &str = "/proc/self/oom_score_adj";

/// The score of an init: almost never. Lowering the score takes root.
const SPARED: i32 = -900;

/// The amount by which programs' scores exceed that of an init that could not be spared.
const PROGRAMS_FIRST: i32 = 100;

/// The maximum score.
const FIRST: i32 = 1000;

/// The score of programs.
static PROGRAMS: AtomicI32 = AtomicI32::new(0);

/// Lowers this process's score, if this user is permitted to. Its programs are killed first in any case.
pub(crate) fn spare_this_process() {
    let inherited = fs::read_to_string(SCORE).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    let is_spared = inherited <= SPARED || fs::write(SCORE, SPARED.to_string()).is_ok();
    let programs = if is_spared { inherited } else { (inherited + PROGRAMS_FIRST).min(FIRST) };
    PROGRAMS.store(programs, Ordering::Relaxed);
}

/// Resets the score in a process that is about to execute a program. Does not allocate, and only makes system calls.
pub(crate) fn do_not_spare_this_process() {
    let mut text = [0; 8];
    let mut rest = text.as_mut_slice();
    let written = write!(rest, "{}", PROGRAMS.load(Ordering::Relaxed)).map(|()| rest.len());
    if let Ok(rest) = written
        && let Ok(file) = open(SCORE, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty())
    {
        let length = text.len() - rest;
        // A program runs even if its score cannot be set.
        let _ = nix::unistd::write(&file, &text[..length]);
    }
}
