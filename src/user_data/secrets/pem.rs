//! Armoured private keys (RFC 7468, OpenSSH, PGP, PuTTY).

use sha2::{Digest as _, Sha256};

use super::allowlist;
use super::detected_secret::DetectedSecret;

/// The minimum length of a key's armour; a shorter one is truncated.
const SHORTEST: usize = 40;

/// The maximum number of lines of a key; no issued key is longer.
const LONGEST: usize = 400;

/// Finds the private keys of a text. Keys truncated in an example (`...`) are ignored.
pub(super) fn scan(text: &str) -> Vec<DetectedSecret> {
    if !["PRIVATE KEY", "encrypted secret key", "PuTTY-User-Key-File-", "OpenVPN Static key"]
        .iter()
        .any(|mark| text.contains(mark))
    {
        return Vec::new();
    }
    // A key in JSON, or in quotes, has escaped line breaks.
    let mut lines: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        lines.extend(line.replace("\\r", "").split("\\n").map(|part| (index + 1, part.to_owned())));
    }
    let mut found = Vec::new();
    let mut rest = lines.as_slice();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        let Some(kind) = beginning(&first.1) else { continue };
        let tail = &tail[..tail.len().min(LONGEST)];
        let end = tail.iter().position(|(_, line)| is_mark(line, "END") || is_mark(line, "BEGIN"));
        // Without an end, the text that follows may not belong to it; it still counts as a key if it looks like one.
        let body = &tail[..end.unwrap_or_else(|| tail.len().min(64))];
        let digits: String = body.iter().filter_map(|(_, line)| digits(line)).collect();
        let is_cut = body.iter().any(|(_, line)| line.trim().trim_start_matches('#').trim() == "...");
        // The whole key may be on its first line.
        let in_line = first.1.len() > 120 && is_mark(&first.1, "END");
        if (digits.len() >= SHORTEST && !is_cut) || in_line {
            let is_public = allowlist::is_public_key(&hex::encode(Sha256::digest(&digits)));
            let published =
                if is_public { ", which cloud-init's documentation prints, so that everybody has it" } else { "" };
            let what = format!("a private key ({kind}){published}");
            found.push(DetectedSecret { is_public, ..DetectedSecret::new(first.0, "private-key", what) });
        }
    }
    found
}

/// Returns whether a line begins or ends armour, as in RFC 7468 or RFC 4716.
fn is_mark(line: &str, word: &str) -> bool {
    line.contains(&format!("-----{word} ")) || line.contains(&format!("---- {word} "))
}

/// Returns the kind of private key that begins on a line.
fn beginning(line: &str) -> Option<String> {
    if line.contains("PuTTY-User-Key-File-") {
        return Some("PuTTY".to_owned());
    }
    // minisign and signify name the key in a comment, and have the key on the next line.
    if line.contains("comment:") && line.contains("encrypted secret key") {
        return Some("minisign".to_owned());
    }
    let label =
        line.split("---- BEGIN ").nth(1).or_else(|| line.split("-----BEGIN ").nth(1))?.split("----").next()?.trim();
    (label.ends_with("PRIVATE KEY") || label.contains("OpenVPN Static key") || label == "PGP PRIVATE KEY BLOCK")
        .then(|| label.to_owned())
}

/// Returns the base64 of a line, or `None` if it is something else, such as a header.
fn digits(line: &str) -> Option<&str> {
    let line = line.trim().trim_start_matches('#').trim().trim_matches(['"', '\'', ',']).trim();
    let is_base64 = line.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    (is_base64 && !line.is_empty()).then_some(line)
}
