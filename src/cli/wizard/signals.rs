//! Ctrl-C and SIGTERM while the wizard asks and writes: at any moment the command ends at once, with the terminal as it
//! was and no file half-written.

use std::os::fd::AsFd as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use crate::app::{CommandError, Exit};
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::termios::tcgetattr;

/// Whether something is under way that must come to its end.
static HOLDS: AtomicBool = AtomicBool::new(false);

/// The signal that came meanwhile.
static CAUGHT: AtomicI32 = AtomicI32::new(0);

/// Whether something was made already.
static HAS_MADE: AtomicBool = AtomicBool::new(false);

/// The terminal's settings before the first question.
static TERMINAL: OnceLock<libc::termios> = OnceLock::new();

const SIGNALS: [Signal; 2] = [Signal::SIGINT, Signal::SIGTERM];

/// Shows the cursor, which lists hide, and ends the line.
const NOTHING_MADE: &[u8] = b"\x1b[?25h\r\nhoist: interrupted; nothing was written\n";
const SOMETHING_MADE: &[u8] = b"\x1b[?25h\r\nhoist: interrupted\n";

/// Listens for as long as it lives.
pub(super) struct SignalGuard {
    before: Vec<(Signal, SigAction)>,
}

extern "C" fn on_signal(signal: libc::c_int) {
    if HOLDS.load(Ordering::SeqCst) {
        CAUGHT.store(signal, Ordering::SeqCst);
        return;
    }
    // SAFETY: these calls may be made in a handler (signal-safety(7)). That the terminal is gone is no reason to stay.
    unsafe {
        if let Some(terminal) = TERMINAL.get() {
            libc::tcsetattr(0, libc::TCSANOW, terminal);
            let text = if HAS_MADE.load(Ordering::SeqCst) { SOMETHING_MADE } else { NOTHING_MADE };
            libc::write(2, text.as_ptr().cast(), text.len());
        }
        libc::_exit(128 + signal);
    }
}

impl SignalGuard {
    /// Starts to listen.
    pub(super) fn listen() -> Result<Self, CommandError> {
        CAUGHT.store(0, Ordering::SeqCst);
        HAS_MADE.store(false, Ordering::SeqCst);
        if let Ok(settings) = tcgetattr(std::io::stdin().as_fd()) {
            TERMINAL.get_or_init(|| settings.into());
        }
        let action = SigAction::new(SigHandler::Handler(on_signal), SaFlags::SA_RESTART, SigSet::empty());
        let mut interrupts = Self { before: Vec::new() };
        for signal in SIGNALS {
            // SAFETY: the handler does only what a handler may.
            let before = unsafe { sigaction(signal, &action) }
                .map_err(|error| CommandError::new(format!("cannot listen for {signal}: {error}")))?;
            interrupts.before.push((signal, before));
        }
        Ok(interrupts)
    }

    /// From now on something is there that stays.
    pub(super) fn begin_to_make(&self) {
        HAS_MADE.store(true, Ordering::SeqCst);
    }

    /// Does something to its end; a signal that comes meanwhile counts afterwards.
    ///
    /// # Errors
    /// There was a signal; what was done is done.
    pub(super) fn hold<T>(&self, work: impl FnOnce() -> T) -> Result<T, CommandError> {
        HOLDS.store(true, Ordering::SeqCst);
        let done = work();
        HOLDS.store(false, Ordering::SeqCst);
        match CAUGHT.swap(0, Ordering::SeqCst) {
            0 => Ok(done),
            signal if signal == Signal::SIGTERM as libc::c_int => {
                Err(CommandError::with_exit(Exit::Terminated, "terminated; the files are written"))
            }
            _ => Err(CommandError::with_exit(Exit::Interrupted, "interrupted; the files are written")),
        }
    }
}

impl Drop for SignalGuard {
    fn drop(&mut self) {
        for (signal, before) in &self.before {
            // SAFETY: what was there before this listened.
            let _ = unsafe { sigaction(*signal, before) };
        }
    }
}
