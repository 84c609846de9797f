//! The limit of user data.

use std::io::Write as _;

use flate2::{Compression, GzBuilder};

/// What EC2 takes, before it is encoded (EC2 User Guide, "Run commands when you launch an EC2 instance with user data input").
pub(super) const LIMIT: usize = 16_384;

/// What of the message is neither the user's nor ours by name.
fn overhead(total: usize, added: &[(&'static str, usize)], own: usize) -> usize {
    total.saturating_sub(own + added.iter().map(|(_, length)| length).sum::<usize>())
}

/// The data as it is, or compressed where that makes it fit and the reader unpacks it; else an error with what takes how much.
pub(super) fn fit(
    data: Vec<u8>,
    may_compress: bool,
    added: &[(&'static str, usize)],
    own: usize,
) -> Result<Vec<u8>, String> {
    if data.len() <= LIMIT {
        return Ok(data);
    }
    let packed = (may_compress && !data.starts_with(&[0x1f, 0x8b])).then(|| compress(&data));
    match packed {
        Some(packed) if packed.len() <= LIMIT => Ok(packed),
        packed => {
            let breakdown = if added.is_empty() {
                String::new()
            } else {
                let ours: Vec<String> = added.iter().map(|(purpose, length)| format!("{purpose} {length}")).collect();
                let frame = overhead(data.len(), added, own);
                format!(": yours {own}, {}, frame {frame}", ours.join(", "))
            };
            let packed = packed.map(|packed| format!(", and {} compressed", packed.len())).unwrap_or_default();
            Err(format!(
                "the user data has {} bytes{packed}, of which EC2 takes {LIMIT}{breakdown}; fetch the larger part from a bucket \
                 or a repository at the start, or leave it to the boot program",
                data.len()
            ))
        }
    }
}

/// Compresses; the same data gives the same bytes.
fn compress(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let written = encoder.write_all(data).and_then(|()| encoder.finish());
    written.unwrap_or_else(|_| data.to_vec())
}
