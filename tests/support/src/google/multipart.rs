//! `multipart/related`, in which an object comes with what is known of it (RFC 2387).

use serde_json::Value;

/// What was uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Upload {
    pub content: Vec<u8>,
    /// Its media type.
    pub kind: String,
    pub name: Option<String>,
}

/// Reads a body of this media type: JSON, then the content.
pub(super) fn read(kind: &str, body: &[u8]) -> Option<Upload> {
    let boundary = kind.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?.trim_matches('"');
    let (delimiter, between) = (format!("--{boundary}\r\n"), format!("\r\n--{boundary}"));
    let body = body.strip_prefix(delimiter.as_bytes())?;
    let first = find(body, between.as_bytes())?;
    let (_, metadata) = part(&body[..first])?;
    let metadata: Value = serde_json::from_slice(metadata).ok()?;
    let rest = body[first + between.len()..].strip_prefix(b"\r\n")?;
    let (head, content) = part(&rest[..find(rest, format!("{between}--").as_bytes())?])?;
    let kind = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-type:").map(str::to_owned));
    let kind = metadata["contentType"].as_str().map(str::to_owned).or(kind.map(|kind| kind.trim().to_owned()));
    Some(Upload {
        content: content.to_vec(),
        kind: kind.unwrap_or_else(|| "application/octet-stream".to_owned()),
        name: metadata["name"].as_str().map(str::to_owned),
    })
}

/// The headers and the content of a part.
fn part(part: &[u8]) -> Option<(&str, &[u8])> {
    let end = find(part, b"\r\n\r\n")?;
    Some((std::str::from_utf8(&part[..end]).ok()?, &part[end + 4..]))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[test]
fn both_parts_are_read_whatever_bytes_the_content_has() {
    let body = b"--x\r\nContent-Type: application/json\r\n\r\n{\"name\":\"a/b\"}\r\n--x\r\nContent-Type: text/plain\r\n\r\n\r\n--\xff\r\n--x--";
    let upload = read("multipart/related; boundary=\"x\"", body).unwrap();
    let expected =
        Upload { content: b"\r\n--\xff".to_vec(), kind: "text/plain".to_owned(), name: Some("a/b".to_owned()) };
    assert_eq!(upload, expected);
    assert_eq!(read("multipart/related; boundary=y", body), None);
}
