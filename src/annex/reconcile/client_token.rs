//! The tokens of calls that change something.

use sha2::{Digest, Sha256};

use super::super::state::Annex;

/// The token of the call that the next line of the journal tells of: 64 hexadecimal digits, which are another annex's
/// or another line's only by a chance that nobody meets. `what` is what the line says: should a line be recorded
/// without our knowing, since we were cut off, no other one has its token.
pub(super) fn token(record: &Annex, what: &str) -> String {
    let mut digest = Sha256::new();
    // A name and a nonce have no line breaks.
    digest.update(format!("{}\n{}\n{what}", record.id.tag(), record.sequence));
    hex::encode(digest.finalize())
}
