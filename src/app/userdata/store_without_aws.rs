//! Substitute for the storage of too large user data in a build without AWS.

use crate::app::{CommandError, Operation};
use crate::cloud::without_aws;
use crate::plan::Bucket;

/// Always fails: there is no bucket to store it in.
pub(super) async fn store(_op: Operation<'_>, _bucket: &Bucket, _data: &[u8]) -> Result<Vec<u8>, CommandError> {
    Err(without_aws("cannot store user data in a bucket").into())
}
