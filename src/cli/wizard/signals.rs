//! Ctrl-C and SIGTERM during the wizard: the command ends at once (except within [`SignalGuard::hold`]), with the
//! terminal restored and no partly written file.

use std::os::fd::AsFd as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use crate::app::{CommandError, Exit};
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::termios::tcgetattr;

/// Whether work that must be completed is in progress.
static HOLDS: AtomicBool = AtomicBool::new(false);

/// Signal caught during that work.
static CAUGHT: AtomicI32 = AtomicI32::new(0);

/// Whether something lasting was made.
static HAS_MADE: AtomicBool = AtomicBool::new(false);

/// Settings of the terminal before the first question.
static TERMINAL: OnceLock<libc::termios> = OnceLock::new();

const SIGNALS: [Signal; 2] = [Signal::SIGINT, Signal::SIGTERM];

/// The escape sequence shows the cursor, which lists hide; then the line ends.
const NOTHING_MADE: &[u8] = b"\x1b[?25h\r\nhoist: interrupted; nothing was written\n";
const SOMETHING_MADE: &[u8] = b"\x1b[?25h\r\nhoist: interrupted\n";

/// Signal handlers, restored on drop.
pub(super) struct SignalGuard {
    before: Vec<(Signal, SigAction)>,
}

extern "C" fn on_signal(signal: libc::c_int) {
    if HOLDS.load(Ordering::SeqCst) {
        CAUGHT.store(signal, Ordering::SeqCst);
        return;
    }
    // SAFETY: these calls are allowed in a handler (signal-safety(7)). The process ends even if the terminal is gone.
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
    /// Installs the handlers.
    pub(super) fn listen() -> Result<Self, CommandError> {
        CAUGHT.store(0, Ordering::SeqCst);
        HAS_MADE.store(false, Ordering::SeqCst);
        if let Ok(settings) = tcgetattr(std::io::stdin().as_fd()) {
            TERMINAL.get_or_init(|| settings.into());
        }
        let action = SigAction::new(SigHandler::Handler(on_signal), SaFlags::SA_RESTART, SigSet::empty());
        let mut interrupts = Self { before: Vec::new() };
        for signal in SIGNALS {
            // SAFETY: the handler only makes calls allowed in a handler.
            let before = unsafe { sigaction(signal, &action) }
                .map_err(|error| CommandError::new(format!("cannot listen for {signal}: {error}")))?;
            interrupts.before.push((signal, before));
        }
        Ok(interrupts)
    }

    /// Notes that something lasting is made from now on.
    pub(super) fn begin_to_make(&self) {
        HAS_MADE.store(true, Ordering::SeqCst);
    }

    /// Completes `work`; a signal caught during it takes effect afterwards.
    ///
    /// # Errors
    /// A signal was caught; the work is done nevertheless.
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
            // SAFETY: restores the previous action.
            let _ = unsafe { sigaction(*signal, before) };
        }
    }
}
