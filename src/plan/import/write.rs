//! TOML syntax.

use std::path::{Component, Path, PathBuf};

/// Appends a line `KEY = VALUE`.
pub(super) fn assignment(toml: &mut String, key: &str, value: &str) {
    toml.push_str(key);
    toml.push_str(" = ");
    toml.push_str(value);
    toml.push('\n');
}

/// Returns a basic string.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// Returns a key, quoted if necessary.
pub(super) fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    if bare { name.to_owned() } else { quoted(name) }
}

/// Returns an inline table.
pub(super) fn table(entries: &[(String, String)]) -> String {
    let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("{{ {} }}", entries.join(", "))
}

/// Returns `path` relative to `directory`, both absolute; unchanged if they have no common prefix.
pub(super) fn relative(path: &Path, directory: &Path) -> PathBuf {
    let ours: Vec<Component<'_>> = path.components().collect();
    let theirs: Vec<Component<'_>> = directory.components().collect();
    let common = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
    if common <= 1 && theirs.len() > 1 {
        return path.to_path_buf();
    }
    let up = theirs[common..].iter().map(|_| Component::ParentDir);
    up.chain(ours[common..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_destination() {
        let seen = |path: &str, from: &str| relative(Path::new(path), Path::new(from)).display().to_string();
        assert_eq!(seen("/plans/web/boot.sh", "/plans/web"), "boot.sh");
        assert_eq!(seen("/plans/db/boot.sh", "/plans/web/new"), "../../db/boot.sh");
        assert_eq!(seen("/opt/boot.sh", "/plans/web"), "/opt/boot.sh");
    }

    #[test]
    fn strings_read_back() {
        for text in ["", "a\"b\\c", "line\nline\ttab\r", "\u{1}\u{7f}\u{1f980} ä"] {
            let document: toml::Table = format!("{} = {}", key(text), quoted(text)).parse().unwrap();
            assert_eq!(document[text].as_str(), Some(text));
        }
    }
}
