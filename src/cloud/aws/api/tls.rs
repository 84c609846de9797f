/// Whether a client speaks TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tls {
    /// With no address. Reading the system's certificates is then the most that a short command would compute.
    Never,
    /// Not with its endpoint, perhaps with whoever gives it credentials.
    Perhaps,
    /// With its endpoint.
    Always,
}
