use serde_json::{Map, Value};

use super::input::Cloud;
use super::timeline::Entry;
use crate::elastic::engine::Seconds;

/// A scenario of EPU's engines.
#[derive(Clone, Debug)]
pub struct EpuScenario {
    pub(in super::super) config: Map<String, Value>,
    pub(in super::super) sensor: Vec<(Seconds, u64)>,
    pub(in super::super) cloud: Cloud,
    pub(in super::super) timeline: Vec<Entry>,
}
