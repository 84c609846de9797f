//! The files of an annex in the set-up's bucket.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::StackCloud;
use crate::annex::AnnexId;
use crate::cloud::aws::annex::Setup;
use crate::cloud::aws::s3::Store;
use crate::plan::Bucket;
use crate::provider::{CloudError, CloudErrorKind};

/// Something that machines, or CloudFormation, read from the bucket.
#[derive(Clone)]
pub(super) struct File {
    key: String,
    content: Vec<u8>,
    /// The SHA-256 of the content, where the key follows from it.
    sha256: Option<String>,
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

impl StackCloud {
    /// Stores these files; those that are there stay.
    pub(super) async fn upload(&self, setup: &Setup, files: &[File]) -> Result<(), CloudError> {
        let store = self.store(setup)?;
        for file in files {
            match &file.sha256 {
                Some(sha256) => store.put(&file.key, &file.content, sha256, None).await?,
                None => store.replace(&file.key, &file.content).await?,
            }
        }
        Ok(())
    }

    /// What is stored of an annex under this name; none where nothing is.
    pub(super) async fn stored(&self, id: &AnnexId, setup: &Setup, name: &str) -> Result<Option<Vec<u8>>, CloudError> {
        self.store(setup)?.get(&format!("{}{name}", id.prefix())).await
    }

    /// The files of an annex, for people.
    pub(super) async fn kept_files(&self, id: &AnnexId, setup: &Setup) -> Result<Vec<String>, CloudError> {
        let store = self.store(setup)?;
        Ok(store.keys(&id.prefix()).await?.iter().map(|key| store.url_of(key)).collect())
    }

    /// Removes all files of an annex.
    pub(super) async fn remove_files(&self, id: &AnnexId, setup: &Setup) -> Result<(), CloudError> {
        let store = self.store(setup)?;
        for key in store.keys(&id.prefix()).await? {
            store.delete(&key).await?;
        }
        Ok(())
    }

    fn store(&self, setup: &Setup) -> Result<Store, CloudError> {
        let bucket: Bucket = format!("s3://{}", setup.bucket).parse().map_err(|why| {
            let message = format!("the set-up names the bucket {:?}: {why}", setup.bucket);
            CloudError::new(CloudErrorKind::Rejected, message)
                .hint("`hoist annex check-setup` says what is wrong with it")
        })?;
        Ok(Store::new(Arc::clone(&self.session), bucket))
    }
}
