use jiff::Timestamp;

/// When the last pass was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct LastPass {
    pub(super) begun: Timestamp,
    pub(super) ended: Timestamp,
}

impl LastPass {
    /// A pass that took no time, as far as is known.
    pub(super) fn at(time: Timestamp) -> Self {
        Self { begun: time, ended: time }
    }
}
