//! The signals of an init.

use std::io;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask};

/// What a program in an instance sends the instance's first process to turn it off: what other small inits take for
/// that, too (busybox's).
pub(super) const POWER_OFF: Signal = Signal::SIGUSR2;

/// What an init waits for, and signals that a terminal or a log-out sends. They are blocked, not ignored, since
/// programs inherit what is ignored.
const BLOCKED: [Signal; 10] = [
    Signal::SIGCHLD,
    Signal::SIGIO,
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
    POWER_OFF,
];

/// Blocks them, whatever the caller had done about them; gives those that the init waits for.
pub(super) fn take_signals() -> io::Result<SigSet> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    let mut signals = SigSet::empty();
    for signal in BLOCKED {
        // SAFETY: no handler is installed. A caller such as nohup may have had it ignored.
        unsafe { sigaction(signal, &default) }?;
        signals.add(signal);
    }
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&signals), None)?;
    Ok(signals)
}
