//! Values that the environment is to give and does not: none of them vanishes without a word.

use toml::de::DeValue;

use super::super::environment::variable;
use super::super::located::Located;
use super::table::Table;

/// What names things of one cloud and of whom they belong to. A plan may be tried elsewhere without these, so that they
/// are missed aloud, but are no error; where one is needed, that is said as well.
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
    /// The value of `key` as it was read; reports the variable that does not give it.
    pub(super) fn given(&self, key: &str, read: Result<Located<String>, Located<String>>) -> Option<Located<String>> {
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

    /// The path of a file. One that is called as variables are written is meant where it is there and the variable is
    /// not.
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
