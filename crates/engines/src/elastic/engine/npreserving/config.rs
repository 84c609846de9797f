use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::config_error::ConfigError;

/// Launch variables by name.
pub type Variables = BTreeMap<String, Value>;

/// Settings of the npreserving engine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NpreservingConfig {
    /// Number of machines, those of the unique slots included (`preserve_n`).
    pub preserve_n: i64,
    /// The unique slots, each with its own launch variables (`unique_instances`).
    pub unique_instances: BTreeMap<Arc<str>, Variables>,
    /// Launch variables of every machine (`provisioner_vars`).
    pub provisioner_vars: Variables,
    /// Failed machines stay (`devmode_no_failure_compensation`).
    pub devmode_no_failure_compensation: bool,
}

impl NpreservingConfig {
    /// Returns the settings with those of `changes` laid over: a value that is there replaces the whole old one.
    /// Settings of other parts of a controller are passed over.
    ///
    /// # Errors
    /// `preserve_n` is no number, negative, or smaller than the number of slots.
    pub fn with(&self, changes: &Map<String, Value>) -> Result<NpreservingConfig, ConfigError> {
        let mut config = self.clone();
        if let Some(value) = changes.get("preserve_n") {
            config.preserve_n = count("preserve_n", value)?;
        }
        if let Some(value) = changes.get("unique_instances") {
            config.unique_instances = object("unique_instances", value)?
                .iter()
                .map(|(slot, own)| Ok((Arc::from(slot.as_str()), variables("unique_instances", own)?)))
                .collect::<Result<_, ConfigError>>()?;
        }
        if let Some(value) = changes.get("provisioner_vars") {
            config.provisioner_vars = variables("provisioner_vars", value)?;
        }
        if let Some(value) = changes.get("devmode_no_failure_compensation") {
            config.devmode_no_failure_compensation = truth(value);
        }
        let slots = config.unique_instances.len();
        if i64::try_from(slots).unwrap_or(i64::MAX) > config.preserve_n {
            return Err(ConfigError::Slots { slots, machines: config.preserve_n });
        }
        Ok(config)
    }

    /// Returns the variables of a launch: the common ones with those of the slot laid over.
    pub fn variables(&self, slot: Option<&str>) -> Variables {
        let mut variables = self.provisioner_vars.clone();
        if let Some(own) = slot.and_then(|slot| self.unique_instances.get(slot)) {
            variables.extend(own.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        variables
    }
}

/// Reads a count that may be written as text.
fn count(setting: &'static str, value: &Value) -> Result<i64, ConfigError> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    };
    number.filter(|number| *number >= 0).ok_or_else(|| ConfigError::Value {
        setting,
        value: value.to_string(),
        expected: "a whole number, not negative",
    })
}

fn object<'a>(setting: &'static str, value: &'a Value) -> Result<&'a Map<String, Value>, ConfigError> {
    value.as_object().ok_or_else(|| ConfigError::Value {
        setting,
        value: value.to_string(),
        expected: "a table of names and values",
    })
}

fn variables(setting: &'static str, value: &Value) -> Result<Variables, ConfigError> {
    if value.is_null() {
        return Ok(Variables::new());
    }
    Ok(object(setting, value)?.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::String(text) => text.eq_ignore_ascii_case("true"),
        _ => false,
    }
}
