//! hoist's objects in a bucket.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::Object;
use aws_smithy_types::base64;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::cloud::aws::api::{AwsSession, Call, CallError, ErrorClass};
use crate::plan::Bucket;
use crate::provider::{CloudError, CloudErrorKind};

/// Prefix of the keys of all objects of runs.
const RUNS: &str = "hoist/runs/";

/// Maximum number of reads of an object whose body breaks off: the call itself succeeded, so it is not retried
/// automatically.
const READ_TRIES: usize = 3;

/// Metadata key of the user who stored an object.
const OWNER: &str = "hoist-owner";

/// A bucket accessed through a session; it must be in the session's region.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) session: Arc<AwsSession>,
    pub(super) bucket: Bucket,
}

/// An object stored by hoist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Complete key.
    pub key: String,
    /// Run that owns the object.
    pub run: Option<String>,
    /// Length in bytes.
    pub bytes: u64,
    /// Time of its last modification.
    pub since: Option<Timestamp>,
}

impl Store {
    /// Creates access to the bucket through this session. Requests nothing yet.
    pub fn new(session: Arc<AwsSession>, bucket: Bucket) -> Self {
        Self { session, bucket }
    }

    /// Returns the key of the content with this SHA-256 that belongs to this run, or to no run.
    pub fn key(&self, run: Option<&str>, sha256: &str) -> String {
        match run {
            Some(run) => self.bucket.key(&format!("{RUNS}{run}/{sha256}")),
            None => self.bucket.key(&format!("hoist/{sha256}")),
        }
    }

    /// Returns the URL of an object for people: `s3://BUCKET/KEY`.
    pub fn url_of(&self, key: &str) -> String {
        self.bucket.url_of(key)
    }

    /// Stores content with this SHA-256 (in hexadecimal digits), which S3 verifies, and notes its owner. An existing
    /// object stays.
    pub async fn put(&self, key: &str, content: &[u8], sha256: &str, owner: Option<&str>) -> Result<(), CloudError> {
        let client = self.session.s3().await?;
        match self.send(client, key, (content, sha256), owner, Some("*")).await {
            Ok(()) => Ok(()),
            Err(problem) if problem.class() == ErrorClass::Exists => Ok(()),
            Err(problem) => Err(self.explain(&problem, &format!("store {}", self.url_of(key)))),
        }
    }

    /// Stores content in place of an existing object: for keys that must not be derived from the content.
    pub(in crate::cloud) async fn replace(&self, key: &str, content: &[u8]) -> Result<(), CloudError> {
        let client = self.session.s3().await?;
        let sha256 = hex::encode(Sha256::digest(content));
        let sent = self.send(client, key, (content, &sha256), None, None).await;
        sent.map_err(|problem| self.explain(&problem, &format!("store {}", self.url_of(key))))
    }

    /// Stores content with this SHA-256. `unless` is "*" if an existing object is to stay: a key derived from its
    /// content holds the same, and a versioned bucket keeps only one version.
    async fn send(
        &self,
        client: &aws_sdk_s3::Client,
        key: &str,
        (content, sha256): (&[u8], &str),
        owner: Option<&str>,
        unless: Option<&str>,
    ) -> Result<(), CallError> {
        let digest = hex::decode(sha256).map(base64::encode).unwrap_or_default();
        // Header values may contain only these characters.
        let owner = owner.filter(|owner| owner.bytes().all(|byte| byte.is_ascii_graphic()));
        let send = || {
            client
                .put_object()
                .bucket(self.bucket.name())
                .key(key)
                .body(ByteStream::from(content.to_vec()))
                .checksum_sha256(&digest)
                .set_metadata(owner.map(|owner| HashMap::from([(OWNER.to_owned(), owner.to_owned())])))
                .content_type("application/octet-stream")
                .set_if_none_match(unless.map(str::to_owned))
                .send()
        };
        self.session.call(Call::s3("PutObject"), send).await.map(drop)
    }

    /// Returns the object with this key; `None` if there is none.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, CloudError> {
        let client = self.session.s3().await?;
        let request = client.get_object().bucket(self.bucket.name()).key(key);
        let doing = format!("read {}", self.url_of(key));
        let mut tries = 0;
        loop {
            tries += 1;
            let answer = match self.session.call(Call::s3("GetObject"), || request.clone().send()).await {
                Ok(answer) => answer,
                Err(problem) if problem.code() == Some("NoSuchKey") => return Ok(None),
                Err(problem) => return Err(self.explain(&problem, &doing)),
            };
            match answer.body.collect().await {
                Ok(body) => return Ok(Some(body.to_vec())),
                Err(_) if tries < READ_TRIES => {}
                Err(error) => {
                    let message = format!("cannot {doing}: the connection broke {tries} times ({error})");
                    return Err(CloudError::new(CloudErrorKind::Transient, message));
                }
            }
        }
    }

    /// Lists the objects of a run, or of all runs.
    pub async fn list(&self, run: Option<&str>) -> Result<Vec<Stored>, CloudError> {
        let runs = self.bucket.key(RUNS);
        let prefix = run.map_or_else(|| runs.clone(), |run| format!("{runs}{run}/"));
        let stored = |object: Object| {
            let key = object.key?;
            let run = key.strip_prefix(&runs)?.split_once('/').map(|(run, _)| run.to_owned());
            let since = object.last_modified.and_then(|at| Timestamp::from_second(at.secs()).ok());
            Some(Stored { run, bytes: object.size.and_then(|size| size.try_into().ok()).unwrap_or(0), since, key })
        };
        Ok(self.objects(&prefix).await?.into_iter().filter_map(stored).collect())
    }

    /// Returns the keys with this prefix.
    pub(in crate::cloud) async fn keys(&self, prefix: &str) -> Result<Vec<String>, CloudError> {
        Ok(self.objects(prefix).await?.into_iter().filter_map(|object| object.key).collect())
    }

    /// Returns the keys with this prefix of objects that were stored before this time.
    pub(in crate::cloud) async fn keys_before(&self, prefix: &str, time: Timestamp) -> Result<Vec<String>, CloudError> {
        let is_old = |object: &Object| object.last_modified.is_none_or(|at| at.secs() < time.as_second());
        Ok(self.objects(prefix).await?.into_iter().filter(is_old).filter_map(|object| object.key).collect())
    }

    /// Returns all objects whose keys have this prefix, page by page.
    async fn objects(&self, prefix: &str) -> Result<Vec<Object>, CloudError> {
        let client = self.session.s3().await?;
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let request =
                client.list_objects_v2().bucket(self.bucket.name()).prefix(prefix).set_continuation_token(next);
            let answer = self.session.call(Call::s3("ListObjectsV2"), || request.clone().send()).await;
            let answer = answer.map_err(|problem| self.explain(&problem, &format!("list {}", self.url_of(prefix))))?;
            found.extend(answer.contents.unwrap_or_default());
            next = answer.next_continuation_token;
            if next.is_none() {
                return Ok(found);
            }
        }
    }

    /// Returns the user who stored the object, if that was noted.
    pub async fn owner(&self, key: &str) -> Result<Option<String>, CloudError> {
        let client = self.session.s3().await?;
        let request = client.head_object().bucket(self.bucket.name()).key(key);
        match self.session.call(Call::s3("HeadObject"), || request.clone().send()).await {
            Ok(answer) => Ok(answer.metadata.and_then(|mut notes| notes.remove(OWNER))),
            // Removed after it was listed.
            Err(problem) if matches!(problem.code(), Some("NotFound" | "NoSuchKey")) => Ok(None),
            Err(problem) => Err(self.explain(&problem, &format!("ask whose {} is", self.url_of(key)))),
        }
    }

    /// Removes the object with this key; a missing one is no error.
    pub async fn delete(&self, key: &str) -> Result<(), CloudError> {
        let client = self.session.s3().await?;
        let request = client.delete_object().bucket(self.bucket.name()).key(key);
        match self.session.call(Call::s3("DeleteObject"), || request.clone().send()).await {
            Err(problem) if problem.code() != Some("NoSuchKey") => {
                Err(self.explain(&problem, &format!("remove {}", self.url_of(key))))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn explain(&self, problem: &CallError, doing: &str) -> CloudError {
        problem.explain(&self.session.storage_scene(), doing)
    }
}
