//! Values from unset environment variables, each of which is reported.

use toml::de::DeValue;

use super::super::environment::variable;
use super::super::located::Located;
use super::table::Table;

/// Keys that are specific to a cloud and an account. A plan may be tried elsewhere without them, so a missing value is
/// only a warning; if it is needed, that is reported as well.
const OF_A_CLOUD: [&str; 16] = [
    "bucket",
    "capacity_reservation",
    "endpoint",
    "image",
    "instance_profile",
    "instance_type",
    "key",
    "key_name",
    "max_price",
    "placement_group",
    "profile",
    "region",
    "security_groups",
    "subnet",
    "user",
    "zone",
];

impl Table<'_, '_> {
    /// Returns the value of `key`, reporting an unset variable.
    pub(crate) fn given(&self, key: &str, read: Result<Located<String>, Located<String>>) -> Option<Located<String>> {
        read.inspect_err(|variable| {
            let name = &variable.value;
            let message = format!("\"{key}\" of {} is env.{name}, which is not set", self.what);
            let hint = Some(format!("set {name}"));
            match OF_A_CLOUD.contains(&key) {
                true => self.reader.findings.warning_with(&variable.place, message, hint),
                false => self.reader.findings.error_with(&variable.place, message, hint),
            }
        })
        .ok()
    }

    /// Returns the path of a file. A path in the notation of variables is taken literally if the file exists and the
    /// variable does not.
    pub(super) fn path(&self, key: &'static str) -> Option<Located<String>> {
        let (place, value) = self.get(key)?;
        let DeValue::String(text) = value.get_ref() else { return self.string(key) };
        match self.reader.environment.read(text, place.clone()) {
            Err(_) if self.is_beside(text) => Some(Located::new(text.to_string(), place)),
            read => self.given(key, read),
        }
    }

    fn is_beside(&self, name: &str) -> bool {
        let directory = self.reader.file.parent();
        variable(name).is_some() && directory.is_some_and(|directory| directory.join(name).is_file())
    }
}
