//! Values of a launch specification for templates that write one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::specification::LaunchSpecification;
use crate::template::Values;

impl LaunchSpecification {
    /// Returns the values for the built-in templates `spot-launch-specification.json` and `gce-instance.json`: this
    /// struct's fields except empty ones; `machine_type` is zone and size as in GCE's body; user data is
    /// `user_data_base64`, and also `user_data` if it is text.
    pub fn values(&self) -> Values {
        let mut values = Values::new();
        let mut set = |name: &str, value: Value| {
            let empty = match &value {
                Value::Null => true,
                Value::Array(items) => items.is_empty(),
                Value::Object(entries) => entries.is_empty(),
                _ => false,
            };
            if !empty {
                values.insert(name.to_owned(), value);
            }
        };
        set("name", json!(self.name));
        set("image", json!(self.image));
        set("instance_type", json!(self.instance_type));
        set("machine_type", json!(self.machine_type()));
        set("spot", json!(self.spot));
        set("zone", json!(self.zone));
        set("subnet", json!(self.subnet));
        set("key_name", json!(self.key_name));
        set("security_groups", json!(self.security_groups));
        set("instance_profile", json!(self.instance_profile));
        set(
            "instance_profile_is_arn",
            json!(self.instance_profile.as_ref().map(|profile| profile.starts_with("arn:"))),
        );
        set("user_data_base64", json!(self.user_data.as_ref().map(|data| STANDARD.encode(data))));
        set("user_data", json!(self.user_data.as_deref().and_then(|data| std::str::from_utf8(data).ok())));
        set("tags", json!(self.tags));
        values
    }

    fn machine_type(&self) -> String {
        let zone = self.zone.as_ref().map(|zone| format!("zones/{zone}/machineTypes/"));
        format!("{}{}", zone.unwrap_or_default(), self.instance_type)
    }
}
