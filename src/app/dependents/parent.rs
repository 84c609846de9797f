use std::sync::Arc;

use crate::provider::{Cloud, CloudError};
use crate::state::StateFile;

/// A cloud with its name, if it can be opened.
pub(crate) type NamedCloud = (String, Result<Arc<dyn Cloud>, CloudError>);

/// A run or an annex to which fleets may belong.
pub(crate) struct Parent<'a> {
    /// What it is, for messages: `run NAME`.
    pub(crate) label: String,
    /// The tag that its workers carry.
    pub(crate) tag: &'a str,
    /// The state file that records it.
    pub(crate) state: &'a StateFile,
    /// Its clouds with their names, as far as they can be opened.
    pub(crate) clouds: Vec<NamedCloud>,
    /// The command that goes on with its end.
    pub(crate) again: String,
}
