//! Amounts of memory and disk: whole numbers in the unit of HTCondor's submit files, or numbers with a unit.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Bytes in a MiB.
const MIB: u64 = 1 << 20;
/// Bytes in a KiB.
const KIB: u64 = 1 << 10;

/// Reads an amount like `4096`, `4GB`, `1.5 GiB` or `512M`, and returns it in units of `unit` bytes, rounded up. A
/// number without a unit is in `unit`. Units are powers of 1024, as HTCondor has them.
pub fn parse_amount(text: &str, unit: u64) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|sign: char| !sign.is_ascii_digit() && sign != '.').unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let bytes = match suffix.trim() {
        "" => unit,
        suffix => bytes_of(suffix)?,
    };
    match number.parse::<u64>() {
        Ok(number) => Some(number.checked_mul(bytes)?.div_ceil(unit)),
        Err(_) => scaled(number.parse().ok()?, bytes, unit),
    }
}

/// Returns the bytes of a unit in any case: `B`, or `K` to `T`, alone or with `B` or `iB`. All are powers of 1024.
pub fn bytes_of(unit: &str) -> Option<u64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "b" => 1,
        "k" | "kb" | "kib" => KIB,
        "m" | "mb" | "mib" => MIB,
        "g" | "gb" | "gib" => MIB << 10,
        "t" | "tb" | "tib" => MIB << 20,
        _ => return None,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "bounded above"
)]
fn scaled(number: f64, bytes: u64, unit: u64) -> Option<u64> {
    let amount = (number * bytes as f64 / unit as f64).ceil();
    (0.0..9e15).contains(&amount).then_some(amount as u64)
}

/// Rounds an amount up so that it differs from its power of two in three binary digits only: measured amounts that
/// differ from job to job become few.
pub(super) fn coarse(amount: u64) -> u64 {
    let step = 1_u64 << amount.max(1).ilog2().saturating_sub(3);
    amount.div_ceil(step).saturating_mul(step)
}

struct AmountVisitor(u64);

impl Visitor<'_> for AmountVisitor {
    type Value = u64;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an amount like 4096 or \"4GB\"")
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<u64, E> {
        Ok(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<u64, E> {
        scaled(value, self.0, self.0).ok_or_else(|| E::custom(format!("{value} is no amount")))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
        parse_amount(text, self.0).ok_or_else(|| E::custom(format!("`{text}` is no amount like 4096 or \"4GB\"")))
    }
}

/// Reads an amount of memory, in MiB if it has no unit.
pub(super) fn memory<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_any(AmountVisitor(MIB))
}

/// Reads an amount of disk, in KiB if it has no unit.
pub(super) fn disk<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    deserializer.deserialize_any(AmountVisitor(KIB))
}

/// Reads a time or a length in seconds; fractions are rounded down.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    struct SecondsVisitor;
    impl Visitor<'_> for SecondsVisitor {
        type Value = i64;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a number of seconds")
        }

        fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
            Ok(value)
        }

        fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
            i64::try_from(value).map_err(E::custom)
        }

        #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
        fn visit_f64<E: Error>(self, value: f64) -> Result<i64, E> {
            let value = value.floor();
            if (-9e15..9e15).contains(&value) { Ok(value as i64) } else { Err(E::custom("no number of seconds")) }
        }
    }
    deserializer.deserialize_any(SecondsVisitor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_powers_of_1024_and_round_up() {
        let memory = |text| parse_amount(text, MIB);
        assert_eq!(memory("4096"), Some(4096));
        assert_eq!(memory("4GB"), Some(4096));
        assert_eq!(memory("1.5 GiB"), Some(1536));
        assert_eq!(memory("1025K"), Some(2));
        assert_eq!(memory("2t"), Some(2 << 20));
        assert_eq!(parse_amount("3", KIB), Some(3));
        assert_eq!([memory("4 apples"), memory(""), memory("-1"), memory("99999999999999999999T")], [None; 4]);
    }

    #[test]
    fn coarse_amounts_are_at_most_an_eighth_larger() {
        assert_eq!([0, 1, 15, 17, 1000, 1_000_000].map(coarse), [0, 1, 15, 18, 1024, 1_048_576]);
        assert_eq!(coarse(1025), 1152);
    }
}
