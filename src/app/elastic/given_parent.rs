/// The run or annex that a fleet belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GivenParent {
    /// Its tag.
    pub(crate) tag: String,
    /// Service of the run on whose machine the scaler runs.
    pub(crate) service: Option<String>,
}
