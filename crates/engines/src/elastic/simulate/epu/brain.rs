use serde_json::{Map, Value};

use crate::elastic::engine::{
    ConfigError, Engine, Memory, NpreservingConfig, NpreservingEngine, Protection, QueuelenConfig, QueuelenEngine,
};

/// The engine of a controller.
#[derive(Clone, Debug)]
pub(super) enum Brain {
    Npreserving(NpreservingEngine),
    Queuelen(QueuelenEngine),
}

impl Brain {
    /// Makes the engine of a name.
    pub(super) fn new(
        engine: &str,
        config: &Map<String, Value>,
        protection: &Protection,
    ) -> Result<Brain, ConfigError> {
        if engine == "queuelen" {
            let config = QueuelenConfig::from_settings(config)?;
            return Ok(Brain::Queuelen(QueuelenEngine::new(config, protection.clone())));
        }
        let config = NpreservingConfig::default().with(config)?;
        Ok(Brain::Npreserving(NpreservingEngine::new(config, protection.clone())))
    }

    /// Returns the engine.
    pub(super) fn engine(&self) -> &dyn Engine {
        match self {
            Brain::Npreserving(engine) => engine,
            Brain::Queuelen(engine) => engine,
        }
    }

    /// Lays new settings over the old ones.
    pub(super) fn reconfigure(&mut self, changes: &Map<String, Value>, memory: &mut Memory) -> Result<(), ConfigError> {
        match self {
            Brain::Npreserving(engine) => engine.reconfigure(changes, memory),
            Brain::Queuelen(_) => Err(ConfigError::Fixed { engine: "queuelen" }),
        }
    }

    /// Tells whether launches are listed by slot.
    pub(super) fn has_slots(&self) -> bool {
        matches!(self, Brain::Npreserving(engine) if !engine.config().unique_instances.is_empty())
    }
}
