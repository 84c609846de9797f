use serde::{Deserialize, Serialize};

use super::super::census::CensusMemory;

/// The memory of [`super::QueuelenEngine`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueuelenMemory {
    pub(super) census: CensusMemory,
}
