//! The location in an object store for hoist's own objects: `s3://BUCKET/PREFIX`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The maximum length of a prefix: a key has at most 1,024 bytes (Amazon S3 User Guide, "Naming Amazon S3 objects"),
/// and a run's name and a digest follow.
const LONGEST_PREFIX: usize = 512;

/// A bucket, and the prefix of all keys in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bucket {
    name: String,
    prefix: String,
}

impl Bucket {
    /// The bucket's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the key of one of our objects.
    pub fn key(&self, rest: &str) -> String {
        if self.prefix.is_empty() { rest.to_owned() } else { format!("{}/{rest}", self.prefix) }
    }

    /// Returns an object's URL, for messages: `s3://BUCKET/KEY`.
    pub fn url_of(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.name)
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url_of(&self.prefix).trim_end_matches('/'))
    }
}

/// The reason why a text is not a location in an object store, worded as the end of a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BucketError {
    /// The text does not begin with `s3://`.
    #[error("it is written s3://BUCKET or s3://BUCKET/PREFIX")]
    NoUrl,
    /// The bucket's name is invalid; the name, escaped for display.
    #[error(
        "\"{0}\" is no bucket's name: 3 to 63 small letters, digits, \"-\" and \".\", with a letter or digit at each end"
    )]
    NoBucket(String),
    /// The prefix has invalid characters.
    #[error("a prefix has letters, digits and \"/\" between its parts")]
    NoPrefix,
    /// The prefix has components that lead elsewhere.
    #[error("a part of the prefix is \".\" or \"..\"")]
    Dots,
    /// The prefix leaves no room for keys.
    #[error("its prefix has more than {LONGEST_PREFIX} characters")]
    LongPrefix,
}

impl FromStr for Bucket {
    type Err = BucketError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rest = text.strip_prefix("s3://").ok_or(BucketError::NoUrl)?;
        let (name, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        // Amazon S3 User Guide, "General purpose bucket naming rules". Names of older buckets may have other
        // characters, which no URL can contain.
        let is_end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let fits = (3..=63).contains(&name.len())
            && name.chars().all(|c| is_end(c) || matches!(c, '-' | '.'))
            && name.starts_with(is_end)
            && name.ends_with(is_end)
            && !name.contains("..");
        if !fits {
            return Err(BucketError::NoBucket(crate::diagnostics::shown(name)));
        }
        let prefix = prefix.trim_end_matches('/');
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "!-_.*'()/=+@".contains(c);
        if !prefix.chars().all(is_plain) || prefix.starts_with('/') || prefix.contains("//") {
            return Err(BucketError::NoPrefix);
        }
        if prefix.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(BucketError::Dots);
        }
        if prefix.len() > LONGEST_PREFIX {
            return Err(BucketError::LongPrefix);
        }
        Ok(Self { name: name.to_owned(), prefix: prefix.to_owned() })
    }
}

impl TryFrom<String> for Bucket {
    type Error = BucketError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Bucket> for String {
    fn from(bucket: Bucket) -> Self {
        bucket.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_read_and_written() {
        for (text, shown, key) in [
            ("s3://my-bucket", "s3://my-bucket", "x"),
            ("s3://my-bucket/", "s3://my-bucket", "x"),
            ("s3://my.bucket.1/a/b/", "s3://my.bucket.1/a/b", "a/b/x"),
        ] {
            let bucket: Bucket = text.parse().unwrap();
            assert_eq!((bucket.to_string().as_str(), bucket.key("x").as_str()), (shown, key));
            assert_eq!(shown.parse::<Bucket>().unwrap(), bucket);
        }
        for bad in [
            "my-bucket",
            "https://my-bucket",
            "s3://",
            "s3://ab",
            "s3://My-Bucket",
            "s3://my..bucket",
            "s3://-ab",
            "s3://bucket//a",
            "s3://bucket/a b",
            "s3://bucket/a?x",
            "s3://bucket/../a",
        ] {
            assert!(bad.parse::<Bucket>().is_err(), "{bad}");
        }
    }
}
