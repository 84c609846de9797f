//! User data: which kinds of it the local cloud can run.

use std::io::Read as _;

use super::cloud_config;
use crate::engine::{CloudError, CloudErrorKind};
use crate::host::{Step, UserData};

/// The most that compressed user data may unpack to.
const UNPACKED_LIMIT: u64 = 10 * 1024 * 1024;

/// The kinds that are run, for messages.
const SUPPORTED: &str = "a script that begins with #!, or #cloud-config";

/// Reads user data, so that what cannot be run is refused before anything is launched.
pub(super) fn read(bytes: Option<&[u8]>, isolated: bool) -> Result<UserData, CloudError> {
    parse(bytes.unwrap_or_default(), isolated).map_err(|message| {
        CloudError::new(CloudErrorKind::Refused, format!("user data: {message}"))
            .hint(format!("the local cloud runs {SUPPORTED}; other clouds run the rest"))
    })
}

fn parse(bytes: &[u8], isolated: bool) -> Result<UserData, String> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        let mut reader = flate2::read::MultiGzDecoder::new(bytes).take(UNPACKED_LIMIT + 1);
        reader.read_to_end(&mut unpacked).map_err(|error| format!("cannot unpack it: {error}"))?;
        if unpacked.len() as u64 > UNPACKED_LIMIT {
            return Err(format!("it unpacks to more than {UNPACKED_LIMIT} bytes"));
        }
        return parse_plain(&unpacked, isolated);
    }
    parse_plain(bytes, isolated)
}

fn parse_plain(bytes: &[u8], isolated: bool) -> Result<UserData, String> {
    if bytes.trim_ascii().is_empty() {
        return Ok(UserData::default());
    }
    if bytes.starts_with(b"#!") {
        let script = Step::Run { name: "its script".to_owned(), script: bytes.to_vec() };
        return Ok(UserData { steps: vec![script], ..UserData::default() });
    }
    let first = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let first = String::from_utf8_lossy(first);
    let first = first.trim_end();
    if first == "#cloud-config" {
        let text = std::str::from_utf8(bytes).map_err(|error| format!("it is not UTF-8: {error}"))?;
        return cloud_config::parse(text, isolated);
    }
    let kind: String = first.chars().take(60).collect();
    if first.to_ascii_lowercase().starts_with("content-type: multipart") || first.starts_with("MIME-Version") {
        return Err("MIME multipart is not supported on the local cloud".to_owned());
    }
    Err(format!("it begins with {kind:?}, which is not supported on the local cloud"))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn compressed_user_data_is_unpacked() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(b"#!/bin/sh\ntrue\n").unwrap();
        let read = read(Some(&packed.finish().unwrap()), true).unwrap();
        assert!(matches!(&read.steps[..], [Step::Run { script, .. }] if script == b"#!/bin/sh\ntrue\n"));
    }

    #[test]
    fn other_kinds_are_refused_by_name() {
        for (text, named) in [
            ("Content-Type: multipart/mixed; boundary=x\n", "MIME"),
            ("#include\nhttp://x/", "#include"),
            ("## template: jinja\n#cloud-config", "template"),
            ("echo hello", "echo hello"),
        ] {
            let error = read(Some(text.as_bytes()), true).unwrap_err();
            assert_eq!(error.kind, CloudErrorKind::Refused);
            assert!(error.message.contains(named), "{}", error.message);
        }
        assert_eq!(read(Some(b" \n"), true).unwrap(), UserData::default());
        assert_eq!(read(None, true).unwrap(), UserData::default());
    }
}
