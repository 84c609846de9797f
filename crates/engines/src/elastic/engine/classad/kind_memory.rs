use serde::{Deserialize, Serialize};

use super::super::breaker::Breaker;
use super::super::seconds::Seconds;
use super::backoff::Backoff;
use super::template::Template;

/// What is remembered of a kind of machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct KindMemory {
    pub(super) breaker: Breaker,
    pub(super) backoff: Backoff,
    /// Time of the last launch.
    pub(super) launched_at: Option<Seconds>,
    /// The slots of the first machine that joined.
    pub(super) template: Option<Template>,
}
