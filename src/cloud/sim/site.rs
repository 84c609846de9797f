//! The location of a simulated host.

/// The location of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HostLocation {
    /// On the instance with this position in [`super::state::State::instances`].
    Instance(usize),
    /// A host without launch, by its service.
    Standing(String),
    /// On an unknown instance, by its id.
    Unknown(String),
}
