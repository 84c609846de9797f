/// What a daemon asks its tasks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Orders {
    /// Number of times that the files were to be read again.
    pub(super) reloads: u64,
    /// Whether to end; workers stay.
    pub(super) stop: bool,
}
