//! Requests to stop an operation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::watch;

use super::exit::Exit;
use crate::engine::StopRequest;

/// Receiver of stop requests: the first stops the operation safely, the second waits for nothing.
#[derive(Clone, Debug)]
pub struct Stops {
    wishes: watch::Receiver<StopRequest>,
    ended_by: Arc<AtomicU8>,
}

/// Sender of stop requests.
#[derive(Debug)]
pub struct StopSender {
    wishes: watch::Sender<StopRequest>,
    ended_by: Arc<AtomicU8>,
}

impl Stops {
    /// Creates a connected sender and receiver.
    pub fn channel() -> (StopSender, Self) {
        let (sender, wishes) = watch::channel(StopRequest::None);
        let ended_by = Arc::new(AtomicU8::new(Exit::Interrupted.code()));
        (StopSender { wishes: sender, ended_by: ended_by.clone() }, Self { wishes, ended_by })
    }

    /// Returns the channel that a driver watches.
    pub fn watch(&self) -> watch::Receiver<StopRequest> {
        self.wishes.clone()
    }

    /// Waits for the next request; forever if the sender is gone.
    pub async fn wished(&mut self) {
        if self.wishes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Returns the exit code of an operation that the first request stopped.
    pub fn exit(&self) -> Exit {
        if self.ended_by.load(Ordering::Relaxed) == Exit::Terminated.code() {
            Exit::Terminated
        } else {
            Exit::Interrupted
        }
    }
}

impl StopSender {
    /// Requests a stop. A finished operation no longer receives it, which is harmless.
    pub fn send(&self, wish: StopRequest) {
        let _ = self.wishes.send(wish);
    }

    /// Waits until all receivers are gone.
    pub async fn is_unheard(&self) {
        self.wishes.closed().await;
    }

    /// Sets the exit code of a stopped operation: interrupted or terminated.
    pub fn ends_by(&self, exit: Exit) {
        self.ended_by.store(exit.code(), Ordering::Relaxed);
    }
}
