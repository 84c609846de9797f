//! Asks a cloud to end instances, and finds those that it will not end.

use std::pin::Pin;

use super::patient_call::retry_call;
use crate::provider::{Cloud, CloudError, CloudErrorKind};

/// The instances that a cloud does not end, each with the reason.
pub(super) type RejectedInstances = Vec<(String, CloudError)>;

/// How many instances are requested one by one if the credentials are refused: halving takes twice as many calls, and
/// EC2 takes a hundred at once. Beyond it, two single refusals count for all.
const FEW: usize = 50;

/// Asks the cloud to end these instances; returns those that it refuses to end. All others are on their way out.
///
/// If a list contains an instance that may not be ended, EC2 ends none of it, or only those elsewhere. So a refused
/// list is requested in halves, side by side, down to the instances that are refused alone.
pub(super) fn dismiss<'a>(
    cloud: &'a dyn Cloud,
    ids: &'a [String],
) -> Pin<Box<dyn Future<Output = RejectedInstances> + Send + 'a>> {
    Box::pin(async move {
        let all = |error: &CloudError| ids.iter().map(|id| (id.clone(), error.clone())).collect();
        let error = match retry_call(cloud, || cloud.terminate(ids)).await {
            Ok(()) => return RejectedInstances::new(),
            Err(error) => error,
        };
        if !error.kind.is_refusal() || ids.len() < 2 {
            return all(&error);
        }
        if error.kind == CloudErrorKind::Denied && ids.len() > FEW && denies_both_ends(cloud, ids).await {
            return all(&error);
        }
        let (one, other) = ids.split_at(ids.len() / 2);
        let (mut refused, more) = tokio::join!(dismiss(cloud, one), dismiss(cloud, other));
        refused.extend(more);
        refused
    })
}

async fn denies_both_ends(cloud: &dyn Cloud, ids: &[String]) -> bool {
    for id in ids.first().into_iter().chain(ids.last()) {
        match retry_call(cloud, || cloud.terminate(std::slice::from_ref(id))).await {
            Err(error) if error.kind == CloudErrorKind::Denied => {}
            _ => return false,
        }
    }
    true
}
