//! Calls to a cloud that are repeated while it does not answer.

use std::time::Duration;

use crate::provider::{Cloud, CloudError, Instance, Selector};
use crate::retry::{Backoff, retry_transient};

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
    let capabilities = cloud.capabilities();
    let backoff = Backoff::new(capabilities.poll_first, capabilities.poll_longest, "patiently");
    retry_transient(backoff, TERMINATION_TIMEOUT, call).await
}
