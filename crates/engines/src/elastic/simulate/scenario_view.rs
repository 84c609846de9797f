use crate::elastic::engine::Seconds;

/// What every world needs of a scenario beside its own part.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScenarioView<'a> {
    /// The engine.
    pub(super) engine: &'a str,
    /// Last second, inclusive.
    pub(super) duration: Seconds,
}
