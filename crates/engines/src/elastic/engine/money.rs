use std::fmt;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount of money in millionths of its currency's unit, so that sums are exact.
///
/// It is written as a number of units: `0.25`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

/// Millionths in one unit.
const UNIT: i64 = 1_000_000;

/// Largest price that is read from text, in units.
const MOST: u64 = 1_000_000_000;

/// The reason why a text is not a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The syntax is invalid.
    #[error("is no price; write US dollars such as 0.05, with at most six decimals")]
    Unreadable,
    /// It is zero.
    #[error("a price must be more than 0")]
    Zero,
    /// It is too large.
    #[error("a price is at most {MOST} US dollars")]
    TooLarge,
}

/// Parses a price, exactly: `2`, `0.05`.
impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Money, MoneyError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.trim_end_matches('0').len() > 6 {
            return Err(MoneyError::Unreadable);
        }
        let whole: u64 = whole.parse().map_err(|_| MoneyError::TooLarge)?;
        if whole > MOST {
            return Err(MoneyError::TooLarge);
        }
        let decimals: u64 = format!("{:0<6}", decimals.trim_end_matches('0')).parse().unwrap_or(0);
        match whole * 1_000_000 + decimals {
            0 => Err(MoneyError::Zero),
            millionths if millionths > MOST * 1_000_000 => Err(MoneyError::TooLarge),
            millionths => i64::try_from(millionths).map(Money).map_err(|_| MoneyError::TooLarge),
        }
    }
}

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);

    /// Makes an amount from millionths of a unit.
    pub const fn from_millionths(millionths: i64) -> Money {
        Money(millionths)
    }

    /// Makes an amount from units, rounded to millionths. None: negative, too large, or no number.
    pub fn from_units(units: f64) -> Option<Money> {
        let millionths = (units * 1e6).round();
        // The bound is below 2^53, so the cast is exact.
        (0.0..=9e15).contains(&millionths).then_some(Money(millionths as i64))
    }

    /// Returns the millionths of a unit.
    pub const fn millionths(self) -> i64 {
        self.0
    }

    /// Returns the sum, at most the largest amount.
    pub const fn plus(self, other: Money) -> Money {
        Money(self.0.saturating_add(other.0))
    }

    /// Returns the difference, which may be below zero.
    pub const fn minus(self, other: Money) -> Money {
        Money(self.0.saturating_sub(other.0))
    }

    /// Returns a multiple, at most the largest amount.
    pub const fn times(self, factor: i64) -> Money {
        Money(self.0.saturating_mul(factor))
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (units, rest) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        let digits = format!("{rest:06}");
        let digits = digits.trim_end_matches('0');
        if digits.len() <= 2 {
            return write!(formatter, "{sign}{units}.{digits:0<2}");
        }
        write!(formatter, "{sign}{units}.{digits}")
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Exact for every amount below nine thousand million units.
        serializer.serialize_f64(self.0 as f64 / UNIT as f64)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
        let units = f64::deserialize(deserializer)?;
        Money::from_units(units).ok_or_else(|| {
            D::Error::custom(format!("an amount of money is a number from 0 to 9000000000, as in 0.25; {units} is not"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_to_a_millionth() {
        let tenth = Money::from_units(0.1).unwrap();
        assert_eq!(tenth.times(3).minus(Money::from_units(0.3).unwrap()), Money::ZERO);
        assert_eq!(Money::from_units(-0.1), None);
        assert_eq!(Money::from_units(f64::NAN), None);
    }

    #[test]
    fn prices_are_read_exactly() {
        for (text, millionths, shown) in [
            ("0.05", 50_000, "0.05"),
            ("2", 2_000_000, "2.00"),
            ("0.0425000", 42_500, "0.0425"),
            ("0.000001", 1, "0.000001"),
        ] {
            let price: Money = text.parse().unwrap();
            assert_eq!((price.millionths(), price.to_string().as_str()), (millionths, shown));
        }
        for (text, error) in [
            ("0", MoneyError::Zero),
            ("0.0", MoneyError::Zero),
            ("-1", MoneyError::Unreadable),
            ("1e3", MoneyError::Unreadable),
            ("0.0000001", MoneyError::Unreadable),
            ("1.", MoneyError::Unreadable),
            ("", MoneyError::Unreadable),
            ("1000000001", MoneyError::TooLarge),
            ("1000000000.1", MoneyError::TooLarge),
            ("99999999999999999999999", MoneyError::TooLarge),
        ] {
            assert_eq!(text.parse::<Money>(), Err(error), "{text}");
        }
    }

    #[test]
    fn amounts_are_written_as_units() {
        let text = |millionths| Money::from_millionths(millionths).to_string();
        assert_eq!([text(250_000), text(12_345_678), text(-1)], ["0.25", "12.345678", "-0.000001"]);
        let read: Money = serde_json::from_str("0.0425").unwrap();
        assert_eq!((read.millionths(), serde_json::to_string(&read).unwrap()), (42_500, "0.0425".into()));
    }
}
