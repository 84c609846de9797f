//! Reading of MIME messages (RFC 2045, RFC 2046), in the manner of Python's `email`, which cloud-init uses.

use super::base64;

/// The maximum nesting depth of messages.
const DEPTH_LIMIT: usize = 8;

/// A leaf part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MimeSection {
    /// The number, from 1; in a nested message, `2.1`.
    pub(super) number: String,
    /// The content type, in lower case.
    pub(super) content_type: String,
    pub(super) name: Option<String>,
    pub(super) content: Vec<u8>,
    /// The line of the message on which the content begins; for encoded content, that of its first digits.
    pub(super) line: u32,
    /// Whether the content is encoded in the message, so that its lines are not those of the message.
    pub(super) is_encoded: bool,
    /// The merge rule for cloud-init, from a header.
    pub(super) merge_rule: Option<String>,
}

/// An error in a message, and its line, from 1. The caller adds the file to make a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub(super) struct MimeError {
    pub(super) line: u32,
    pub(super) fault: MimeFault,
    pub(super) message: String,
}

/// The kind of an error in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MimeFault {
    /// The parts cannot be determined.
    Boundary,
    /// The last boundary is missing; the parts up to the end are read.
    Open,
    /// A part is not in its declared encoding.
    Encoding,
    /// Messages are nested too deeply.
    Depth,
}

/// Splits a message into its leaf parts. Reads as much as possible, and returns the errors as well.
pub(super) fn sections(message: &[u8]) -> (Vec<MimeSection>, Vec<MimeError>) {
    let text = String::from_utf8_lossy(message);
    let lines: Vec<&str> = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).collect();
    let mut reader = MimeReader::default();
    reader.entity(&lines, 0, "", 0);
    (reader.sections, reader.problems)
}

#[derive(Default)]
struct MimeReader {
    sections: Vec<MimeSection>,
    problems: Vec<MimeError>,
}

impl MimeReader {
    /// Reads an entity with its headers, whose first line is `lines[0]`, the message's line `at` from 0.
    fn entity(&mut self, lines: &[&str], at: usize, number: &str, depth: usize) {
        let headers = Headers::read(lines);
        let body = &lines[headers.length.min(lines.len())..];
        let at = at + headers.length;
        let content_type = headers.get("content-type").unwrap_or("text/plain");
        let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
        let kind = kind.trim().to_ascii_lowercase();
        if kind.starts_with("multipart/") {
            match parameter(parameters, "boundary") {
                Some(boundary) if depth < DEPTH_LIMIT => self.multipart(body, at, &boundary, number, depth),
                Some(_) => self.problem(at, MimeFault::Depth, format!("messages lie more than {DEPTH_LIMIT} deep")),
                None => {
                    let message = "the message names no boundary, so its parts cannot be told".to_owned();
                    self.problem(at, MimeFault::Boundary, message);
                }
            }
            return;
        }
        let encoding = headers.get("content-transfer-encoding").unwrap_or("7bit").trim().to_ascii_lowercase();
        let plain = body.join("\n");
        let content = match encoding.as_str() {
            "base64" => base64::decode(&plain).unwrap_or_else(|| {
                self.problem(at, MimeFault::Encoding, format!("part {number} says that it is base64 and is not"));
                Vec::new()
            }),
            "quoted-printable" => unquoted(&plain),
            _ => plain.into_bytes(),
        };
        let named = headers.get("content-disposition").and_then(|value| parameter(value, "filename"));
        self.sections.push(MimeSection {
            number: if number.is_empty() { "1".to_owned() } else { number.to_owned() },
            content_type: kind,
            name: named.or_else(|| parameter(parameters, "name")),
            content,
            line: line(at),
            is_encoded: matches!(encoding.as_str(), "base64" | "quoted-printable"),
            merge_rule: headers.get("merge-type").or_else(|| headers.get("x-merge-type")).map(str::to_owned),
        });
    }

    fn multipart(&mut self, lines: &[&str], at: usize, boundary: &str, number: &str, depth: usize) {
        let opening = format!("--{boundary}");
        let closing = format!("--{boundary}--");
        let (mut start, mut count, mut is_closed) = (None, 0, false);
        for (index, text) in lines.iter().enumerate() {
            let text = text.trim_end();
            if text != opening && text != closing {
                continue;
            }
            if let Some(start) = start {
                count += 1;
                let number = if number.is_empty() { count.to_string() } else { format!("{number}.{count}") };
                self.entity(&lines[start..index], at + start, &number, depth + 1);
            }
            start = Some(index + 1);
            if text == closing {
                is_closed = true;
                break;
            }
        }
        // A part without an end extends to the end of the message.
        if let Some(start) = start.filter(|_| !is_closed) {
            count += 1;
            let number = if number.is_empty() { count.to_string() } else { format!("{number}.{count}") };
            self.entity(&lines[start..], at + start, &number, depth + 1);
        }
        if count == 0 {
            let message = format!("no part begins with the boundary that the message names ({opening})");
            self.problem(at, MimeFault::Boundary, message);
        } else if !is_closed {
            let message = format!("the message does not end with {closing}");
            self.problem((at + lines.len()).saturating_sub(1), MimeFault::Open, message);
        }
    }

    fn problem(&mut self, at: usize, fault: MimeFault, message: String) {
        self.problems.push(MimeError { line: line(at), fault, message });
    }
}

fn line(at: usize) -> u32 {
    u32::try_from(at + 1).unwrap_or(u32::MAX)
}

/// Headers, with their names in lower case.
struct Headers {
    values: Vec<(String, String)>,
    /// The number of lines of the headers, including the empty line after them.
    length: usize,
}

impl Headers {
    fn read(lines: &[&str]) -> Self {
        let mut values: Vec<(String, String)> = Vec::new();
        let mut length = 0;
        for (index, line) in lines.iter().enumerate() {
            length = index + 1;
            if line.trim().is_empty() {
                // White space before the first header is skipped.
                if values.is_empty() && index < lines.len() - 1 && index == 0 {
                    continue;
                }
                break;
            }
            match (line.starts_with([' ', '\t']), values.last_mut(), line.split_once(':')) {
                (true, Some((_, value)), _) => value.push_str(&format!(" {}", line.trim())),
                (false, _, Some((name, value))) if !name.contains(' ') => {
                    values.push((name.to_ascii_lowercase(), value.trim().to_owned()));
                }
                // The line that mail folders put first.
                _ if index == 0 && line.starts_with("From ") => {}
                // Not a header: the content begins without an empty line.
                _ => {
                    length = index;
                    break;
                }
            }
        }
        Self { values, length }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

fn parameter(text: &str, name: &str) -> Option<String> {
    let value = text.split(';').find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })?;
    Some(value.trim_matches('"').to_owned())
}

/// Decodes quoted-printable text (RFC 2045, 6.7).
fn unquoted(text: &str) -> Vec<u8> {
    let text = text.replace("=\n", "");
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex = (bytes[at] == b'=').then(|| text.get(at + 1..at + 3)).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::super::mime_writer::{Part, write};
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let inner = write([Part::new("text/x-shellscript", "in", "in", b"#!/bin/sh\n".to_vec())]);
        let message = write([
            Part::new("text/cloud-config", "one", "one", b"#cloud-config\na: 1\n".to_vec()),
            Part::new("text/x-shellscript", "two", "two", "#!/bin/sh\necho é\n".into()),
            Part::message("three", inner),
        ]);
        let (sections, problems) = sections(&message);
        assert_eq!(problems, []);
        let seen: Vec<(&str, &str, &[u8], bool)> = sections
            .iter()
            .map(|part| (part.number.as_str(), part.content_type.as_str(), part.content.as_slice(), part.is_encoded))
            .collect();
        assert_eq!(seen[0], ("1", "text/cloud-config", b"#cloud-config\na: 1\n".as_slice(), false));
        assert_eq!(seen[1], ("2", "text/x-shellscript", "#!/bin/sh\necho é\n".as_bytes(), true));
        assert_eq!(seen[2], ("3.1", "text/x-shellscript", b"#!/bin/sh\n".as_slice(), false));
        let text = String::from_utf8(message).unwrap();
        let first = text.lines().position(|line| line == "#cloud-config").unwrap();
        assert_eq!(sections[0].line as usize, first + 1);
        assert_eq!(sections[0].name.as_deref(), Some("one"));
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (message, word) in [
            ("Content-Type: multipart/mixed\nMIME-Version: 1.0\n\n--b\n\nx\n--b--\n", "names no boundary"),
            ("Content-Type: multipart/mixed; boundary=c\nMIME-Version: 1.0\n\n--b\n\nx\n--b--\n", "no part begins"),
            ("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n", "does not end"),
            (
                "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Transfer-Encoding: base64\n\n!!\n--b--\n",
                "says that it is base64",
            ),
        ] {
            let (_, problems) = sections(message.as_bytes());
            assert!(problems.len() == 1 && problems[0].message.contains(word), "{message}: {problems:?}");
        }
        assert_eq!(unquoted("a=3Db=\nc=zz"), b"a=bc=zz");
    }
}
