//! Secrets in Kubernetes manifests: all values below `data` and `stringData`.

use super::allowlist;
use super::detected_secret::DetectedSecret;

/// Keys whose values are public.
const PUBLIC: [&str; 6] = [".crt", ".cert", ".pem", "namespace", "ca-certificates", "username"];

/// Finds the values of the manifests in a text.
pub(super) fn scan(text: &str) -> Vec<DetectedSecret> {
    let mut found = Vec::new();
    if !is_secret(text) {
        return found;
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut start = 0;
    // The documents of one file.
    for part in lines.split(|line| line.trim() == "---") {
        if part.iter().any(|line| is_secret(line)) {
            values(part, start, &mut found);
        }
        start += part.len() + 1;
    }
    found
}

/// Returns whether the text is a manifest of a Secret, in YAML or JSON.
fn is_secret(text: &str) -> bool {
    ["kind: Secret", "kind: \"Secret\"", "\"kind\": \"Secret\"", "\"kind\":\"Secret\""].iter().any(|mark| {
        text.match_indices(mark)
            .any(|(at, _)| !text[at + mark.len()..].starts_with(|c: char| c.is_ascii_alphanumeric()))
    })
}

fn values(lines: &[&str], start: usize, found: &mut Vec<DetectedSecret>) {
    let mut within: Option<usize> = None;
    for (index, line) in lines.iter().enumerate() {
        let bare = line.trim();
        let indent = line.len() - line.trim_start().len();
        if bare.is_empty() {
            continue;
        }
        if matches!(bare, "data:" | "stringData:") {
            within = Some(indent);
            continue;
        }
        if within.is_some_and(|of| indent <= of) {
            within = None;
        }
        let Some((key, value)) = bare.split_once(": ").filter(|_| within.is_some()) else { continue };
        let (key, value) = (key.trim_matches(['"', '\'']), value.trim().trim_matches(['"', '\'']));
        let is_public = PUBLIC.iter().any(|end| key.ends_with(end));
        if value.len() >= 4
            && !is_public
            && !allowlist::is_placeholder(value)
            && !value.starts_with(['|', '>', '{', '['])
        {
            let name = format!("kubernetes-secret:{key}");
            found.push(DetectedSecret::new(
                start + index + 1,
                name,
                format!("the value of {key} in a Kubernetes Secret"),
            ));
        }
    }
}
