/// How the task of a fleet has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FleetEnd {
    /// The fleet is over: it was stopped by request.
    Over,
    /// The daemon was told to end. The fleet goes on with the next one.
    Left,
    /// It could not be served any more.
    Lost {
        /// Why, and what to try.
        error: String,
        /// Whether another process serves it by now.
        held: bool,
    },
}
