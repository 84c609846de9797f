/// The extent of a trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Everything: events, observations, series, notes.
    #[default]
    Full,
    /// Events, final state and summary. For long simulations, whose observations would fill the memory.
    Brief,
}

impl Detail {
    /// Tells whether observations, series and notes are recorded.
    pub fn is_full(self) -> bool {
        self == Detail::Full
    }
}
