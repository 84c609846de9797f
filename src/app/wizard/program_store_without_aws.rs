//! Substitute for the storage of the program in a build without AWS.

use crate::app::{CommandError, Operation};
use crate::cloud::without_aws;
use crate::wizard::Answers;

/// Always fails: there is no bucket to put it into.
pub(super) async fn store(
    _op: Operation<'_>,
    _answers: &Answers,
    _bucket: &str,
    _program: (&[u8], &str),
) -> Result<String, CommandError> {
    Err(without_aws("cannot put this program into a bucket").into())
}
