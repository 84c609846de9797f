//! A bucket, and what of it is ours.

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

/// What begins the keys of everything that belongs to runs.
const RUNS: &str = "hoist/runs/";

/// How often an object is read whose content breaks off: the call itself was answered, so it is not made again by
/// itself.
const READ_TRIES: usize = 3;

/// The note of who stored an object, among its metadata.
const OWNER: &str = "hoist-owner";

/// A bucket that is reached through a session; it must be in the session's region.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) session: Arc<AwsSession>,
    pub(super) bucket: Bucket,
}

/// An object of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its key, whole.
    pub key: String,
    /// The run that it belongs to.
    pub run: Option<String>,
    /// Its length.
    pub bytes: u64,
    /// Since when it has been there.
    pub since: Option<Timestamp>,
}

impl Store {
    /// The bucket as this session reaches it. Asks nothing yet.
    pub fn new(session: Arc<AwsSession>, bucket: Bucket) -> Self {
        Self { session, bucket }
    }

    /// The key of what has this SHA-256 and belongs to this run, or to none.
    pub fn key(&self, run: Option<&str>, sha256: &str) -> String {
        match run {
            Some(run) => self.bucket.key(&format!("{RUNS}{run}/{sha256}")),
            None => self.bucket.key(&format!("hoist/{sha256}")),
        }
    }

    /// An object, for people: `s3://BUCKET/KEY`.
    pub fn url_of(&self, key: &str) -> String {
        self.bucket.url_of(key)
    }

    /// Stores what has this SHA-256 (in hexadecimal digits), which S3 compares, with a note of who does. What is there
    /// already stays.
    pub async fn put(&self, key: &str, content: &[u8], sha256: &str, owner: Option<&str>) -> Result<(), CloudError> {
        let client = self.session.s3().await?;
        match self.send(client, key, (content, sha256), owner, Some("*")).await {
            Ok(()) => Ok(()),
            Err(problem) if problem.class() == ErrorClass::Exists => Ok(()),
            Err(problem) => Err(self.explain(&problem, &format!("store {}", self.url_of(key)))),
        }
    }

    /// Stores it in the place of what is there: for what must not be named after its content.
    pub(in crate::cloud) async fn replace(&self, key: &str, content: &[u8]) -> Result<(), CloudError> {
        let client = self.session.s3().await?;
        let sha256 = hex::encode(Sha256::digest(content));
        let sent = self.send(client, key, (content, &sha256), None, None).await;
        sent.map_err(|problem| self.explain(&problem, &format!("store {}", self.url_of(key))))
    }

    /// Stores a content that has this SHA-256. `unless` is "*" where what is there already is to stay: a key that
    /// follows from its content holds the same, and a bucket that keeps versions keeps one.
    async fn send(
        &self,
        client: &aws_sdk_s3::Client,
        key: &str,
        (content, sha256): (&[u8], &str),
        owner: Option<&str>,
        unless: Option<&str>,
    ) -> Result<(), CallError> {
        let digest = hex::decode(sha256).map(base64::encode).unwrap_or_default();
        // Headers hold no other characters.
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

    /// What is stored under a key; none where nothing is.
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

    /// What is stored for a run, or for all.
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

    /// The keys that begin with this.
    pub(in crate::cloud) async fn keys(&self, prefix: &str) -> Result<Vec<String>, CloudError> {
        Ok(self.objects(prefix).await?.into_iter().filter_map(|object| object.key).collect())
    }

    /// Everything whose key begins with this, page by page.
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

    /// Who stored it, as far as that was noted.
    pub async fn owner(&self, key: &str) -> Result<Option<String>, CloudError> {
        let client = self.session.s3().await?;
        let request = client.head_object().bucket(self.bucket.name()).key(key);
        match self.session.call(Call::s3("HeadObject"), || request.clone().send()).await {
            Ok(answer) => Ok(answer.metadata.and_then(|mut notes| notes.remove(OWNER))),
            // Gone since it was listed.
            Err(problem) if matches!(problem.code(), Some("NotFound" | "NoSuchKey")) => Ok(None),
            Err(problem) => Err(self.explain(&problem, &format!("ask whose {} is", self.url_of(key)))),
        }
    }

    /// Removes what is stored under a key; what is gone is removed.
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
