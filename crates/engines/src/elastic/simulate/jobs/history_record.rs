use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use crate::elastic::engine::Seconds;

/// An ad of a history as it is written, with its attributes in order. Reading it as a whole ad would take most of the
/// time, since hardly any of its attributes matter.
#[derive(Debug, Default)]
pub(super) struct HistoryRecord<'a>(Vec<(Cow<'a, str>, Json)>);

impl<'de> Deserialize<'de> for HistoryRecord<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<HistoryRecord<'de>, D::Error> {
        struct RecordVisitor;
        impl<'de> Visitor<'de> for RecordVisitor {
            type Value = HistoryRecord<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a job ad")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HistoryRecord<'de>, A::Error> {
                let mut attributes = Vec::new();
                while let Some((Name(name), value)) = map.next_entry()? {
                    attributes.push((name, value));
                }
                Ok(HistoryRecord(attributes))
            }
        }
        deserializer.deserialize_map(RecordVisitor)
    }
}

/// A name that is borrowed where it can be.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl HistoryRecord<'_> {
    /// Returns an attribute as it is written. Names are told apart without regard to case.
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        self.0.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns an attribute that is a number, rounded down.
    pub(super) fn number(&self, name: &str) -> Option<Seconds> {
        let value = self.get(name)?;
        #[expect(clippy::cast_possible_truncation, reason = "bounded")]
        let real = || value.as_f64().filter(|value| value.abs() < 9e15).map(|value| value.floor() as i64);
        value.as_i64().or_else(real)
    }

    /// Returns an attribute that is a text.
    pub(super) fn text(&self, name: &str) -> Option<Arc<str>> {
        self.get(name)?.as_str().map(Arc::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_found_without_regard_to_case() {
        let record: HistoryRecord<'_> =
            serde_json::from_str(r#"{"QDate": 17, "RemoteWallClockTime": 9.9, "Owner": "a\"b", "X": null}"#).unwrap();
        assert_eq!((record.number("qdate"), record.number("RemoteWallClockTime")), (Some(17), Some(9)));
        assert_eq!(
            (record.text("OWNER").as_deref(), record.number("X"), record.number("Y")),
            (Some("a\"b"), None, None)
        );
    }
}
