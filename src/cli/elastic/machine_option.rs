use std::str::FromStr;

use thiserror::Error;

use crate::diagnostics::did_you_mean;
use crate::elastic::simulate::{BootTime, MachineKind, parse_amount};
use crate::plan::{DurationError, parse_duration};

/// A kind of machine as `--machine` describes it: `name=big,cpus=8,memory=32GB,price=0.2,boot=2m`.
#[derive(Clone, Debug)]
pub(super) struct MachineOption(pub(super) MachineKind);

/// A description that is none.
#[derive(Debug, Error)]
pub(super) enum MachineOptionError {
    /// It has a word that is no setting.
    #[error("\"{word}\" is no KEY=VALUE; keys are name, cpus, memory, disk, gpus, price, boot and lifetime{hint}")]
    Key { word: String, hint: String },
    /// A value is wrong.
    #[error("{key}: \"{value}\" is not {expected}")]
    Value { key: String, value: String, expected: &'static str },
    /// A length of time is wrong.
    #[error("{key}: {error}")]
    Duration { key: String, error: DurationError },
}

impl FromStr for MachineOption {
    type Err = MachineOptionError;

    fn from_str(text: &str) -> Result<Self, MachineOptionError> {
        let mut kind = MachineKind::default();
        for word in text.split(',') {
            let unknown = || {
                let key = word.split('=').next().unwrap_or(word);
                let hint = did_you_mean(key, KEYS).map_or_else(String::new, |hint| format!("; {hint}"));
                MachineOptionError::Key { word: word.to_owned(), hint }
            };
            let (key, value) = word.split_once('=').ok_or_else(unknown)?;
            let wrong = |expected| MachineOptionError::Value { key: key.to_owned(), value: value.to_owned(), expected };
            let whole = || value.parse().ok().filter(|count| (1..=MOST).contains(count));
            let amount = |unit| parse_amount(value, unit).filter(|amount| *amount > 0);
            let seconds = || {
                let length = parse_duration(value);
                let length = length.map_err(|error| MachineOptionError::Duration { key: key.to_owned(), error })?;
                i64::try_from(length.as_secs()).map_err(|_| wrong("a time that a machine has"))
            };
            match key {
                "name" => kind.name = value.into(),
                "cpus" => kind.cpus = whole().ok_or_else(|| wrong("a number of processors from 1 to 100000"))?,
                "gpus" => kind.gpus = value.parse().map_err(|_| wrong("a number of GPUs"))?,
                "memory" => kind.memory = amount(MIB).ok_or_else(|| wrong("an amount such as 32GB"))?,
                "disk" => kind.disk = amount(KIB).ok_or_else(|| wrong("an amount such as 100GB"))?,
                "price" => {
                    let price = value.parse().ok().filter(|price: &f64| price.is_finite() && *price >= 0.0);
                    kind.price_per_hour = Some(price.ok_or_else(|| wrong("a price of an hour, such as 0.2"))?);
                }
                "boot" => kind.boot = vec![BootTime { pending: 0, join: Some(seconds()?) }],
                "lifetime" => kind.lifetime = Some(seconds()?),
                _ => return Err(unknown()),
            }
        }
        Ok(Self(kind))
    }
}

/// The keys.
const KEYS: [&str; 8] = ["name", "cpus", "memory", "disk", "gpus", "price", "boot", "lifetime"];

/// Largest number of processors of a machine.
const MOST: u32 = 100_000;

/// Bytes of the unit of memory.
const MIB: u64 = 1 << 20;

/// Bytes of the unit of disks.
const KIB: u64 = 1 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read() {
        let text = "name=big,cpus=8,memory=32GB,disk=1TB,gpus=2,price=0.25,boot=2m,lifetime=6h";
        let MachineOption(kind) = text.parse().unwrap();
        assert_eq!((&*kind.name, kind.cpus, kind.memory, kind.disk, kind.gpus), ("big", 8, 32 << 10, 1 << 30, 2));
        assert_eq!((kind.price_per_hour, kind.lifetime), (Some(0.25), Some(21_600)));
        assert_eq!(kind.boot, [BootTime { pending: 0, join: Some(120) }]);
    }

    #[test]
    fn the_nearest_key_is_proposed() {
        for (text, hint) in [
            ("memry=8GB", "boot and lifetime; did you mean \"memory\"?"),
            ("prize=1", "did you mean \"price\"?"),
            ("colour=red", "boot and lifetime"),
        ] {
            let error = text.parse::<MachineOption>().unwrap_err().to_string();
            assert!(error.ends_with(hint), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, why) in [
            ("cpu=8", "\"cpu=8\" is no KEY=VALUE"),
            ("big", "\"big\" is no KEY=VALUE"),
            ("cpus=0", "cpus: \"0\" is not a number of processors"),
            ("memory=0", "memory: \"0\" is not an amount such as 32GB"),
            ("memory=lots", "memory: \"lots\" is not an amount such as 32GB"),
            ("price=-1", "price: \"-1\" is not a price"),
            ("price=NaN", "price: \"NaN\" is not a price"),
            ("boot=soon", "boot: "),
        ] {
            let error = text.parse::<MachineOption>().unwrap_err().to_string();
            assert!(error.starts_with(why), "{text}: {error}");
        }
    }
}
