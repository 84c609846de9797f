//! Replicas, which are shown as one.

use crate::plan::Service;

/// Runs of replicas of the same service.
pub(super) fn groups(services: &[Service]) -> impl Iterator<Item = &[Service]> {
    services.chunk_by(|a, b| a.replica_of.is_some() && a.replica_of == b.replica_of)
}

/// The name that replicas share.
pub(super) fn node(service: &Service) -> &str {
    service.replica_of.as_deref().unwrap_or(&service.name)
}
