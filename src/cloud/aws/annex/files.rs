//! The files of an annex in the set-up's bucket.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;

use super::bucket_file::File;
use crate::annex::{AnnexId, AnnexName};
use crate::cloud::aws::annex::Setup;
use crate::cloud::aws::api::AwsSession;
use crate::cloud::aws::s3::Store;
use crate::plan::Bucket;
use crate::provider::{CloudError, CloudErrorKind};

/// Stores, reads and removes the files of annexes.
#[derive(Clone)]
pub(super) struct AnnexFiles {
    session: Arc<AwsSession>,
}

impl AnnexFiles {
    /// Creates access to files through this session. Requests nothing yet.
    pub(super) fn new(session: Arc<AwsSession>) -> Self {
        Self { session }
    }

    /// Stores these files. Existing files named by content stay; others are replaced.
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

    /// Returns the annex's file of this name; `None` if there is none.
    pub(super) async fn stored(&self, id: &AnnexId, setup: &Setup, name: &str) -> Result<Option<Vec<u8>>, CloudError> {
        self.store(setup)?.get(&format!("{}{name}", id.prefix())).await
    }

    /// Returns the annex's files whose names begin like this, by the rest of their names.
    pub(super) async fn all_stored(
        &self,
        id: &AnnexId,
        setup: &Setup,
        start: &str,
    ) -> Result<Vec<(String, Vec<u8>)>, CloudError> {
        let (store, prefix) = (self.store(setup)?, format!("{}{start}", id.prefix()));
        let mut files = Vec::new();
        for key in store.keys(&prefix).await? {
            // One that was removed meanwhile is none.
            if let Some((name, content)) = key.strip_prefix(&prefix).zip(store.get(&key).await?) {
                files.push((name.to_owned(), content));
            }
        }
        Ok(files)
    }

    /// Returns the URLs of an annex's files, for people.
    pub(super) async fn list(&self, id: &AnnexId, setup: &Setup) -> Result<Vec<String>, CloudError> {
        let store = self.store(setup)?;
        Ok(store.keys(&id.prefix()).await?.iter().map(|key| store.url_of(key)).collect())
    }

    /// Returns the annexes that have files in the bucket from before this time.
    pub(super) async fn annexes(&self, setup: &Setup, before: Timestamp) -> Result<BTreeSet<AnnexId>, CloudError> {
        let keys = self.store(setup)?.keys_before(AnnexName::FILES, before).await?;
        Ok(keys.iter().filter_map(|key| AnnexId::of_key(key)).collect())
    }

    /// Removes all files of an annex.
    pub(super) async fn remove_all(&self, id: &AnnexId, setup: &Setup) -> Result<(), CloudError> {
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
