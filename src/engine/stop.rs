//! How a drive is interrupted.

use tokio::sync::watch;

/// How far the first and the second interrupt go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopRequest {
    /// Go on.
    #[default]
    None,
    /// Start nothing, let calls that create or destroy end, record what they did; whatever only waits ends.
    Graceful,
    /// Wait for nothing.
    Immediate,
}

/// Waits for something, or until somebody wants a stop.
pub(super) async fn unless_stopped<T>(
    stopping: &mut watch::Receiver<StopRequest>,
    wait: impl Future<Output = T>,
) -> Option<T> {
    let stopped = async {
        if stopping.wait_for(|wanted| *wanted != StopRequest::None).await.is_err() {
            // Nobody can ask for one any more.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        done = wait => Some(done),
        () = stopped => None,
    }
}
