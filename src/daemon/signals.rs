use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// A signal that the daemon takes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DaemonSignal {
    /// SIGHUP: read the fleet files again.
    Reload,
    /// SIGTERM: end.
    Terminate,
    /// SIGINT: end.
    Interrupt,
}

/// The signals of this process.
#[derive(Debug)]
pub struct Signals {
    reload: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Takes the signals over; needs a tokio runtime.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            reload: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next signal.
    pub async fn next(&mut self) -> DaemonSignal {
        tokio::select! {
            Some(()) = self.terminate.recv() => DaemonSignal::Terminate,
            Some(()) = self.interrupt.recv() => DaemonSignal::Interrupt,
            Some(()) = self.reload.recv() => DaemonSignal::Reload,
            // The runtime is shutting down.
            else => std::future::pending().await,
        }
    }
}
