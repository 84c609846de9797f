//! Prices of the instances of a pool.

use super::money::Dollars;

/// What one instance of a pool costs an hour, by the cloud.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolPrice {
    /// On spot capacity; `None` where unknown.
    pub spot: Option<Dollars>,
    /// On demand; `None` where unknown.
    pub on_demand: Option<Dollars>,
    /// Its disk; `None` where its size or its price is unknown.
    pub disk: Option<Dollars>,
}

impl PoolPrice {
    /// The prices of instances that cost nothing.
    pub fn free() -> Self {
        let nothing = Some(Dollars::default());
        Self { spot: nothing, on_demand: nothing, disk: nothing }
    }
}
