//! A file for the set-up's bucket.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::annex::AnnexId;

/// Something that machines, or CloudFormation, read from the bucket.
#[derive(Clone)]
pub(super) struct File {
    pub(super) key: String,
    pub(super) content: Vec<u8>,
    /// The SHA-256 of the content, where the key follows from it.
    pub(super) sha256: Option<String>,
}

impl File {
    /// A file that is named after its content: stored again, it is the same, and what an earlier version of the annex
    /// names stays what it was.
    pub(super) fn by_content(id: &AnnexId, kind: &str, content: Vec<u8>) -> Self {
        let sha256 = hex::encode(Sha256::digest(&content));
        Self { key: format!("{}{kind}/{sha256}", id.prefix()), content, sha256: Some(sha256) }
    }

    /// What is kept under a name that says what it is, and replaced when that is something else.
    pub(super) fn named(id: &AnnexId, name: &str, content: Vec<u8>) -> Self {
        Self { key: format!("{}{name}", id.prefix()), content, sha256: None }
    }

    /// A secret: its name tells nothing of it, since names stand in user data, and a password could be guessed by its
    /// digest.
    pub(super) fn secret(id: &AnnexId, name: &str, content: Vec<u8>) -> Self {
        Self::named(id, name, content)
    }

    /// Its key in the bucket.
    pub(super) fn key(&self) -> &str {
        &self.key
    }
}

/// Without its content, which may be a password.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("key", &self.key).field("bytes", &self.content.len()).finish()
    }
}
