//! Where a simulated host is.

/// Where a host is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HostLocation {
    /// On the instance with this position in [`super::state::State::instances`].
    Instance(usize),
    /// A host that no launch made, by its service.
    Standing(String),
    /// On an instance that this cloud never had, by its id.
    Unknown(String),
}
