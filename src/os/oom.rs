//! Who goes first when this machine runs out of memory: programs, not the inits that look after them.

use std::fs;
use std::io::Write as _;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;

/// How likely a process is to be killed, from -1000 to 1000.
const SCORE: &str = "/proc/self/oom_score_adj";

/// That of an init: nearly never. Only root may make its own less likely.
const SPARED: i32 = -900;

/// How much likelier programs are to be killed than their init, where that could not be spared.
const PROGRAMS_FIRST: i32 = 100;

/// The most likely of all.
const FIRST: i32 = 1000;

/// What programs have.
static PROGRAMS: AtomicI32 = AtomicI32::new(0);

/// Makes it unlikely that this process is killed, where this user may; its programs go first in any case.
pub(crate) fn spare_this_process() {
    let inherited = fs::read_to_string(SCORE).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    let is_spared = inherited <= SPARED || fs::write(SCORE, SPARED.to_string()).is_ok();
    let programs = if is_spared { inherited } else { (inherited + PROGRAMS_FIRST).min(FIRST) };
    PROGRAMS.store(programs, Ordering::Relaxed);
}

/// Undoes that for a process that is about to become a program. Allocates nothing, and only makes system calls.
pub(crate) fn do_not_spare_this_process() {
    let mut text = [0; 8];
    let mut rest = text.as_mut_slice();
    let written = write!(rest, "{}", PROGRAMS.load(Ordering::Relaxed)).map(|()| rest.len());
    if let Ok(rest) = written
        && let Ok(file) = open(SCORE, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty())
    {
        let length = text.len() - rest;
        // A program that cannot be made to go first runs all the same.
        let _ = nix::unistd::write(&file, &text[..length]);
    }
}
