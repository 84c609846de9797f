//! Whether a bucket can be used, before anything is launched that needs it.

use super::Store;
use super::signed::SHORTEST_VALIDITY;
use crate::os::random_hex;
use crate::provider::{CloudError, CloudErrorKind};
use crate::user_data::Spill;

/// Lists, stores, reads, signs and removes once, and so finds what is missing: the bucket, its region, a
/// permission. What it stores is a few bytes, for a run called `probe`, and is gone again.
pub async fn probe(store: &Store) -> Result<(), CloudError> {
    store.list(Some("probe")).await?;
    let refused = |message: String| CloudError::new(CloudErrorKind::Rejected, message);
    // Nobody else's, or the one would remove what the other reads.
    let random = random_hex(16).map_err(|error| refused(format!("cannot make a random number: {error}")))?;
    let spill = Spill::of(format!("#!/bin/sh\n# {random}\n").as_bytes()).map_err(|error| refused(error.to_string()))?;
    let key = store.key(Some("probe"), spill.sha256());
    store.put(&key, spill.content(), spill.sha256(), None).await?;
    let read = store.get(&key).await;
    let removed = store.delete(&key).await;
    // Whoever may list, but not read, is told as much for a key that is not there.
    if read?.as_deref() != Some(spill.content()) {
        let message = format!("{} gives back something else than what was stored in it", store.url_of(&key));
        return Err(refused(message).hint("does something else write to the bucket?"));
    }
    removed?;
    store.sign(&key, SHORTEST_VALIDITY).await?;
    Ok(())
}
