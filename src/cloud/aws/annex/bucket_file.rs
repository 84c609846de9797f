//! A file for the set-up's bucket.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::annex::AnnexId;

/// A file in the bucket that instances or CloudFormation read.
#[derive(Clone)]
pub(super) struct File {
    pub(super) key: String,
    pub(super) content: Vec<u8>,
    /// SHA-256 of the content, where the key is derived from it.
    pub(super) sha256: Option<String>,
}

impl File {
    /// Creates a file named after its content: storing it again changes nothing, and files named by earlier versions of
    /// the annex stay as they were.
    pub(super) fn by_content(id: &AnnexId, kind: &str, content: Vec<u8>) -> Self {
        let sha256 = hex::encode(Sha256::digest(&content));
        Self { key: format!("{}{kind}/{sha256}", id.prefix()), content, sha256: Some(sha256) }
    }

    /// Creates a file under a fixed name, replaced when its content changes.
    pub(super) fn named(id: &AnnexId, name: &str, content: Vec<u8>) -> Self {
        Self { key: format!("{}{name}", id.prefix()), content, sha256: None }
    }

    /// Creates a secret. Its name is not derived from its content: names appear in user data, and a password could be
    /// guessed from its digest.
    pub(super) fn secret(id: &AnnexId, name: &str, content: Vec<u8>) -> Self {
        Self::named(id, name, content)
    }

    /// Returns the key in the bucket.
    pub(super) fn key(&self) -> &str {
        &self.key
    }
}

/// Omits the content, which may be a password.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("key", &self.key).field("bytes", &self.content.len()).finish()
    }
}
