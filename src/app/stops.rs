//! Somebody's wish that an operation stops.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::watch;

use super::exit::Exit;
use crate::engine::StopRequest;

/// Wishes to stop, as an operation watches them: the first stops safely, the second waits for nothing.
#[derive(Clone, Debug)]
pub struct Stops {
    wishes: watch::Receiver<StopRequest>,
    ended_by: Arc<AtomicU8>,
}

/// Where the wishes come from.
#[derive(Debug)]
pub struct StopSender {
    wishes: watch::Sender<StopRequest>,
    ended_by: Arc<AtomicU8>,
}

impl Stops {
    /// Both ends.
    pub fn channel() -> (StopSender, Self) {
        let (sender, wishes) = watch::channel(StopRequest::None);
        let ended_by = Arc::new(AtomicU8::new(Exit::Interrupted as u8));
        (StopSender { wishes: sender, ended_by: ended_by.clone() }, Self { wishes, ended_by })
    }

    /// What a driver watches.
    pub fn watch(&self) -> watch::Receiver<StopRequest> {
        self.wishes.clone()
    }

    /// Waits for the next wish; for ever where none can come any more.
    pub async fn wished(&mut self) {
        if self.wishes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// How an operation ends that was stopped by the first wish.
    pub fn exit(&self) -> Exit {
        if self.ended_by.load(Ordering::Relaxed) == Exit::Terminated as u8 {
            Exit::Terminated
        } else {
            Exit::Interrupted
        }
    }
}

impl StopSender {
    /// Asks for a stop. Whoever has come to rest hears it no more, which is as good.
    pub fn send(&self, wish: StopRequest) {
        let _ = self.wishes.send(wish);
    }

    /// Waits until nobody hears wishes any more.
    pub async fn is_unheard(&self) {
        self.wishes.closed().await;
    }

    /// Says how an operation ends that is stopped: interrupted or terminated.
    pub fn ends_by(&self, exit: Exit) {
        self.ended_by.store(exit as u8, Ordering::Relaxed);
    }
}
