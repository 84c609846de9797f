//! Calls to a cloud that are repeated while it does not answer.

use std::time::Duration;

use crate::provider::{Cloud, CloudError, Instance, Selector};
use crate::retry::{Pauses, retry_transient};

/// How long instances may take to go, and how long a cloud that does not answer is retried. EC2 takes up to a few
/// minutes for instances with many volumes.
pub(super) const TERMINATION_TIMEOUT: Duration = Duration::from_secs(600);

/// Returns the instances that `selector` picks, with retries.
pub(super) async fn look(cloud: &dyn Cloud, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
    retry_call(cloud, || cloud.describe(selector)).await
}

/// Repeats a call while its error may pass, up to [`TERMINATION_TIMEOUT`].
pub(super) async fn retry_call<T, F>(cloud: &dyn Cloud, call: impl FnMut() -> F) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    retry_transient(poll_backoff(cloud, "patiently"), TERMINATION_TIMEOUT, call).await
}

/// Returns the pauses between polls of a cloud while `name` is waited for.
pub(super) fn poll_backoff(cloud: &dyn Cloud, name: &str) -> Pauses {
    let capabilities = cloud.capabilities();
    Pauses::backoff(capabilities.poll_first, capabilities.poll_longest, name)
}
