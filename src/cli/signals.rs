//! Ctrl-C and SIGTERM: the first stops safely, the second waits for nothing.

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use tokio::signal::unix::{SignalKind, signal};

use crate::app::{CommandError, Exit, Stops};
use crate::engine::StopRequest;

/// Listens for the signals that ask a command to stop. `on_first` is called at the first signal, to tell the user.
pub(super) fn listen(on_first: impl Fn() + Send + 'static) -> Result<Stops, CommandError> {
    let hook = |kind| signal(kind).map_err(|error| CommandError::new(format!("cannot listen for signals: {error}")));
    let (mut interrupt, mut terminate) = (hook(SignalKind::interrupt())?, hook(SignalKind::terminate())?);
    let (sender, stops) = Stops::channel();
    tokio::spawn(async move {
        for wanted in [StopRequest::Graceful, StopRequest::Immediate] {
            let exit = tokio::select! {
                // Nobody waits for a wish any more: the next operation listens by itself.
                () = sender.is_unheard() => return,
                _ = interrupt.recv() => Exit::Interrupted,
                _ = terminate.recv() => Exit::Terminated,
            };
            if wanted == StopRequest::Graceful {
                sender.ends_by(exit);
                on_first();
            }
            sender.send(wanted);
        }
    });
    Ok(stops)
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
