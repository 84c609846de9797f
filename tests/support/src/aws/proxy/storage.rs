//! The store of objects as moto has it, past all faults and past the log: to prepare a test, or to see what came of it.

use std::sync::Arc;

use super::shared::Shared;
use super::xml::Element;
use super::{FaultProxy, REGION};
use crate::aws::Answer;

/// A bucket of its own for a test.
#[derive(Clone)]
pub struct TestBucket {
    shared: Arc<Shared>,
    pub name: String,
}

impl FaultProxy {
    /// Makes a bucket that no other test has.
    pub fn bucket(&self) -> TestBucket {
        let shared = Arc::clone(&self.cloud.shared);
        let bucket = TestBucket { name: format!("spill-{}", shared.account.number), shared };
        bucket.ask("PUT", "", b"");
        bucket
    }

    /// A bucket that is there.
    pub fn bucket_named(&self, name: &str) -> TestBucket {
        TestBucket { name: name.to_owned(), shared: Arc::clone(&self.cloud.shared) }
    }
}

impl TestBucket {
    /// The keys of what is in it, in order.
    pub fn keys(&self) -> Vec<String> {
        let answer = self.ask("GET", "?list-type=2", b"");
        let list = Element::parse(&answer.text()).unwrap();
        let objects = list.children.iter().filter(|child| child.name == "Contents");
        objects.map(|object| object.get("Key").to_owned()).collect()
    }

    pub fn content(&self, key: &str) -> Vec<u8> {
        self.ask("GET", &format!("/{key}"), b"").body
    }

    /// Puts something else in the place of everything that is in it.
    pub fn replace_all(&self, content: &[u8]) {
        for key in self.keys() {
            self.ask("PUT", &format!("/{key}"), content);
        }
    }

    /// Puts something into it that this owner noted as his own.
    pub fn put(&self, key: &str, content: &[u8], owner: &str) {
        self.ask_with(&[("x-amz-meta-hoist-owner", owner.to_owned())], "PUT", &format!("/{key}"), content);
    }

    /// Removes a setting of it, such as `?encryption`.
    pub fn remove(&self, setting: &str) {
        self.ask("DELETE", setting, b"");
    }

    fn ask(&self, method: &str, rest: &str, body: &[u8]) -> Answer {
        self.ask_with(&[], method, rest, body)
    }

    fn ask_with(&self, more: &[(&str, String)], method: &str, rest: &str, body: &[u8]) -> Answer {
        let scope = format!("AKIATEST/20260101/{REGION}/s3/aws4_request");
        let headers = [
            ("host", format!("s3.{REGION}.amazonaws.com")),
            ("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0")),
        ];
        let headers: Vec<(String, String)> =
            headers.iter().chain(more).map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let answer = self.shared.send(method, &format!("/{}{rest}", self.name), &headers, body);
        assert!(answer.status < 300, "{method} {rest}: {} {}", answer.status, answer.text());
        answer
    }
}
