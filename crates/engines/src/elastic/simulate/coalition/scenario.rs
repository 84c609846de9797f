use super::config::Config;
use super::input::{Cloud, Workload};
use super::timeline::Entry;
use crate::elastic::engine::Seconds;

/// A coalition scenario.
#[derive(Clone, Debug)]
pub struct CoalitionScenario {
    pub(in super::super) config: Config,
    pub(in super::super) workload: Workload,
    pub(in super::super) cloud: Cloud,
    pub(in super::super) timeline: Vec<Entry>,
    pub(in super::super) ui_every: Option<Seconds>,
}
