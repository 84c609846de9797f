use super::super::breaker::Admission;
use super::super::limit::Limit;
use super::super::money::Money;
use super::super::seconds::Seconds;
use super::config::ClassadConfig;
use super::fleet::Fleet;
use super::memory::ClassadMemory;

/// Why a kind may launch only so many machines.
#[derive(Clone, Debug)]
struct Hold {
    left: u64,
    limit: Limit,
}

/// The launches that all limits allow; taken down with every launch of the pass.
#[derive(Debug)]
pub(super) struct Allowance<'c> {
    config: &'c ClassadConfig,
    /// Number of live machines by kind, with launches of the pass.
    live: Vec<u64>,
    live_of_all: u64,
    /// Breaker and refusals by kind.
    holds: Vec<Vec<Hold>>,
    launched: u64,
    /// The price of all for an hour.
    committed: Money,
    spent: Money,
    prices: Vec<Option<Money>>,
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl<'c> Allowance<'c> {
    /// Reckons what is allowed at the begin of a pass.
    pub(super) fn new(
        config: &'c ClassadConfig,
        memory: &ClassadMemory,
        fleet: &Fleet<'_>,
        now: Seconds,
    ) -> Allowance<'c> {
        let (live, live_of_all) = fleet.live(config.kinds.len());
        let mut committed = Money::ZERO;
        for member in &fleet.members {
            committed = committed.plus(member.price.unwrap_or_default());
        }
        let holds = config.kinds.iter().map(|kind| {
            let Some(of_kind) = memory.kinds.get(&kind.name) else { return Vec::new() };
            let mut holds = Vec::new();
            let failures = of_kind.breaker.failures();
            match of_kind.breaker.admission(&config.breaker, now) {
                Admission::Free => {}
                _ if !kind.breaker => {}
                Admission::Trial => holds.push(Hold { left: 1, limit: Limit::Breaker { failures, until: None } }),
                Admission::Closed(until) => holds.push(Hold { left: 0, limit: Limit::Breaker { failures, until } }),
            }
            if let Some(until) = of_kind.backoff.until {
                let limit = Limit::Refused { refusals: of_kind.backoff.refusals, until };
                holds.push(Hold { left: of_kind.backoff.allowed(now), limit });
            }
            holds
        });
        Allowance {
            config,
            live,
            live_of_all,
            holds: holds.collect(),
            launched: memory.recent_launches(now),
            committed,
            spent: memory.spent(),
            prices: config.kinds.iter().map(|kind| kind.price_per_hour).collect(),
        }
    }

    /// Returns how many of `wanted` machines of a kind may be launched, and the first limit that forbids the rest.
    pub(super) fn allow(&self, kind: usize, wanted: u64) -> (u64, Option<Limit>) {
        let mut allowed = wanted;
        let mut first = None;
        let mut take = |left: u64, limit: &dyn Fn() -> Limit| {
            if left < allowed {
                allowed = left;
                if first.is_none() || left == 0 {
                    first = Some(limit());
                }
            }
        };
        for hold in self.holds.get(kind).into_iter().flatten() {
            take(hold.left, &|| hold.limit.clone());
        }
        let live = self.live.get(kind).copied().unwrap_or(0);
        if let Some(maximum) = self.config.kinds.get(kind).and_then(|kind| kind.max) {
            let limit = || Limit::MaximumOfKind { maximum: signed(maximum), live: signed(live) };
            take(maximum.saturating_sub(live), &limit);
        }
        let maximum = self.config.max;
        let limit = || Limit::Maximum { maximum: signed(maximum), live: signed(self.live_of_all) };
        take(maximum.saturating_sub(self.live_of_all), &limit);
        let committed = self.committed;
        match self.prices.get(kind).copied().flatten() {
            None if self.config.budget_per_hour.is_some() || self.config.budget.is_some() => {
                take(0, &|| Limit::NoPrice);
            }
            None => {}
            Some(price) => {
                if let Some(budget) = self.config.budget_per_hour {
                    let limit = || Limit::HourlyBudget { budget, committed, price };
                    take(affordable(budget.minus(committed), price), &limit);
                }
                if let Some(budget) = self.config.budget {
                    let spent = self.spent;
                    let limit = || Limit::Budget { budget, spent, committed, price };
                    take(affordable(budget.minus(spent).minus(committed), price), &limit);
                }
            }
        }
        if let Some(maximum) = self.config.launches_per_minute {
            let limit = || Limit::LaunchRate { maximum: signed(maximum), launched: signed(self.launched) };
            take(maximum.saturating_sub(self.launched), &limit);
        }
        (allowed.min(u64::from(u32::MAX)), first)
    }

    /// Takes launches of a kind off.
    pub(super) fn take(&mut self, kind: usize, count: u64) {
        if let Some(live) = self.live.get_mut(kind) {
            *live = live.saturating_add(count);
        }
        self.live_of_all = self.live_of_all.saturating_add(count);
        self.launched = self.launched.saturating_add(count);
        for hold in self.holds.get_mut(kind).into_iter().flatten() {
            hold.left = hold.left.saturating_sub(count);
        }
        let price = self.prices.get(kind).copied().flatten().unwrap_or_default();
        self.committed = self.committed.plus(price.times(signed(count)));
    }
}

/// Returns the number of machines at a price that an amount pays for.
fn affordable(amount: Money, price: Money) -> u64 {
    match (amount.millionths(), price.millionths()) {
        (amount, _) if amount < 0 => 0,
        (_, 0) => u64::MAX,
        (amount, price) => u64::try_from(amount / price).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::SlotFigures;
    use super::super::kind_config::KindConfig;
    use super::*;

    fn config() -> ClassadConfig {
        let mut kind = KindConfig::new("a", SlotFigures::default());
        kind.price_per_hour = Money::from_units(0.4);
        kind.max = Some(5);
        ClassadConfig { max: 10, kinds: vec![kind], ..ClassadConfig::default() }
    }

    fn allowed(config: &ClassadConfig, taken: u64, wanted: u64) -> (u64, Option<Limit>) {
        let mut allowance = Allowance::new(config, &ClassadMemory::default(), &Fleet::default(), 0);
        allowance.take(0, taken);
        allowance.allow(0, wanted)
    }

    #[test]
    fn every_limit_is_taken_down_within_the_pass() {
        assert_eq!(allowed(&config(), 3, 9), (2, Some(Limit::MaximumOfKind { maximum: 5, live: 3 })));
        assert_eq!(allowed(&config(), 3, 2), (2, None));
        let hourly = ClassadConfig { budget_per_hour: Money::from_units(1.3), ..config() };
        assert_eq!(allowed(&hourly, 2, 9).0, 1);
        let limit = Limit::HourlyBudget {
            budget: Money::from_millionths(1_300_000),
            committed: Money::from_millionths(1_200_000),
            price: Money::from_millionths(400_000),
        };
        assert_eq!(allowed(&hourly, 3, 9), (0, Some(limit)));
        let rate = ClassadConfig { launches_per_minute: Some(4), ..config() };
        assert_eq!(allowed(&rate, 4, 1), (0, Some(Limit::LaunchRate { maximum: 4, launched: 4 })));
    }

    #[test]
    fn a_kind_without_a_price_is_not_launched_under_a_budget() {
        let mut config = ClassadConfig { budget: Money::from_units(5.0), ..config() };
        assert_eq!(allowed(&config, 0, 9).0, 5);
        config.kinds[0].price_per_hour = None;
        assert_eq!(allowed(&config, 0, 9), (0, Some(Limit::NoPrice)));
    }
}
