use super::config::Config;
use super::input::{Cloud, Workload};
use super::timeline::Entry;

/// An elastiq scenario.
#[derive(Clone, Debug)]
pub struct ElastiqScenario {
    pub(in super::super) config: Config,
    pub(in super::super) workload: Workload,
    pub(in super::super) cloud: Cloud,
    pub(in super::super) timeline: Vec<Entry>,
}
