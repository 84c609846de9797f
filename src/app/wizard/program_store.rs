//! The program in a bucket, for a master that fetches it from there.

use std::sync::Arc;

use jiff::SignedDuration;
use secrecy::ExposeSecret as _;

use crate::app::{CommandError, Operation, aws};
use crate::cloud::aws::s3::{Store, probe};
use crate::plan::{Bucket, CloudConfig};
use crate::report::time::local;
use crate::wizard::Answers;

/// Validity of the address for a master without a role: it may be launched later, so it is as long as S3 signs for.
const VALIDITY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Puts the program with this SHA-256 into the bucket, and returns where the master finds it: by its role, or by a
/// signed address if it has none.
pub(super) async fn store(
    op: Operation<'_>,
    answers: &Answers,
    bucket: &str,
    (program, sha256): (&[u8], &str),
) -> Result<String, CommandError> {
    let bucket: Bucket = bucket.parse().map_err(|error| CommandError::new(format!("{bucket}: {error}")))?;
    let own = op.workspace.clouds.ec2_config();
    let config = CloudConfig {
        region: answers.region.clone().or_else(|| own.region.clone()),
        endpoint: answers.endpoint.clone().or_else(|| own.endpoint.clone()),
        ..own
    };
    let session = aws(op.workspace)?.session(&config);
    let store = Store::new(Arc::clone(&session), bucket);
    let key = store.key(None, sha256);
    probe(&store).await?;
    store.put(&key, program, sha256, None).await?;
    let stored = store.url_of(&key);
    let remove = format!("aws s3 rm {stored}");
    if answers.master_profile.is_some() {
        op.user
            .tell(&format!("put this program into {stored}; remove it ({remove}) once no master is launched with it"));
        return Ok(stored);
    }
    let address = store.sign(&key, VALIDITY).await?;
    op.user.tell(&format!(
        "put this program into {stored}, where the master fetches it until {}; a master that is launched later needs the wizard \
         again; remove it ({remove}) once no master is launched with it",
        local(address.until)
    ));
    Ok(address.url.expose_secret().to_owned())
}
