use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value as Json;

/// The ad of one job: its attributes by names in lower case.
#[derive(Debug, Default)]
pub(super) struct JobRecord(Vec<(String, Json)>);

impl JobRecord {
    /// Returns an attribute by its name in lower case. Of several with one name, the last one counts.
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Returns an attribute that is a whole number.
    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Json::as_i64)
    }

    /// Returns the names of its attributes.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl<'de> Deserialize<'de> for JobRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Attributes;

        impl<'de> Visitor<'de> for Attributes {
            type Value = JobRecord;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a job's ad, {\"Name\": value, …}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JobRecord, A::Error> {
                let mut attributes = Vec::with_capacity(32);
                while let Some((mut name, value)) = map.next_entry::<String, Json>()? {
                    name.make_ascii_lowercase();
                    attributes.push((name, value));
                }
                Ok(JobRecord(attributes))
            }
        }

        deserializer.deserialize_map(Attributes)
    }
}
