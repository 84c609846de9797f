//! Checks that a bucket is usable before a launch needs it.

use super::Store;
use super::signed::SHORTEST_VALIDITY;
use crate::os::random_hex;
use crate::provider::{CloudError, CloudErrorKind};
use crate::user_data::Spill;

/// Lists, stores, reads, removes and signs once, which shows a missing bucket, a wrong region or a missing permission.
/// The object has a few bytes, belongs to a run named `probe`, and is removed again.
pub async fn probe(store: &Store) -> Result<(), CloudError> {
    store.list(Some("probe")).await?;
    let refused = |message: String| CloudError::new(CloudErrorKind::Rejected, message);
    // A content of its own, or concurrent probes would remove each other's object.
    let random = random_hex(16).map_err(|error| refused(format!("cannot make a random number: {error}")))?;
    let spill = Spill::of(format!("#!/bin/sh\n# {random}\n").as_bytes()).map_err(|error| refused(error.to_string()))?;
    let key = store.key(Some("probe"), spill.sha256());
    store.put(&key, spill.content(), spill.sha256(), None).await?;
    let read = store.get(&key).await;
    let removed = store.delete(&key).await;
    // With permission to list but not to read, S3 reports a missing key as such.
    if read?.as_deref() != Some(spill.content()) {
        let message = format!("{} gives back something else than what was stored in it", store.url_of(&key));
        return Err(refused(message).hint("does something else write to the bucket?"));
    }
    removed?;
    store.sign(&key, SHORTEST_VALIDITY).await?;
    Ok(())
}
