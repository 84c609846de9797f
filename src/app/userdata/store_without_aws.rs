//! User data that is too large to be given to a machine, in a program that was built without AWS.

use crate::app::{CommandError, Operation};
use crate::cloud::without_aws;
use crate::plan::Bucket;

/// Refuses to: there is no bucket to store it in.
pub(super) async fn store(_op: Operation<'_>, _bucket: &Bucket, _data: &[u8]) -> Result<Vec<u8>, CommandError> {
    Err(without_aws("cannot store user data in a bucket").into())
}
