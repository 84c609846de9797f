//! Ctrl-C and SIGTERM: the first stops safely, the second waits for nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::exit::{CommandError, Exit};
use crate::engine::StopRequest;

/// Listens for the signals that ask a command to stop.
pub(super) struct Signals {
    stop: watch::Receiver<StopRequest>,
    first: Arc<AtomicU8>,
}

impl Signals {
    /// Starts to listen. `on_first` is called at the first signal, to tell the user.
    pub(super) fn listen(on_first: impl Fn() + Send + 'static) -> Result<Self, CommandError> {
        let hook =
            |kind| signal(kind).map_err(|error| CommandError::new(format!("cannot listen for signals: {error}")));
        let (mut interrupt, mut terminate) = (hook(SignalKind::interrupt())?, hook(SignalKind::terminate())?);
        let (ask, stop) = watch::channel(StopRequest::None);
        let first = Arc::new(AtomicU8::new(0));
        let seen = first.clone();
        tokio::spawn(async move {
            for wanted in [StopRequest::Graceful, StopRequest::Immediate] {
                let exit = tokio::select! {
                    _ = interrupt.recv() => Exit::Interrupted,
                    _ = terminate.recv() => Exit::Terminated,
                };
                if wanted == StopRequest::Graceful {
                    seen.store(exit as u8, Ordering::Relaxed);
                    on_first();
                }
                // The driver has come to rest when nobody receives this.
                let _ = ask.send(wanted);
            }
        });
        Ok(Self { stop, first })
    }

    /// What the driver watches.
    pub(super) fn stop(&self) -> watch::Receiver<StopRequest> {
        self.stop.clone()
    }

    /// The exit code that the first signal asks for.
    pub(super) fn exit(&self) -> Exit {
        if self.first.load(Ordering::Relaxed) == Exit::Terminated as u8 { Exit::Terminated } else { Exit::Interrupted }
    }
}

/// Makes a file that reaches its size limit (`ulimit -f`) an error of the write, as a full disk is, instead of the end
/// of this process. A handler does it, not "ignore", which every program that is started would inherit.
pub(super) fn survive_size_limits() {
    extern "C" fn nothing(_: nix::libc::c_int) {}
    let action = SigAction::new(SigHandler::Handler(nothing), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler does nothing. Where it cannot be set, such a write ends the process, and the journal is
    // whole.
    let _ = unsafe { sigaction(Signal::SIGXFSZ, &action) };
}
