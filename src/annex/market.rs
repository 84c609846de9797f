//! How the instances of an annex are bought.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How instances are bought. Written as on the command line: `spot`, `on-demand`, `mixed`, `spot+on-demand`,
/// `spot:80+on-demand:20`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub enum Market {
    /// Spot capacity, which may be taken away again.
    Spot,
    /// At the list price.
    OnDemand,
    /// One on demand, the rest spot.
    Mixed,
    /// Spot, and on demand what spot lacks while somebody watches.
    Fallback,
    /// So many of a hundred on demand, the rest spot; from 1 to 99.
    Shared(u8),
}

/// Why a text is no market.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMarket {
    /// Nothing that is known.
    #[error("\"{}\" is no market; there are spot, on-demand, mixed, spot+on-demand, and both by share: \
         spot:80+on-demand:20", .0.escape_debug())]
    Unknown(String),
    /// Shares that are no parts of a hundred.
    #[error("the shares of \"{}\" are to be at least 1 each, and 100 in all: spot:80+on-demand:20", .0.escape_debug())]
    Shares(String),
    /// On demand first.
    #[error("on-demand+spot: on demand comes second, where spot has no capacity: spot+on-demand")]
    SpotSecond,
}

impl Market {
    /// Returns how many of the `count` instances of a pool are bought on demand, the first `base` of them in any case.
    /// A share is rounded up, as Auto Scaling does.
    pub fn on_demand(self, base: u32, count: u32) -> u32 {
        let base = base.min(count);
        let share = (u64::from(count - base) * u64::from(self.percent_on_demand())).div_ceil(100);
        base + u32::try_from(share).unwrap_or(count - base)
    }

    /// Returns how many of a hundred instances are bought on demand, beyond a base.
    pub fn percent_on_demand(self) -> u8 {
        match self {
            Self::OnDemand => 100,
            Self::Shared(percent) => percent,
            Self::Spot | Self::Mixed | Self::Fallback => 0,
        }
    }

    /// Whether some of the instances may be on spot capacity.
    pub fn buys_spot(self) -> bool {
        self != Self::OnDemand
    }
}

impl fmt::Display for Market {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spot => f.write_str("spot"),
            Self::OnDemand => f.write_str("on-demand"),
            Self::Mixed => f.write_str("mixed"),
            Self::Fallback => f.write_str("spot+on-demand"),
            Self::Shared(percent) => write!(f, "spot:{}+on-demand:{percent}", 100_u8.saturating_sub(*percent)),
        }
    }
}

impl FromStr for Market {
    type Err = NoMarket;

    fn from_str(text: &str) -> Result<Self, NoMarket> {
        match text.trim() {
            "spot" => return Ok(Self::Spot),
            "on-demand" => return Ok(Self::OnDemand),
            "mixed" => return Ok(Self::Mixed),
            "spot+on-demand" => return Ok(Self::Fallback),
            "on-demand+spot" => return Err(NoMarket::SpotSecond),
            _ => {}
        }
        let unknown = || NoMarket::Unknown(text.to_owned());
        let (mut spot, mut on_demand) = (None, None);
        for part in text.trim().split('+') {
            let (name, share) = part.split_once(':').ok_or_else(unknown)?;
            let place = match name.trim() {
                "spot" => &mut spot,
                "on-demand" => &mut on_demand,
                _ => return Err(unknown()),
            };
            let share: u8 = share.trim().parse().map_err(|_| NoMarket::Shares(text.to_owned()))?;
            if place.replace(share).is_some() {
                return Err(unknown());
            }
        }
        match (spot, on_demand) {
            (Some(spot @ 1..=99), Some(on_demand @ 1..=99)) if spot + on_demand == 100 => Ok(Self::Shared(on_demand)),
            _ => Err(NoMarket::Shares(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Market {
    type Error = NoMarket;

    fn try_from(text: String) -> Result<Self, NoMarket> {
        text.parse()
    }
}

impl From<Market> for String {
    fn from(market: Market) -> Self {
        market.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_market_is_read_as_it_is_written() {
        let shared = [Market::Shared(20), Market::Shared(99)];
        for market in [Market::Spot, Market::OnDemand, Market::Mixed, Market::Fallback].into_iter().chain(shared) {
            assert_eq!(market.to_string().parse(), Ok(market));
            let written = serde_json::to_string(&market).unwrap();
            assert_eq!(written, format!("\"{market}\""), "as earlier versions wrote it");
            assert_eq!(serde_json::from_str::<Market>(&written).unwrap(), market);
        }
        assert_eq!("on-demand:5+spot:95".parse(), Ok(Market::Shared(5)));
        for (wrong, why) in [
            ("", "is no market"),
            ("spot:80", "100 in all"),
            ("spot:100+on-demand:0", "at least 1 each"),
            ("spot:80+on-demand:30", "100 in all"),
            ("spot:255+on-demand:101", "100 in all"),
            ("spot:50+spot:50", "is no market"),
            ("spot:x+on-demand:20", "100 in all"),
            ("spots:80+on-demand:20", "is no market"),
            ("on-demand+spot", "comes second"),
        ] {
            let error = wrong.parse::<Market>().unwrap_err().to_string();
            assert!(error.contains(why), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_share_on_demand_is_rounded_up() {
        let shares = |count| Market::Shared(20).on_demand(0, count);
        assert_eq!([shares(0), shares(1), shares(5), shares(6), shares(10)], [0, 1, 1, 2, 2]);
        assert_eq!(Market::Shared(99).on_demand(0, u32::MAX), u32::MAX / 100 * 99 + 95);
        assert_eq!([Market::OnDemand, Market::Spot, Market::Mixed].map(|market| market.on_demand(1, 5)), [5, 1, 1]);
        assert_eq!(Market::Fallback.on_demand(7, 5), 5);
    }
}
