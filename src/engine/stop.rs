//! Interruption of a drive.

use tokio::sync::watch;

/// The effect of the first and the second interrupt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopRequest {
    /// Go on.
    #[default]
    None,
    /// Start nothing, let calls that create or destroy end, record their results; mere waits end.
    Graceful,
    /// Wait for nothing.
    Immediate,
}

/// Runs `wait` until it ends or a stop is requested.
pub(super) async fn unless_stopped<T>(
    stopping: &mut watch::Receiver<StopRequest>,
    wait: impl Future<Output = T>,
) -> Option<T> {
    let stopped = async {
        if stopping.wait_for(|wanted| *wanted != StopRequest::None).await.is_err() {
            // The sender is gone, so no stop can be requested.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        done = wait => Some(done),
        () = stopped => None,
    }
}
