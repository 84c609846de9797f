use crate::diagnostics::counted;
use crate::elastic::engine::ConfigError;
use crate::engine::JournalError;

/// Why a scaler cannot go on. Whatever a cloud, a queue or a program does is no such error: it is told in a pass.
#[derive(Debug, thiserror::Error)]
pub enum ScalerError {
    /// Nothing can be recorded; so nothing is done any more.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The settings make no engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Why settings make no engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The name of no engine.
    #[error("there is no engine \"{0}\"; there are classad, elastiq, npreserving, queuelen, coalition and command")]
    Unknown(String),
    /// An engine that was set by hand needs settings that the file lacks.
    #[error("the engine {engine} needs {needs} in the fleet file, which is made for another engine")]
    Needs {
        /// The engine.
        engine: &'static str,
        /// The settings.
        needs: &'static str,
    },
    /// A minimum above the maximum.
    #[error("a minimum of {} is more than the maximum, {max}", counted(*min, "worker"))]
    Bounds {
        /// The minimum.
        min: u32,
        /// The maximum.
        max: u32,
    },
    /// A kind of the file that has no specification.
    #[error("nothing says how machines of the kind \"{0}\" are launched")]
    Kind(String),
}
