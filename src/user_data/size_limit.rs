//! The size limit of user data.

use std::cmp::Reverse;
use std::io::Write as _;

use flate2::{Compression, GzBuilder};

/// The limit of EC2 in bytes, before encoding (EC2 User Guide, "Run commands when you launch an EC2 instance with user
/// data input").
pub const LIMIT: usize = 16_384;

/// The remedy for user data that is too large.
pub(super) const STORE_IT: &str = "name a bucket, in which hoist then stores it (`bucket = \"s3://NAME/PREFIX\"` in the plan's cloud, \
                                   `hoist userdata render --bucket`), or fetch the larger part from a repository at the start";

/// How much user data a cloud takes, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SizeLimit {
    /// The cloud, for messages.
    pub cloud: &'static str,
    /// The most bytes.
    pub bytes: usize,
    /// The remedy for user data that is too large.
    remedy: &'static str,
}

impl SizeLimit {
    /// Of EC2.
    pub const EC2: Self = Self { cloud: "EC2", bytes: LIMIT, remedy: STORE_IT };

    /// Of Compute Engine: that of a metadata value ("About VM metadata", "Limitations"), of which a value that is no
    /// text takes four thirds, being encoded.
    pub const GCE: Self = Self {
        cloud: "Compute Engine",
        bytes: 262_144 / 4 * 3,
        remedy: "fetch the larger part from a repository or a bucket at the start",
    };
}

/// Returns whether [`fit`] makes it fit.
pub fn fits(data: &[u8], may_compress: bool) -> bool {
    data.len() <= LIMIT || (may_compress && !is_compressed(data) && compress(data).len() <= LIMIT)
}

/// The error for user data that exceeds the limit of a cloud.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the user data has {bytes} bytes{packed}, of which {} takes {}{breakdown}; {}", .limit.cloud, .limit.bytes, .limit.remedy)]
pub struct TooLarge {
    limit: SizeLimit,
    bytes: usize,
    /// The compressed size, if compression is possible.
    packed: String,
    /// The sizes of its parts.
    breakdown: String,
}

/// Makes the data fit the limit of EC2, as [`SizeLimit::fit`] does.
///
/// # Errors
/// The data is too large; the error lists the sizes of the parts.
pub fn fit(data: Vec<u8>, may_compress: bool, parts: &[(String, usize)]) -> Result<Vec<u8>, TooLarge> {
    SizeLimit::EC2.fit(data, may_compress, parts)
}

impl SizeLimit {
    /// Returns the data as it is, or compressed if only that makes it fit and the reader can unpack it.
    ///
    /// `parts` names the parts of the data, with the size of each in bytes.
    ///
    /// # Errors
    /// The data is too large; the error lists the sizes of the parts.
    pub fn fit(self, data: Vec<u8>, may_compress: bool, parts: &[(String, usize)]) -> Result<Vec<u8>, TooLarge> {
        if data.len() <= self.bytes {
            return Ok(data);
        }
        let packed = (may_compress && !is_compressed(&data)).then(|| compress(&data));
        match packed {
            Some(packed) if packed.len() <= self.bytes => Ok(packed),
            packed => {
                let packed = packed.map(|packed| format!(", and {} compressed", packed.len())).unwrap_or_default();
                Err(TooLarge { limit: self, bytes: data.len(), packed, breakdown: breakdown(data.len(), parts) })
            }
        }
    }
}

/// The maximum number of parts listed; if there are more, the largest ones are.
const MOST_PARTS: usize = 8;

/// Lists the sizes of the parts of a message of `total` bytes. Returns an empty text for a single part.
pub(super) fn breakdown(total: usize, parts: &[(String, usize)]) -> String {
    if parts.len() < 2 {
        return String::new();
    }
    let frame = total.saturating_sub(parts.iter().map(|(_, length)| length).sum());
    let mut named: Vec<&(String, usize)> = parts.iter().collect();
    if parts.len() > MOST_PARTS {
        named.sort_by_key(|(_, length)| Reverse(*length));
        named.truncate(MOST_PARTS);
    }
    let mut each: Vec<String> = named.iter().map(|(purpose, length)| format!("{purpose} {length}")).collect();
    if named.len() < parts.len() {
        let shown: usize = named.iter().map(|(_, length)| length).sum();
        each.push(format!("{} more {}", parts.len() - named.len(), total.saturating_sub(frame + shown)));
    }
    format!(": {}, frame {frame}", each.join(", "))
}

/// Returns whether the data is already compressed.
pub(super) fn is_compressed(data: &[u8]) -> bool {
    data.starts_with(&[0x1f, 0x8b])
}

/// Compresses the data. The output is deterministic.
pub(super) fn compress(data: &[u8]) -> Vec<u8> {
    // For data that is far too large anyway, the best compression is not worth its time.
    const LARGE: usize = 64 * LIMIT;
    let level = if data.len() > LARGE { Compression::fast() } else { Compression::best() };
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), level);
    // Writing to memory cannot fail.
    let written = encoder.write_all(data).and_then(|()| encoder.finish());
    written.unwrap_or_else(|_| data.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_parts_the_largest_are_named() {
        let parts: Vec<(String, usize)> = (0..100).map(|length| (format!("part {length}"), length)).collect();
        let told = breakdown(5000, &parts);
        assert!(
            told.starts_with(": part 99 99, part 98 98") && told.ends_with("part 92 92, 92 more 4186, frame 50"),
            "{told}"
        );
        assert_eq!(breakdown(10, &parts[3..5]), ": part 3 3, part 4 4, frame 3");
    }
}
