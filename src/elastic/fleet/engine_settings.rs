use std::collections::BTreeMap;
use std::time::Duration;

/// Ways in which workers are taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DrainMode {
    /// Running jobs may end.
    #[default]
    Drain,
    /// Only workers without a job.
    IdleOnly,
    /// At once.
    Now,
}

impl DrainMode {
    /// All modes, with their names.
    pub const ALL: [(&str, Self); 3] = [("drain", Self::Drain), ("idle-only", Self::IdleOnly), ("now", Self::Now)];

    /// Returns the mode's name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, mode)| *mode == self).map_or("", |(name, _)| name)
    }
}

/// Settings of the engine `classad`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassadSettings {
    /// How workers are taken out.
    pub drain_mode: DrainMode,
}

/// Settings of the engine `elastiq`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElastiqSettings {
    /// Time between two looks at the queue.
    pub queue_every: Duration,
    /// Time between two looks at the pool.
    pub machines_every: Duration,
    /// Time between two looks for failed machines.
    pub errors_every: Duration,
    /// Number of waiting jobs from which the fleet grows.
    pub waiting_threshold: u32,
}

impl Default for ElastiqSettings {
    fn default() -> Self {
        Self {
            queue_every: Duration::from_secs(15),
            machines_every: Duration::from_secs(45),
            errors_every: Duration::from_secs(20),
            waiting_threshold: 0,
        }
    }
}

/// Launch variables of each slot, by the slot's name.
pub type SlotVariables = BTreeMap<String, BTreeMap<String, String>>;

/// Settings of the engine `npreserving`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NpreservingSettings {
    /// Number of workers, those of unique slots included.
    pub preserve_n: u32,
    /// Unique slots, each with launch variables of its own.
    pub unique: SlotVariables,
    /// Launch variables of every worker.
    pub variables: BTreeMap<String, String>,
}

/// Settings of the engine `queuelen`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueuelenSettings {
    /// Queue length above which a worker is added.
    pub high: u32,
    /// Queue length below which a worker is taken away.
    pub low: u32,
    /// Launch variables of every worker.
    pub variables: BTreeMap<String, String>,
}

/// Settings of the engine `coalition`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoalitionSettings {
    /// Time from one launch to the next.
    pub start_delay: Duration,
    /// Age below which no worker is ended.
    pub minimum_lifetime: Duration,
}

impl Default for CoalitionSettings {
    fn default() -> Self {
        Self { start_delay: Duration::from_secs(30), minimum_lifetime: Duration::from_secs(900) }
    }
}
