//! A request that its method's description allows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::GoogleError;
use super::place::Place;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// `compute.instances.insert`.
    pub method: String,
    /// The parameters of the path, and their order.
    pub path: BTreeMap<String, String>,
    pub order: Vec<String>,
    pub query: BTreeMap<String, String>,
    /// Null when the method takes none.
    pub body: Value,
    /// What is uploaded.
    pub media: Option<Media>,
}

/// Content that is sent as it is.
#[derive(Clone, Debug)]
pub(super) struct Media {
    pub content: Vec<u8>,
    /// Its media type, as the request names it.
    pub kind: String,
}

impl Ask {
    pub(super) fn named(&self, parameter: &str) -> &str {
        self.path.get(parameter).map_or("", String::as_str)
    }

    pub(super) fn asked(&self, parameter: &str) -> Option<&str> {
        self.query.get(parameter).map(String::as_str)
    }

    /// `instances` of `compute.instances.insert`, and `insert`.
    pub(super) fn resource(&self) -> (&str, &str) {
        let rest = self.method.split_once('.').map_or("", |(_, rest)| rest);
        rest.split_once('.').unwrap_or((rest, ""))
    }

    /// `zones/Z`, `regions/R` or `global`, as the path says before the thing itself.
    pub(super) fn scope(&self) -> String {
        let place = |kind: &str, parameter: &str| format!("{kind}/{}", self.named(parameter));
        match self.order.get(1).map(String::as_str) {
            // Zones and regions are in no scope.
            _ if matches!(self.resource().0, "zones" | "regions") => "global".to_owned(),
            Some("zone") => place("zones", "zone"),
            Some("region") => place("regions", "region"),
            _ => "global".to_owned(),
        }
    }

    /// The instance that the path names.
    pub(super) fn instance(&self) -> Place {
        Place::new(self.named("zone"), self.named("instance"))
    }

    /// `requestId`, which is a UUID other than that of zeros.
    pub(super) fn request_id(&self) -> Result<Option<&str>, GoogleError> {
        let Some(id) = self.asked("requestId") else { return Ok(None) };
        let right = id.len() == 36
            && id
                .char_indices()
                .all(|(at, c)| if matches!(at, 8 | 13 | 18 | 23) { c == '-' } else { c.is_ascii_hexdigit() })
            && id.chars().any(|c| c != '0' && c != '-');
        if right {
            return Ok(Some(id));
        }
        Err(GoogleError::invalid("requestId", id, "Must be a valid UUID other than zero."))
    }
}
