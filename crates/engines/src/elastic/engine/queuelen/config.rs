use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::config_error::ConfigError;
use super::super::npreserving::{NpreservingConfig, Variables};

/// Settings of the queuelen engine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueuelenConfig {
    /// Queue length above which a machine is added (`queuelen_high_water`).
    pub high_water: i64,
    /// Queue length below which a machine is taken away (`queuelen_low_water`).
    pub low_water: i64,
    /// Minimum number of machines (`min_instances`).
    pub min_instances: i64,
    /// Launch variables of every machine (`provisioner_vars`).
    pub provisioner_vars: Variables,
}

impl QueuelenConfig {
    /// Reads the settings from EPU's own names. Settings of other parts of a controller are passed over.
    ///
    /// # Errors
    /// A mark is missing, a value is no number, or the minimum is negative.
    pub fn from_settings(settings: &Map<String, Value>) -> Result<QueuelenConfig, ConfigError> {
        let common = NpreservingConfig::default();
        let high_water = number("queuelen_high_water", settings.get("queuelen_high_water"))?;
        let low_water = number("queuelen_low_water", settings.get("queuelen_low_water"))?;
        let min_instances =
            settings.get("min_instances").map_or(Ok(0), |value| number("min_instances", Some(value)))?;
        if min_instances < 0 {
            return Err(ConfigError::Value {
                setting: "min_instances",
                value: min_instances.to_string(),
                expected: "a whole number, not negative",
            });
        }
        let variables: Map<String, Value> = settings
            .get_key_value("provisioner_vars")
            .map(|(name, value)| (name.clone(), value.clone()))
            .into_iter()
            .collect();
        let provisioner_vars = common.with(&variables)?.provisioner_vars;
        Ok(QueuelenConfig { high_water, low_water, min_instances, provisioner_vars })
    }
}

fn number(setting: &'static str, value: Option<&Value>) -> Result<i64, ConfigError> {
    let value = value.ok_or(ConfigError::Missing { setting })?;
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    };
    number.ok_or_else(|| ConfigError::Value { setting, value: value.to_string(), expected: "a whole number" })
}
