//! Writing of MIME messages (RFC 2046), which cloud-init splits into parts.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::base64;

/// A part of a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// The purpose, for messages to the user.
    purpose: String,
    headers: Vec<String>,
    content: Vec<u8>,
}

impl Part {
    /// Creates a part with this type; cloud-init names the files made from it after `name`.
    pub fn new(content_type: &str, name: &str, purpose: &str, content: Vec<u8>) -> Self {
        let mut headers = vec![
            format!("Content-Type: {content_type}; charset=\"utf-8\""),
            "MIME-Version: 1.0".to_owned(),
            format!("Content-Disposition: attachment; filename=\"{name}\""),
        ];
        // Everything but plain ASCII is encoded: cloud-init reads a message as text, and decodes 8-bit characters in it
        // as Latin-1.
        let is_plain = content.is_ascii() && !content.contains(&b'\r') && !content.contains(&0);
        let content = if is_plain {
            headers.push("Content-Transfer-Encoding: 7bit".to_owned());
            content
        } else {
            headers.push("Content-Transfer-Encoding: base64".to_owned());
            wrapped(&base64::encode(&content)).into_bytes()
        };
        Self { purpose: purpose.to_owned(), headers, content }
    }

    /// Adds a header by which cloud-init appends this part's lists to those of earlier parts, and keeps values set
    /// there (cloud-init's documentation, "Merging user data sections"). By default, later lists replace earlier ones.
    #[must_use]
    pub fn merged_by_appending(mut self) -> Self {
        if !self.headers.is_empty() {
            self.headers.push("X-Merge-Type: list(append)+dict(no_replace,recurse_list)+str()".to_owned());
        }
        self
    }

    /// Creates a part from a message with its own headers.
    pub fn message(purpose: &str, content: Vec<u8>) -> Self {
        // The line that mail folders put before a message is not a header.
        let start = if content.starts_with(b"From ") {
            content.iter().position(|&byte| byte == b'\n').map_or(0, |at| at + 1)
        } else {
            content.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0)
        };
        Self { purpose: purpose.to_owned(), headers: Vec::new(), content: content[start..].to_vec() }
    }

    /// Returns the purpose, and the size in the message in bytes, without headers.
    pub fn size(&self) -> (String, usize) {
        (self.purpose.clone(), self.content.len())
    }

    /// Returns the content, encoded as in the message.
    pub fn content(&self) -> &[u8] {
        &self.content
    }
}

/// Omits the content, which may hold keys.
impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("purpose", &self.purpose).field("bytes", &self.content.len()).finish()
    }
}

/// Writes a message with these parts. The output is deterministic.
pub fn write(parts: impl IntoIterator<Item = Part>) -> Vec<u8> {
    let parts: Vec<Part> = parts.into_iter().collect();
    let boundary = boundary(&parts);
    let mut message =
        format!("Content-Type: multipart/mixed; boundary=\"{boundary}\"\nMIME-Version: 1.0\n\n").into_bytes();
    for part in &parts {
        message.extend(format!("--{boundary}\n").bytes());
        for header in &part.headers {
            message.extend(format!("{header}\n").bytes());
        }
        if !part.headers.is_empty() {
            message.push(b'\n');
        }
        message.extend(&part.content);
        // The line break before a boundary belongs to the boundary.
        message.push(b'\n');
    }
    message.extend(format!("--{boundary}--\n").bytes());
    message
}

/// Returns a boundary that occurs in none of the parts, and is the same for the same parts.
fn boundary(parts: &[Part]) -> String {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(&part.content));
    loop {
        let digest = hex::encode(&hash.clone().finalize()[..12]);
        let boundary = format!("hoist-{digest}");
        let occurs = |part: &Part| part.content.windows(boundary.len()).any(|window| window == boundary.as_bytes());
        if !parts.iter().any(occurs) {
            return boundary;
        }
        hash.update(boundary);
    }
}

/// Returns all texts of a message: its own text, and its decoded contents.
pub(super) fn texts(message: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(message);
    let mut texts = vec![message.to_vec()];
    let mut block = String::new();
    for line in text.lines().chain([""]) {
        let line = line.trim();
        let is_base64 = line.len() >= 4
            && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
        if is_base64 {
            block.push_str(line);
        } else if !block.is_empty() {
            texts.extend(base64::decode(&block));
            block.clear();
        }
    }
    texts
}

fn wrapped(text: &str) -> String {
    // RFC 2045: lines of encoded text have at most 76 characters.
    text.as_bytes().chunks(76).map(|line| String::from_utf8_lossy(line).into_owned()).collect::<Vec<_>>().join("\n")
}
