/// Why nothing can be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrecorded {
    /// Why, and what to try.
    pub error: String,
    /// Why leases are not renewed either; none while they are.
    pub leases: Option<String>,
}
