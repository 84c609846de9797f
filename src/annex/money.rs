//! US dollars, exactly.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Digits after the point: AWS writes prices with six.
const DECIMALS: usize = 6;
const MICROS: u64 = 1_000_000;

/// An amount of US dollars, or a price an hour, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Dollars(u64);

impl Dollars {
    /// Returns this amount times `count`; `None` on overflow.
    pub fn times(self, count: u64) -> Option<Self> {
        self.0.checked_mul(count).map(Self)
    }

    /// Returns the cost of `seconds` at this hourly price, rounded up to a millionth.
    pub fn for_seconds(self, seconds: u64) -> Option<Self> {
        let micros = (u128::from(self.0) * u128::from(seconds)).div_ceil(3600);
        u64::try_from(micros).ok().map(Self)
    }

    /// Returns the cost an hour of `count` things at this price a month, rounded up to a millionth; a month is 30 days,
    /// as EBS bills (Amazon EBS pricing, examples); `None` on overflow.
    pub fn hourly_of_month(self, count: u64) -> Option<Self> {
        const HOURS: u64 = 30 * 24;
        self.times(count).map(|Self(micros)| Self(micros.div_ceil(HOURS)))
    }

    /// Rounds for display: amounts from ten cents on up to the cent; smaller ones stay exact.
    #[must_use]
    pub fn rounded(self) -> Self {
        const CENT: u64 = MICROS / 100;
        if self.0 < 10 * CENT { self } else { Self(self.0.div_ceil(CENT).saturating_mul(CENT)) }
    }

    /// Returns the sum; `None` on overflow.
    pub fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

/// Text that is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{}\" is no amount of US dollars; write 0.06 or 12.50", .0.escape_debug())]
pub struct NoAmount(String);

impl FromStr for Dollars {
    type Err = NoAmount;

    /// Parses `0.06`, `$12`, `12.50`; at most six digits after the point. AWS's own prices may have more, all zeros.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NoAmount(text.to_owned());
        let digits = text.strip_prefix('$').unwrap_or(text);
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let part = part.trim_end_matches('0');
        if digits.is_empty() || whole.is_empty() || !all_digits(whole) || !all_digits(part) || part.len() > DECIMALS {
            return Err(wrong());
        }
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        let part: u64 = format!("{part:0<DECIMALS$}").parse().map_err(|_| wrong())?;
        whole.checked_mul(MICROS).and_then(|micros| micros.checked_add(part)).map(Self).ok_or_else(wrong)
    }
}

impl TryFrom<String> for Dollars {
    type Error = NoAmount;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Dollars> for String {
    fn from(dollars: Dollars) -> Self {
        dollars.to_string()
    }
}

/// Writes `0.06`, `12.50`: at least two digits after the point, and no trailing zeros beyond them.
impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = format!("{:0DECIMALS$}", self.0 % MICROS);
        let part = part.trim_end_matches('0');
        write!(f, "{}.{part:0<2}", self.0 / MICROS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_cents() {
        let rounded = |text: &str| text.parse::<Dollars>().unwrap().rounded().to_string();
        let shown = ["1.499653", "1.50", "0.1", "0.100001", "0.00018", "0.0999"].map(rounded);
        assert_eq!(shown, ["1.50", "1.50", "0.10", "0.11", "0.00018", "0.0999"]);
    }

    #[test]
    fn amounts_are_exact() {
        let dollars = |text: &str| text.parse::<Dollars>().unwrap();
        assert_eq!(dollars("0.1").times(3), Some(dollars("0.3")));
        assert_eq!(dollars("$12").to_string(), "12.00");
        assert_eq!(dollars("0.0104000000").to_string(), "0.0104");
        assert_eq!(dollars("0.06").for_seconds(1800), Some(dollars("0.03")));
        assert_eq!(dollars("0.000001").for_seconds(1), Some(dollars("0.000001")));
        assert_eq!(dollars("0.08").hourly_of_month(100), Some(dollars("0.011112")));
        assert_eq!(Dollars(u64::MAX).times(2), None);
        for wrong in ["", "$", ".5", "-1", "1e3", "1,5", "0.0000001", "NaN", "99999999999999999999"] {
            assert!(wrong.parse::<Dollars>().is_err(), "{wrong}");
        }
    }
}
