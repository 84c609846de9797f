//! Names and identities of fleets.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::elastic::fleet::{fleet_name_rule, is_fleet_name};

/// The tag of the run or annex that a fleet belongs to: the run's tag.
pub const TAG_PARENT: &str = "hoist:parent";

/// The tag of workers whose scaler runs on the machine of a run's service: the name of that service.
pub const TAG_PARENT_SERVICE: &str = "hoist:parent-service";

/// The name of a fleet: letters, digits, ".", "_" and "-", the first one a letter or a digit, at most 100 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FleetName(String);

/// Text that is not a valid name of a fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", fleet_name_rule())]
pub struct NoFleetName;

impl FleetName {
    /// Returns the name as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FleetName {
    type Err = NoFleetName;

    fn from_str(text: &str) -> Result<Self, NoFleetName> {
        if is_fleet_name(text) { Ok(Self(text.to_owned())) } else { Err(NoFleetName) }
    }
}

impl TryFrom<String> for FleetName {
    type Error = NoFleetName;

    fn try_from(text: String) -> Result<Self, NoFleetName> {
        text.parse()
    }
}

impl From<FleetName> for String {
    fn from(name: FleetName) -> Self {
        name.0
    }
}

impl fmt::Display for FleetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The identity of a fleet: its name and a nonce, which tells it from other fleets of the same name, of another time or
/// another state file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FleetId {
    /// The fleet's name.
    pub name: FleetName,
    /// The nonce: twelve hexadecimal digits.
    pub nonce: String,
}

impl FleetId {
    /// The beginning of every tag, by which fleets and runs are told apart.
    pub const PREFIX: &str = "fleet/";

    /// Returns the value of [`crate::provider::TAG_FLEET`] and, so that whatever finds the instances of a run finds
    /// those of a fleet, of [`crate::provider::TAG_RUN`]: `fleet/NAME/NONCE`. It is never a prefix of another fleet's.
    pub fn tag(&self) -> String {
        format!("{}{}/{}", Self::PREFIX, self.name, self.nonce)
    }

    /// Parses a [`FleetId::tag`].
    pub fn of_tag(tag: &str) -> Option<Self> {
        let (name, nonce) = tag.strip_prefix(Self::PREFIX)?.split_once('/')?;
        let is_nonce = nonce.len() == 12 && nonce.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        Some(Self { name: name.parse().ok().filter(|_| is_nonce)?, nonce: nonce.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_back_and_others_are_not() {
        let id = FleetId { name: "render.night".parse().unwrap(), nonce: "0123456789ab".into() };
        assert_eq!(id.tag(), "fleet/render.night/0123456789ab");
        assert_eq!(FleetId::of_tag(&id.tag()), Some(id));
        for tag in ["web-0123456789ab", "fleet/a/0123", "fleet//0123456789ab", "fleet/a/0123456789AB", "fleet/a"] {
            assert_eq!(FleetId::of_tag(tag), None, "{tag}");
        }
    }

    #[test]
    fn names_that_a_cloud_could_not_hold_are_refused() {
        for name in ["", "-a", "a b", "a/b", "ä", &"a".repeat(101)] {
            assert_eq!(name.parse::<FleetName>(), Err(NoFleetName), "{name}");
        }
        assert!("9-nodes_of.pool".parse::<FleetName>().is_ok());
    }
}
