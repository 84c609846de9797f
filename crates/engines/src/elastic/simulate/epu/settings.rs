use serde_json::{Map, Value};

use crate::elastic::engine::{HealthRule, Seconds};

/// The settings of the controller itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    /// None: health is not monitored.
    pub(super) health: Option<HealthRule>,
    /// Whether launches carry variables; the original cannot send one without.
    pub(super) has_variables: bool,
}

impl Settings {
    /// Reads them from EPU's own names.
    pub(super) fn read(config: &Map<String, Value>) -> Settings {
        let monitored = config.get("monitor_health").is_some_and(|value| match value {
            Value::Bool(value) => *value,
            Value::String(text) => text.eq_ignore_ascii_case("true"),
            other => other.as_i64().is_some_and(|number| number != 0),
        });
        let default = HealthRule::default();
        let rule = HealthRule {
            boot: seconds(config, "health_boot_timeout").unwrap_or(default.boot),
            missing: seconds(config, "health_missing_timeout").unwrap_or(default.missing),
        };
        Settings {
            health: monitored.then_some(rule),
            has_variables: config.get("provisioner_vars").is_some_and(|value| !value.is_null()),
        }
    }
}

fn seconds(config: &Map<String, Value>, name: &str) -> Option<Seconds> {
    match config.get(name)? {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_i64(),
    }
}
