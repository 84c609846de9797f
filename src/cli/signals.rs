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
                // The operation has ended; the next one installs its own listener.
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

/// Turns a write beyond the file size limit (`ulimit -f`) into an error, like that of a full disk, instead of the end
/// of this process. Uses a handler, since all started programs would inherit "ignore".
pub(super) fn survive_size_limits() {
    extern "C" fn nothing(_: nix::libc::c_int) {}
    let action = SigAction::new(SigHandler::Handler(nothing), SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler does nothing. If it cannot be set, such a write ends the process, and the journal stays
    // intact.
    let _ = unsafe { sigaction(Signal::SIGXFSZ, &action) };
}
