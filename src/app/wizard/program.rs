//! The program that runs here, for a master: read once, and put into a bucket if the answers say so.

use sha2::{Digest as _, Sha256};

use super::program_store::store;
use crate::app::{CommandError, Operation};
use crate::wizard::{Answers, Binary, CloudKind, Scaler, is_copied};

/// The program that runs here.
pub(crate) struct Program {
    bytes: Vec<u8>,
    sha256: String,
}

impl Program {
    /// Reads the program, if the master of these answers is to run it.
    pub(crate) fn needed(answers: &Answers) -> Result<Option<Self>, CommandError> {
        let is_needed =
            answers.cloud != CloudKind::Local && matches!(answers.scaler, Scaler::Hoist(Binary::Own { .. }));
        if !is_needed {
            return Ok(None);
        }
        let read = std::env::current_exe().and_then(std::fs::read);
        let bytes =
            read.map_err(|error| CommandError::new(format!("cannot read the program that runs here: {error}")))?;
        let sha256 = hex::encode(Sha256::digest(&bytes));
        Ok(Some(Self { bytes, sha256 }))
    }

    /// Returns the program where it is copied to the master by SSH.
    pub(crate) fn copied(&self, answers: &Answers) -> Option<&[u8]> {
        is_copied(answers).then_some(self.bytes.as_slice())
    }

    /// Returns the answers with the place in the bucket where the program will be, without putting it there.
    pub(crate) fn foreseen(&self, answers: &Answers) -> Answers {
        let Some(bucket) = bucket(answers) else { return answers.clone() };
        let scheme = if answers.master_profile.is_some() { "s3" } else { "https" };
        let place = bucket.trim_start_matches("s3://");
        at(answers, format!("{scheme}://{place}/hoist/{}", self.sha256), &self.sha256)
    }

    /// Puts the program into the bucket, if the answers name one, and returns them with its place there.
    pub(crate) async fn placed(&self, op: Operation<'_>, answers: &Answers) -> Result<Answers, CommandError> {
        let Some(bucket) = bucket(answers) else { return Ok(answers.clone()) };
        let source = store(op, answers, bucket, (&self.bytes, &self.sha256)).await?;
        Ok(at(answers, source, &self.sha256))
    }
}

fn bucket(answers: &Answers) -> Option<&str> {
    match &answers.scaler {
        Scaler::Hoist(Binary::Own { bucket }) => bucket.as_deref(),
        _ => None,
    }
}

fn at(answers: &Answers, source: String, sha256: &str) -> Answers {
    Answers { scaler: Scaler::Hoist(Binary::At { source, sha256: sha256.to_owned() }), ..answers.clone() }
}
