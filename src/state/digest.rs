//! Digests of records.
//!
//! They form a chain: each line of a journal carries the digest of the previous digest, its number and its content, so
//! a line that is changed, missing, added or out of order breaks it. They detect accidental damage by disks and
//! programs; whoever can write the file can write digests, too.

use sha2::{Digest as _, Sha256};

/// A digest as stored in the file.
pub(super) type Digest = [u8; 32];

/// A part of a digest's input. Parts are encoded unambiguously: different lists of parts give different bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum DigestPart<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
    Number(i64),
    Nothing,
}

impl From<Option<i64>> for DigestPart<'_> {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Self::Nothing, Self::Number)
    }
}

/// Returns the digest of these parts; `what` separates different uses.
pub(super) fn digest(what: &str, parts: &[DigestPart<'_>]) -> Digest {
    let mut hash = Sha256::new();
    let mut add = |kind: u8, bytes: &[u8]| {
        hash.update([kind]);
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(0, what.as_bytes());
    for part in parts {
        match part {
            DigestPart::Text(text) => add(1, text.as_bytes()),
            DigestPart::Bytes(bytes) => add(2, bytes),
            DigestPart::Number(number) => add(3, &number.to_le_bytes()),
            DigestPart::Nothing => add(4, &[]),
        }
    }
    hash.finalize().into()
}

/// Returns the beginning of a journal's chain.
pub(super) fn beginning(what: &str, whose: &str) -> Digest {
    digest("beginning", &[DigestPart::Text(what), DigestPart::Text(whose)])
}

/// Returns the digest after `previous` for a line of a journal.
pub(super) fn line(previous: &Digest, sequence: i64, at: i64, event: &str) -> Digest {
    digest(
        "line",
        &[DigestPart::Bytes(previous), DigestPart::Number(sequence), DigestPart::Number(at), DigestPart::Text(event)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_has_another_digest() {
        let digests = [
            digest("a", &[DigestPart::Text("ab"), DigestPart::Text("c")]),
            digest("a", &[DigestPart::Text("a"), DigestPart::Text("bc")]),
            digest("a", &[DigestPart::Text("abc")]),
            digest("b", &[DigestPart::Text("abc")]),
            digest("a", &[DigestPart::Bytes(b"abc")]),
            digest("a", &[DigestPart::Nothing]),
            digest("a", &[DigestPart::Number(0)]),
            digest("a", &[]),
            line(&[0; 32], 1, 2, "x"),
            line(&[1; 32], 1, 2, "x"),
            line(&[0; 32], 2, 1, "x"),
        ];
        for (at, one) in digests.iter().enumerate() {
            assert!(digests.iter().skip(at + 1).all(|other| other != one), "{at}");
        }
    }
}
