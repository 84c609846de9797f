use std::fmt;
use std::str::FromStr;

use crate::elastic::simulate::bytes_of;

/// Maximum size, in MiB: 1 PiB.
const MOST: u64 = 1 << 30;

/// An amount of memory or disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    mebibytes: u64,
}

/// The reason why a text is not a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SizeError {
    /// The syntax is invalid.
    #[error("is no size; write 16 (GiB), \"512M\", \"16G\" or \"2T\"")]
    Unreadable,
    /// It is zero.
    #[error("a size must be more than 0")]
    Zero,
    /// It is too large.
    #[error("a size is at most 1024T")]
    TooLarge,
}

impl Size {
    /// Returns the size of so many MiB; none for zero or more than the maximum.
    pub fn from_mebibytes(mebibytes: u64) -> Option<Self> {
        (1..=MOST).contains(&mebibytes).then_some(Self { mebibytes })
    }

    /// Returns the size in MiB.
    pub fn mebibytes(self) -> u64 {
        self.mebibytes
    }
}

/// Parses a number of GiB, or one with its unit in any case: `512M`, `16G`, `16GB`, `16GiB`, `2T`. Units are powers of
/// 1024, as HTCondor and the workloads of a simulation have them.
impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let bytes = bytes_of(if unit.is_empty() { "G" } else { unit });
        let factor = bytes.map(|bytes| bytes >> 20).filter(|factor| *factor > 0).ok_or(SizeError::Unreadable)?;
        if number.is_empty() {
            return Err(SizeError::Unreadable);
        }
        let number: u64 = number.parse().map_err(|_| SizeError::TooLarge)?;
        let mebibytes = number.checked_mul(factor).ok_or(SizeError::TooLarge)?;
        if mebibytes == 0 {
            return Err(SizeError::Zero);
        }
        Self::from_mebibytes(mebibytes).ok_or(SizeError::TooLarge)
    }
}

/// Formats with the largest unit that is exact.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match self.mebibytes {
            size if size % (1 << 20) == 0 => (size >> 20, 'T'),
            size if size % (1 << 10) == 0 => (size >> 10, 'G'),
            size => (size, 'M'),
        };
        write!(f, "{number}{unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, mebibytes, shown) in [
            ("512M", 512, "512M"),
            ("16", 16384, "16G"),
            ("16GiB", 16384, "16G"),
            ("64gb", 65536, "64G"),
            ("2048G", 1 << 21, "2T"),
        ] {
            let size: Size = text.parse().unwrap();
            assert_eq!((size.mebibytes(), size.to_string().as_str()), (mebibytes, shown));
        }
        for (text, error) in [
            ("0", SizeError::Zero),
            ("-1", SizeError::Unreadable),
            ("1.5", SizeError::Unreadable),
            ("G", SizeError::Unreadable),
            ("16 G", SizeError::Unreadable),
            ("1025T", SizeError::TooLarge),
            ("18446744073709551615T", SizeError::TooLarge),
        ] {
            assert_eq!(text.parse::<Size>(), Err(error), "{text}");
        }
    }
}
