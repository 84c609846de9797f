use serde::{Deserialize, Serialize};

use super::super::breaker::BreakerLimits;
use super::super::fall::FallLimits;
use super::super::money::Money;
use super::super::seconds::Seconds;
use super::backoff::BackoffLimits;
use super::drain_mode::DrainMode;
use super::kind_config::KindConfig;

/// Settings of the ClassAd engine, named as the keys of the fleet's file. Times in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassadConfig {
    /// Minimum number of machines that serve or are on their way.
    pub min: u64,
    /// Maximum number of own machines.
    pub max: u64,
    /// Time without a claim after which a machine that is not needed is taken out.
    pub idle: Seconds,
    /// Time that jobs must have waited before machines are launched for them.
    pub waiting_time: Seconds,
    /// Time in which a launched machine must join the pool. Until then it counts as supply.
    pub deploy_time: Seconds,
    /// Number of machines without work that are kept ready.
    pub min_idle: u64,
    /// Maximum number of launches within a minute. None: no limit.
    pub launches_per_minute: Option<u64>,
    /// Maximum price of all machines for an hour. None: no limit.
    pub budget_per_hour: Option<Money>,
    /// Maximum of what the fleet may cost in all. Machines are launched while it covers another hour of the fleet; when
    /// it is spent, every machine is taken out. None: no limit.
    pub budget: Option<Money>,
    /// Time that a new machine gets until its first claim, at least two rounds of the negotiator.
    pub grace: Seconds,
    /// Time after a launch during which no machine of the same kind is taken out.
    pub cooldown: Seconds,
    /// The way in which machines are taken out.
    pub drain_mode: DrainMode,
    /// Share of the pool's slots in percent whose absence from one pass to the next stops all shrinkage; at least two
    /// slots in any case.
    pub freeze_fall: u8,
    /// Longest time for which such a fall stops shrinkage: the time after which a collector forgets slots
    /// (HTCondor: `CLASSAD_LIFETIME`).
    pub freeze_time: Seconds,
    /// Time for which a machine that had joined and had no claim may be missing from the pool before it is ended: that
    /// after which HTCondor gives up its jobs (`JobLeaseDuration`). With a claim it stays until it ends by itself.
    pub lost_time: Seconds,
    /// Time between two passes.
    pub every: Seconds,
    /// Holds a kind back whose machines fail to come up.
    pub breaker: BreakerLimits,
    /// Holds a kind back whose launches are refused.
    pub backoff: BackoffLimits,
    /// Number of groups of jobs whose placement is explained in a pass, those without a place first.
    pub explained_groups: usize,
    /// The kinds of machines.
    pub kinds: Vec<KindConfig>,
}

impl Default for ClassadConfig {
    fn default() -> ClassadConfig {
        ClassadConfig {
            min: 0,
            max: 3,
            idle: 300,
            waiting_time: 40,
            deploy_time: 1200,
            min_idle: 0,
            launches_per_minute: Some(60),
            budget_per_hour: None,
            budget: None,
            grace: 180,
            cooldown: 60,
            drain_mode: DrainMode::Drain,
            freeze_fall: 50,
            freeze_time: FallLimits::TIME,
            lost_time: 2400,
            every: 15,
            breaker: BreakerLimits::default(),
            backoff: BackoffLimits::default(),
            explained_groups: 100,
            kinds: Vec::new(),
        }
    }
}

impl ClassadConfig {
    /// Returns what counts as a sudden fall of the pool.
    pub(super) fn fall_limits(&self) -> FallLimits {
        FallLimits { share: self.freeze_fall, time: self.freeze_time }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_fleet_file_are_read_and_others_refused() {
        let read: ClassadConfig = serde_json::from_str(
            r#"{"max": 10, "budget_per_hour": 2.5, "drain_mode": "idle-only",
                "kinds": [{"name": "small", "price_per_hour": 0.0425, "slots": [{"cpus": 2, "memory": 4000}]}]}"#,
        )
        .unwrap();
        assert_eq!((read.max, read.drain_mode, read.waiting_time), (10, DrainMode::IdleOnly, 40));
        assert_eq!(read.kinds[0].price_per_hour, Some(Money::from_millionths(42_500)));
        assert_eq!((read.kinds[0].slots[0].cpus, read.kinds[0].slots[0].partitionable), (2, true));
        assert!(serde_json::from_str::<ClassadConfig>(r#"{"maximum": 10}"#).is_err());
    }
}
