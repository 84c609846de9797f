//! Storage of user data that is too large for an instance, and the first stage in its place.

use std::sync::Arc;

use jiff::SignedDuration;
use secrecy::ExposeSecret as _;

use crate::app::{CommandError, Operation, aws};
use crate::cloud::aws::s3::{Store, probe};
use crate::plan::Bucket;
use crate::report::time::local;
use crate::user_data::{Spill, write_message};

/// Validity of the address: the time of use is unknown, so it is as long as S3 signs for.
const VALIDITY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Stores the user data in the bucket, and returns the first stage that fetches it.
pub(super) async fn store(op: Operation<'_>, bucket: &Bucket, data: &[u8]) -> Result<Vec<u8>, CommandError> {
    let spill = Spill::of(data).map_err(|error| CommandError::new(error.to_string()))?;
    let session = aws(op.workspace)?.session(&op.workspace.clouds.ec2_config());
    let store = Store::new(Arc::clone(&session), bucket.clone());
    let key = store.key(None, spill.sha256());
    probe(&store).await?;
    store.put(&key, spill.content(), spill.sha256(), None).await?;
    let address = store.sign(&key, VALIDITY).await?;
    let stored = store.url_of(&key);
    op.user.tell(&format!(
        "stored {stored} ({} bytes). Machines can fetch it until {}. Whoever has what was written here can fetch it, too; remove \
         it (aws s3 rm {stored}) once no machine is launched with it any more",
        spill.content().len(),
        local(address.until),
    ));
    Ok(write_message(spill.first_stage(&stored, address.url.expose_secret())))
}
