use super::super::seconds::Seconds;

/// The standing of an own machine in a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// In the pool, open for jobs.
    Serving,
    /// On its way into the pool, in time.
    Coming,
    /// Not in the pool after the time that it had.
    Late,
    /// Missing from the pool since a time, after it had joined.
    Lost(Seconds),
    /// In a drain of ours, as the pool confirms.
    Draining,
    /// A drain of ours was accepted, and the pool does not show it yet.
    Closing,
    /// In a drain of somebody else.
    Held,
    /// Failed at the cloud.
    Failed,
    /// Its end was accepted, and the cloud does not show it yet.
    Ending,
}

impl Standing {
    /// Tells whether the machine serves jobs or will without further decisions.
    pub(super) fn serves(self) -> bool {
        matches!(self, Standing::Serving | Standing::Coming)
    }
}
