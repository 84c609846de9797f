//! The signals of an init.

use std::io;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask};

/// The signal by which a program in an instance tells the instance's first process to power off. Other small inits
/// (busybox's) use the same one.
pub(super) const POWER_OFF: Signal = Signal::SIGUSR2;

/// The signals that an init waits for, and those that a terminal or a log-out sends. They are blocked, not ignored,
/// since programs inherit ignored signals.
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

/// Blocks these signals, resetting the caller's dispositions. Returns those that the init waits for.
pub(super) fn take_signals() -> io::Result<SigSet> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    let mut signals = SigSet::empty();
    for signal in BLOCKED {
        // SAFETY: installs no handler. A caller such as nohup may have had the signal ignored.
        unsafe { sigaction(signal, &default) }?;
        signals.add(signal);
    }
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&signals), None)?;
    Ok(signals)
}
