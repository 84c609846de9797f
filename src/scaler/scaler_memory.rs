use serde::{Deserialize, Serialize};

use super::pool_fall::PoolFall;
use crate::elastic::engine::Memory;

/// What a scaler remembers from pass to pass, as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScalerMemory {
    /// Its engine's memory. Its fields stand beside those below, since earlier versions stored it alone.
    #[serde(flatten)]
    pub engine: Memory,
    /// The pool as last read, by which a sudden fall is told.
    #[serde(default, skip_serializing_if = "PoolFall::is_empty")]
    pub pool_fall: PoolFall,
}

/// The memory of an engine, before the scaler has seen a pool.
impl From<Memory> for ScalerMemory {
    fn from(engine: Memory) -> Self {
        Self { engine, pool_fall: PoolFall::default() }
    }
}
