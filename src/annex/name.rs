//! Names of annexes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The longest name: a stack's name has at most 128 characters (CloudFormation, `CreateStack`), and ours begin with
/// [`AnnexName::STACK_PREFIX`].
const LONGEST: usize = 100;

/// The name of an annex: letters, digits and dashes, the first one a letter, at most 100 characters. What AWS could not
/// hold is refused and never cut, so that two annexes never meet.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct AnnexName(String);

impl AnnexName {
    /// The prefix of the files of all annexes in the bucket.
    pub const FILES: &'static str = "annexes/";

    /// The prefix of the name of every annex's stack.
    pub const STACK_PREFIX: &str = "hoist-annex-";

    /// Returns the name as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name of its stack.
    pub fn stack(&self) -> String {
        format!("{}{}", Self::STACK_PREFIX, self.0)
    }

    /// Returns the prefix of its files in the bucket, with the slash at the end: without it, "foo" would also match
    /// "foobar".
    pub fn prefix(&self) -> String {
        format!("{}{}/", Self::FILES, self.0)
    }

    /// Returns a unique name of at most 64 characters (the limit of EventBridge Scheduler's schedule names).
    pub fn digest(&self) -> String {
        hex::encode(&Sha256::digest(self.0.as_bytes())[..20])
    }
}

/// Text that is not a valid annex name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an annex's name has letters, digits and \"-\", begins with a letter, and is at most {LONGEST} characters long"
)]
pub struct NoAnnexName;

impl FromStr for AnnexName {
    type Err = NoAnnexName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for AnnexName {
    type Error = NoAnnexName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let valid = text.len() <= LONGEST
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if valid { Ok(Self(text)) } else { Err(NoAnnexName) }
    }
}

impl From<AnnexName> for String {
    fn from(name: AnnexName) -> Self {
        name.0
    }
}

impl fmt::Display for AnnexName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_cannot_hold_is_refused_and_never_cut() {
        for wrong in ["", "-a", "1a", "a_b", "a.b", "a b", "ä", "a/b", &"x".repeat(101)] {
            assert!(wrong.parse::<AnnexName>().is_err(), "{wrong}");
        }
        for length in 1..=LONGEST {
            let (one, other) = (format!("{}a", "x".repeat(length - 1)), format!("{}b", "x".repeat(length - 1)));
            let (one, other): (AnnexName, AnnexName) = (one.parse().unwrap(), other.parse().unwrap());
            assert!(one.stack().len() <= 128 && one.digest().len() <= 64);
            assert_ne!(one.stack(), other.stack());
            assert_ne!(one.digest(), other.digest());
            assert!(!one.prefix().starts_with(&other.prefix()));
        }
        let (foo, foobar): (AnnexName, AnnexName) = ("foo".parse().unwrap(), "foobar".parse().unwrap());
        assert!(!foobar.prefix().starts_with(&foo.prefix()));
    }
}
