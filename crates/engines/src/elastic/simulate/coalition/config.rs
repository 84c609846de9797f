use serde::{Deserialize, Deserializer, de};
use serde_json::{Map, Value};

use crate::elastic::engine::{CoalitionConfig, Market, Seconds};

/// `cloud_aws.ini` as JSON. Settings that do not decide are passed over.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct Config {
    coalition: Section,
    worker: Worker,
    #[serde(rename = "spot")]
    spot: Map<String, Value>,
    #[serde(rename = "authentication")]
    _authentication: Map<String, Value>,
    #[serde(rename = "storage")]
    _storage: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Section {
    #[serde(deserialize_with = "number")]
    workerinstancemax: i64,
    #[serde(deserialize_with = "number")]
    workerinstancestartdelay: Seconds,
    #[serde(deserialize_with = "number")]
    workerinstanceminimumlifetime: Seconds,
    #[serde(rename = "ip")]
    _ip: Value,
    #[serde(rename = "port")]
    _port: Value,
}

impl Default for Section {
    fn default() -> Section {
        let config = CoalitionConfig::default();
        Section {
            workerinstancemax: config.maximum,
            workerinstancestartdelay: config.start_delay,
            workerinstanceminimumlifetime: config.minimum_lifetime,
            _ip: Value::Null,
            _port: Value::Null,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Worker {
    nameprefix: String,
    #[serde(deserialize_with = "truth")]
    spot: bool,
    #[serde(rename = "instancetype")]
    _instancetype: Value,
    #[serde(rename = "imageid")]
    _imageid: Value,
    #[serde(rename = "subnetid")]
    _subnetid: Value,
    #[serde(rename = "iaminstanceprofile")]
    _iaminstanceprofile: Value,
    #[serde(rename = "securitygroupid")]
    _securitygroupid: Value,
    #[serde(rename = "availabilityzone")]
    _availabilityzone: Value,
}

impl Default for Worker {
    fn default() -> Worker {
        Worker {
            nameprefix: "cloud-".into(),
            spot: true,
            _instancetype: Value::Null,
            _imageid: Value::Null,
            _subnetid: Value::Null,
            _iaminstanceprofile: Value::Null,
            _securitygroupid: Value::Null,
            _availabilityzone: Value::Null,
        }
    }
}

impl Config {
    /// Returns the engine's settings.
    pub(super) fn engine(&self) -> CoalitionConfig {
        CoalitionConfig {
            maximum: self.coalition.workerinstancemax,
            start_delay: self.coalition.workerinstancestartdelay,
            minimum_lifetime: self.coalition.workerinstanceminimumlifetime,
            market: if self.worker.spot { Market::Spot } else { Market::OnDemand },
        }
    }

    /// Returns the first part of workers' names.
    pub(super) fn prefix(&self) -> &str {
        &self.worker.nameprefix
    }

    /// Returns the number of machines that one spot request asks for.
    pub(super) fn spot_count(&self) -> u32 {
        let count = match self.spot.get("instancecount") {
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(other) => other.as_u64().and_then(|count| u32::try_from(count).ok()),
            None => None,
        };
        count.unwrap_or(1).clamp(1, 1000)
    }
}

/// Reads a number that may be written as text.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = match &value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    };
    number.ok_or_else(|| de::Error::custom(format!("{value} is no whole number")))
}

/// Reads a truth value that may be written as text: `false`, `no`, `off`, `0` and nothing are false. The original takes
/// every text for true.
fn truth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(value) => value,
        Value::String(text) => !matches!(text.trim().to_ascii_lowercase().as_str(), "" | "false" | "no" | "off" | "0"),
        Value::Null => false,
        other => other.as_i64() != Some(0),
    })
}
