//! Embedded contents of a text: base64, plain or compressed, and here-documents.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use regex_lite::Regex;

use super::super::base64;
use super::super::part_kind::PartKind;
use super::super::size_limit::is_compressed;

/// The minimum length of base64 that is examined: the beginning of a script is not shorter.
const SHORTEST: usize = 24;

/// An embedded content.
pub(super) struct Embedded {
    /// The name of its container: a key, or just base64.
    pub(super) name: String,
    /// The line of its first character.
    pub(super) line: u32,
    /// The decoded content, still compressed if it was.
    pub(super) content: Vec<u8>,
}

/// A key, up to the beginning of its value.
static KEY: LazyLock<Regex> = LazyLock::new(|| form(r#"([A-Za-z0-9_.-]+)["']?\s*[:=]\s*["']?(?:[|>][-+]?)?\s*$"#));

fn form(text: &str) -> Regex {
    // The patterns are the constants above, so no input can cause this.
    Regex::new(text).unwrap_or_else(|error| unreachable!("{text}: {error}"))
}

/// Finds base64 of user data or text. Adjacent lines are joined, as `base64` and YAML wrap them.
pub(super) fn find(text: &str) -> Vec<Embedded> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut block: Option<(usize, String, String)> = None;
    let mut before_line = "";
    for (index, line) in text.lines().enumerate() {
        let whole = line.trim().trim_matches(['"', '\'', ',']);
        if is_base64(whole) && whole.len() >= 4 {
            match &mut block {
                Some((_, _, digits)) => digits.push_str(whole),
                None => block = Some((index, key_of(before_line), whole.to_owned())),
            }
            continue;
        }
        found.extend(block.take().and_then(|(at, name, digits)| decode(at, name, &digits)));
        found.extend(in_line(line, index, &mut seen));
        // The body of PEM is base64 of binary data, and is checked as a secret.
        before_line = line;
        if let Some((_, _, start)) = trailing(line) {
            block = Some((index, key_of(&line[..start]), line[start..].trim().to_owned()));
        }
    }
    found.extend(block.and_then(|(at, name, digits)| decode(at, name, &digits)));
    found
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len() - digits.len() <= 2
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// Returns the runs of base64 within a line that are complete by themselves.
fn in_line<'a>(line: &'a str, index: usize, seen: &mut HashSet<&'a str>) -> Vec<Embedded> {
    let mut found = Vec::new();
    for run in line.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='))) {
        // The offset of the run, which is a slice of the line.
        let start = run.as_ptr() as usize - line.as_ptr() as usize;
        // `key=VALUE` is one run.
        let value = run.trim_end_matches('=').rsplit_once('=').map_or(0, |(key, _)| key.len() + 1);
        let digits = &run[value..];
        let ends_line = start + run.len() == line.trim_end().len();
        if digits.len() >= SHORTEST
            && seen.insert(digits)
            && is_base64(digits)
            && !(ends_line && digits.len() >= 60 && !digits.ends_with('='))
        {
            found.extend(decode(index, key_of(&line[..start + value]), digits));
        }
    }
    found
}

/// Returns the position of a long run of base64 at the end of a line, which may continue on the next one.
fn trailing(line: &str) -> Option<(usize, usize, usize)> {
    let trimmed = line.trim_end();
    let start = trimmed
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/')))
        .map_or(0, |at| at + trimmed[at..].chars().next().map_or(1, char::len_utf8));
    (trimmed.len() - start >= 60).then_some((0, trimmed.len(), start))
}

fn key_of(before: &str) -> String {
    /// The maximum length of a key, so that a long line is not rescanned for each of its values.
    const LONGEST: usize = 120;
    let mut start = before.len().saturating_sub(LONGEST);
    while !before.is_char_boundary(start) {
        start += 1;
    }
    KEY.captures(&before[start..])
        .and_then(|captures| captures.get(1))
        .map_or_else(|| "base64".to_owned(), |key| key.as_str().trim_start_matches('-').to_owned())
}

fn decode(index: usize, name: String, digits: &str) -> Option<Embedded> {
    if digits.len() < SHORTEST {
        return None;
    }
    let content = base64::decode(digits)?;
    let is_something =
        is_compressed(&content) || is_text(&content) || !matches!(PartKind::of(&content), PartKind::Foreign(_));
    is_something.then(|| Embedded { name, line: line(index), content })
}

/// Returns whether the content is text: digests, keys and words can be decoded as well, but not to text.
pub(super) fn is_text(content: &[u8]) -> bool {
    std::str::from_utf8(content).is_ok_and(|text| text.chars().all(|c| !c.is_control() || "\n\r\t".contains(c)))
}

/// Returns the here-documents of a text that are user data themselves and have no expansions.
pub(super) fn here_documents(text: &str) -> Vec<Embedded> {
    let mut found = Vec::new();
    // Only user data for another machine is relevant; other files that scripts write are not checked.
    if !text.contains("<<") {
        return found;
    }
    let lines: Vec<&str> = text.lines().collect();
    // The possible end lines by their marks, so that the text is not rescanned for an end that does not exist.
    let mut ends: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, line) in lines.iter().enumerate() {
        let line = line.trim();
        if !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            ends.entry(line).or_default().push(index);
        }
    }
    let mut at = 0;
    while at < lines.len() {
        at += 1;
        let Some(start) = lines[at - 1].find("<<") else { continue };
        let Some((is_indented, is_quoted, mark)) = mark(&lines[at - 1][start + 2..]) else { continue };
        let Some(ends) = ends.get(mark) else { continue };
        let Some(&end) = ends.get(ends.partition_point(|&end| end < at)) else { continue };
        let body = &lines[at..end];
        let strip = |line: &&str| if is_indented { line.trim_start_matches('\t') } else { line }.to_owned();
        let mut body: Vec<String> = body.iter().map(strip).collect();
        // A here-document in a block of YAML is indented like its block.
        let indent =
            body.iter().filter(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start().len()).min();
        body.iter_mut().for_each(|line| *line = line.get(indent.unwrap_or(0)..).unwrap_or_default().to_owned());
        let content = body.iter().map(|line| format!("{line}\n")).collect::<String>();
        let changes = !is_quoted && content.contains(['$', '`', '\\']);
        let is_config = matches!(PartKind::of(content.as_bytes()), PartKind::Part(_) | PartKind::Message);
        if is_config && !changes {
            found.push(Embedded { name: mark.to_owned(), line: line(at), content: content.into_bytes() });
        }
        at = end;
    }
    found
}

/// Parses the marker after `<<`: whether leading tabs are stripped, whether expansion is disabled, and the name.
fn mark(text: &str) -> Option<(bool, bool, &str)> {
    let is_indented = text.starts_with('-');
    let text = text.strip_prefix('-').unwrap_or(text).trim_start();
    let bare = text.strip_prefix(['"', '\'', '\\']).unwrap_or(text);
    let end = bare.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(bare.len());
    let name = &bare[..end];
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    is_name.then_some((is_indented, bare.len() < text.len(), name))
}

fn line(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}
