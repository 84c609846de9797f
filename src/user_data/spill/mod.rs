//! User data that is too large for a launch: it is stored elsewhere, and a small first stage is passed to the machine
//! instead.
//!
//! cloud-init has three ways to load user data from elsewhere. `#include` fetches it without verification, and before
//! anything that could verify it runs. A boot hook can fetch and verify, but cannot add cloud-config any more, which is
//! settled when boot hooks run. A part handler (cloud-init's documentation, "Part handler") can do all of it: it runs
//! while cloud-init goes through the parts, so the first stage is a handler (`handler.py`) and one part for it. The
//! handler fetches the user data, compares its SHA-256 before any further processing, and has cloud-init go through it
//! with the active handlers: scripts, boot hooks, cloud-configs and further handlers take the same way, and the same
//! order, as if they had been in the user data themselves. It keeps the fetched data, so that a reboot of the machine
//! needs no store.
//!
//! If the digest differs, none of it is run, and a failing script makes cloud-init end with an error.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::mime_writer::{self, Part};
use super::part_kind::{NoPart, PartKind};
use super::size_limit::compress;

/// The content type of the part with the instructions for fetching.
pub(super) const CONTENT_TYPE: &str = "text/x-hoist-spill";

const HANDLER: &str = include_str!("handler.py");

/// User data in its stored form.
#[derive(Clone, PartialEq, Eq)]
pub struct Spill {
    content: Vec<u8>,
    sha256: String,
}

impl Spill {
    /// Converts user data to its stored form: a compressed message. The output is deterministic.
    ///
    /// # Errors
    /// cloud-init does not read the data.
    pub fn of(data: &[u8]) -> Result<Self, NoPart> {
        let part = PartKind::of(data).part("user-data", "yours", data)?;
        let content = compress(&mime_writer::write([part]));
        let sha256 = hex::encode(Sha256::digest(&content));
        Ok(Self { content, sha256 })
    }

    /// Returns the data to store.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// Returns the SHA-256 of the stored data, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Returns the parts for the machine. `stored` is the location for messages; `url` fetches the data and is a
    /// secret.
    pub fn first_stage(&self, stored: &str, url: &str) -> [Part; 2] {
        let what = json!({"url": url, "sha256": self.sha256, "bytes": self.content.len(), "stored": stored});
        [
            Part::new("text/part-handler", "hoist-spill.py", "first stage", HANDLER.into()),
            Part::new(CONTENT_TYPE, "hoist-spill", "address", format!("{what:#}\n").into_bytes()),
        ]
    }
}

/// Omits the content, which may be confidential.
impl std::fmt::Debug for Spill {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spill").field("bytes", &self.content.len()).field("sha256", &self.sha256).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::mime_reader::sections;
    use super::super::part_kind::unpack;
    use super::super::size_limit::LIMIT;
    use super::*;

    #[test]
    fn what_is_stored_is_the_whole_and_always_the_same() {
        let data = format!("#!/bin/sh\n# Grüße\n{}", "echo\n".repeat(100_000));
        let spill = Spill::of(data.as_bytes()).unwrap();
        assert_eq!(spill, Spill::of(data.as_bytes()).unwrap());
        assert_ne!(spill.sha256(), Spill::of(format!("{data}#").as_bytes()).unwrap().sha256());
        let (parts, problems) = sections(&unpack(spill.content()).unwrap());
        assert_eq!((parts.len(), problems), (1, Vec::new()));
        assert_eq!((parts[0].content_type.as_str(), parts[0].content == data.as_bytes()), ("text/x-shellscript", true));
        assert!(matches!(Spill::of(b"<powershell>"), Err(NoPart::Foreign(kind)) if kind.contains("<powershell>")));
    }

    #[test]
    fn the_first_stage_fits_with_room_for_the_longest_address() {
        let spill = Spill::of(b"#!/bin/sh\n").unwrap();
        let parts = spill.first_stage("s3://bucket/key", &"x".repeat(4096));
        let message = mime_writer::write(parts);
        assert!(message.len() < LIMIT - 2048, "{}", message.len());
    }

    #[test]
    fn no_secret_is_shown_by_accident() {
        let spill = Spill::of(b"#!/bin/sh\n# in the content\n").unwrap();
        let shown = format!("{spill:?} {:?}", spill.first_stage("s3://b/k", "https://the-address"));
        assert!(!shown.contains("the-address") && !shown.contains("in the content"), "{shown}");
    }
}
