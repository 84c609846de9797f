//! User data that the local cloud can run.

use std::io::Read as _;

use super::cloud_config;
use crate::diagnostics::Diagnostic;
use crate::host::{InstanceUserData, UserDataStep};
use crate::provider::{CloudError, CloudErrorKind};
use crate::user_data::PartKind;

/// The size limit of unpacked user data, in bytes.
const UNPACKED_LIMIT: u64 = 10 * 1024 * 1024;

/// The supported kinds, for messages.
const SUPPORTED: &str = "a script that begins with #!, or #cloud-config";

/// Parses user data, so that unsupported data is refused before a launch.
pub(super) fn read(bytes: Option<&[u8]>, isolated: bool) -> Result<InstanceUserData, CloudError> {
    parse(bytes.unwrap_or_default(), isolated).map_err(|wrong| {
        CloudError::new(CloudErrorKind::Rejected, wrong.of("user data").message)
            .hint(format!("the local cloud runs {SUPPORTED}; other clouds run the rest"))
    })
}

/// Checks that the local cloud can run this user data.
///
/// # Errors
/// It is of an unsupported kind, or has unsupported content.
pub fn check(bytes: &[u8]) -> Result<(), CloudError> {
    read(Some(bytes), true).map(drop)
}

fn parse(bytes: &[u8], isolated: bool) -> Result<InstanceUserData, Diagnostic> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        let mut reader = flate2::read::MultiGzDecoder::new(bytes).take(UNPACKED_LIMIT + 1);
        reader.read_to_end(&mut unpacked).map_err(|error| Diagnostic::error(format!("cannot unpack it: {error}")))?;
        if unpacked.len() as u64 > UNPACKED_LIMIT {
            return Err(Diagnostic::error(format!("it unpacks to more than {UNPACKED_LIMIT} bytes")));
        }
        return parse_plain(&unpacked, isolated);
    }
    parse_plain(bytes, isolated)
}

fn parse_plain(bytes: &[u8], isolated: bool) -> Result<InstanceUserData, Diagnostic> {
    if bytes.trim_ascii().is_empty() {
        return Ok(InstanceUserData::default());
    }
    match PartKind::of(bytes) {
        PartKind::Part("text/x-shellscript") => {
            let script = UserDataStep::Run { name: "its script".to_owned(), script: unix(bytes.trim_ascii_start()) };
            Ok(InstanceUserData { steps: vec![script], ..InstanceUserData::default() })
        }
        PartKind::Part("text/cloud-config") => {
            let text = std::str::from_utf8(bytes);
            let text = text.map_err(|error| Diagnostic::error(format!("it is not UTF-8: {error}")))?;
            cloud_config::parse(text, isolated)
        }
        PartKind::Message => Err(Diagnostic::error("MIME multipart is not supported on the local cloud")),
        _ => {
            let text = String::from_utf8_lossy(bytes.trim_ascii_start());
            if text.get(..23).is_some_and(|start| start.eq_ignore_ascii_case("content-type: multipart")) {
                return Err(Diagnostic::error("MIME multipart is not supported on the local cloud"));
            }
            let first: String = text.lines().next().unwrap_or_default().trim_end().chars().take(60).collect();
            Err(Diagnostic::error(format!("it begins with {first:?}, which is not supported on the local cloud")))
        }
    }
}

/// Converts a script's line ends as cloud-init does: if the first line ends in CR LF, all CR LF become LF.
fn unix(script: &[u8]) -> Vec<u8> {
    let first = script.split(|&byte| byte == b'\n').next().unwrap_or_default();
    if !first.ends_with(b"\r") {
        return script.to_vec();
    }
    let mut plain = Vec::with_capacity(script.len());
    for &byte in script {
        if byte == b'\n' && plain.last() == Some(&b'\r') {
            plain.pop();
        }
        plain.push(byte);
    }
    plain
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
        assert!(matches!(&read.steps[..], [UserDataStep::Run { script, .. }] if script == b"#!/bin/sh\ntrue\n"));
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
            assert_eq!(error.kind, CloudErrorKind::Rejected);
            assert!(error.message.contains(named), "{}", error.message);
        }
        assert_eq!(read(Some(b" \n"), true).unwrap(), InstanceUserData::default());
        assert_eq!(read(None, true).unwrap(), InstanceUserData::default());
    }
}
