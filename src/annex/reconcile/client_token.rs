//! Idempotency tokens of mutating calls.

use sha2::{Digest, Sha256};

use super::super::state::Annex;

/// Returns the token of the call that the next line of the journal announces: 64 hexadecimal digits, a collision of
/// which with another annex or line is negligible. `what` is the content of the line: if a line was recorded but its
/// commit was not seen, because the process was cut off, a different line gets another token.
pub(super) fn token(record: &Annex, what: &str) -> String {
    let mut digest = Sha256::new();
    // Names and nonces contain no line breaks.
    digest.update(format!("{}\n{}\n{what}", record.id.tag(), record.sequence));
    hex::encode(digest.finalize())
}
