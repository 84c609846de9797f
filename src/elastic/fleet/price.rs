use std::fmt;
use std::str::FromStr;

/// Millionths in a US dollar.
const MILLION: u64 = 1_000_000;

/// Maximum price, in US dollars.
const MOST: u64 = 1_000_000_000;

/// An amount in US dollars, exact to a millionth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Price {
    millionths: u64,
}

/// The reason why a text is not a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
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

impl Price {
    /// Returns the price of so many millionths of a US dollar; none for zero or more than the maximum.
    pub fn from_millionths(millionths: u64) -> Option<Self> {
        (1..=MOST * MILLION).contains(&millionths).then_some(Self { millionths })
    }

    /// Returns the amount in millionths of a US dollar.
    pub fn millionths(self) -> u64 {
        self.millionths
    }
}

/// Parses `2`, `0.05`.
impl FromStr for Price {
    type Err = PriceError;

    fn from_str(text: &str) -> Result<Self, PriceError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.trim_end_matches('0').len() > 6 {
            return Err(PriceError::Unreadable);
        }
        let whole: u64 = whole.parse().map_err(|_| PriceError::TooLarge)?;
        if whole > MOST {
            return Err(PriceError::TooLarge);
        }
        let decimals: u64 = format!("{:0<6}", decimals.trim_end_matches('0')).parse().unwrap_or(0);
        let millionths = whole * MILLION + decimals;
        if millionths == 0 {
            return Err(PriceError::Zero);
        }
        Self::from_millionths(millionths).ok_or(PriceError::TooLarge)
    }
}

/// Formats as a decimal number without needless digits: `2`, `0.05`.
impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, decimals) = (self.millionths / MILLION, self.millionths % MILLION);
        if decimals == 0 {
            return write!(f, "{whole}");
        }
        let decimals = format!("{decimals:06}");
        write!(f, "{whole}.{}", decimals.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_exact() {
        for (text, millionths, shown) in [
            ("0.05", 50_000, "0.05"),
            ("2", 2_000_000, "2"),
            ("0.0425000", 42_500, "0.0425"),
            ("0.000001", 1, "0.000001"),
        ] {
            let price: Price = text.parse().unwrap();
            assert_eq!((price.millionths(), price.to_string().as_str()), (millionths, shown));
        }
        for (text, error) in [
            ("0", PriceError::Zero),
            ("0.0", PriceError::Zero),
            ("-1", PriceError::Unreadable),
            ("1e3", PriceError::Unreadable),
            ("0.0000001", PriceError::Unreadable),
            ("1.", PriceError::Unreadable),
            ("", PriceError::Unreadable),
            ("1000000001", PriceError::TooLarge),
            ("1000000000.1", PriceError::TooLarge),
            ("99999999999999999999999", PriceError::TooLarge),
        ] {
            assert_eq!(text.parse::<Price>(), Err(error), "{text}");
        }
    }
}
