//! Calls to a cloud that are repeated while it does not answer.

use std::time::Duration;

use crate::provider::{Cloud, CloudError, Instance, Selector};
use crate::retry::{Pauses, retry_transient};

/// How long machines may take to go, and a cloud that does not answer is asked again. EC2 takes up to a few minutes for
/// machines with many volumes.
pub(super) const TERMINATION_TIMEOUT: Duration = Duration::from_secs(600);

/// The instances that `selector` picks, asked for patiently.
pub(super) async fn look(cloud: &dyn Cloud, selector: &Selector) -> Result<Vec<Instance>, CloudError> {
    retry_call(cloud, || cloud.describe(selector)).await
}

/// Repeats a call while its failure may pass, up to [`TERMINATION_TIMEOUT`].
pub(super) async fn retry_call<T, F>(cloud: &dyn Cloud, call: impl FnMut() -> F) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    retry_transient(poll_backoff(cloud, "patiently"), TERMINATION_TIMEOUT, call).await
}

/// The pauses between looks at a cloud while `name` is waited for.
pub(super) fn poll_backoff(cloud: &dyn Cloud, name: &str) -> Pauses {
    let capabilities = cloud.capabilities();
    Pauses::backoff(capabilities.poll_first, capabilities.poll_longest, name)
}
