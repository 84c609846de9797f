//! The notation of ads in stored observations: `[ Name = expression; … ]`.

use std::sync::Arc;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use crate::classad::ClassAd;

/// Writes an ad as text.
pub(super) fn serialize<S: Serializer>(ad: &Arc<ClassAd>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(ad)
}

/// Reads an ad from text.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<ClassAd>, D::Error> {
    let text = String::deserialize(deserializer)?;
    ClassAd::from_new_text(&text).map(Arc::new).map_err(D::Error::custom)
}
