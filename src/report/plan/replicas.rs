//! Grouping of replicas, which are shown as one service.

use crate::plan::Service;

/// Returns the services grouped into replicas of the same service.
pub(super) fn groups(services: &[Service]) -> impl Iterator<Item = &[Service]> {
    services.chunk_by(|a, b| a.replica_of.is_some() && a.replica_of == b.replica_of)
}

/// Returns the name shared by the replicas.
pub(super) fn node(service: &Service) -> &str {
    service.replica_of.as_deref().unwrap_or(&service.name)
}
