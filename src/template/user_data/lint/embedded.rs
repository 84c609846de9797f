//! What is embedded in a text: base64, plain or compressed, and here-documents.

use std::sync::LazyLock;

use regex_lite::Regex;

use super::super::base64;
use super::super::kind::{Kind, unpack};
use super::super::size::is_compressed;

/// The shortest base64 that is looked into: what begins a script is not shorter.
const SHORTEST: usize = 24;

/// Something embedded.
pub(super) struct Embedded {
    /// What holds it: a key, or just base64.
    pub(super) name: String,
    /// The line of its first character.
    pub(super) line: u32,
    pub(super) content: Vec<u8>,
    /// Whether it is user data itself, or some file.
    pub(super) is_user_data: bool,
}

/// A key, up to where its value begins.
static KEY: LazyLock<Regex> = LazyLock::new(|| form(r#"([A-Za-z0-9_.-]+)["']?\s*[:=]\s*["']?(?:[|>][-+]?)?\s*$"#));

/// The beginning of a here-document.
static HERE: LazyLock<Regex> = LazyLock::new(|| form(r#"<<(-?)\s*(["']?)\\?([A-Za-z_][A-Za-z0-9_]*)(["']?)"#));

fn form(text: &str) -> Regex {
    // The forms stand above; no input makes them.
    Regex::new(text).unwrap_or_else(|error| unreachable!("{text}: {error}"))
}

/// What of a text is base64 of user data or of a text. Lines that follow each other are one, as `base64` and YAML write it.
pub(super) fn find(text: &str) -> Vec<Embedded> {
    let mut found = Vec::new();
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
        found.extend(in_line(line, index));
        // A PEM body is base64 of no text, and is looked at as a secret.
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

/// Runs of base64 on a line that hold something by themselves.
fn in_line(line: &str, index: usize) -> Vec<Embedded> {
    let mut found = Vec::new();
    for run in line.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='))) {
        // Where in the line the run is: it is a part of it.
        let start = run.as_ptr() as usize - line.as_ptr() as usize;
        // `key=VALUE` is one run.
        let value = run.trim_end_matches('=').rsplit_once('=').map_or(0, |(key, _)| key.len() + 1);
        let digits = &run[value..];
        let ends_line = start + run.len() == line.trim_end().len();
        if digits.len() >= SHORTEST && is_base64(digits) && !(ends_line && digits.len() >= 60 && !digits.ends_with('='))
        {
            found.extend(decode(index, key_of(&line[..start + value]), digits));
        }
    }
    found
}

/// A long run of base64 at the end of a line, which may go on: where it begins.
fn trailing(line: &str) -> Option<(usize, usize, usize)> {
    let trimmed = line.trim_end();
    let start = trimmed
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/')))
        .map_or(0, |at| at + trimmed[at..].chars().next().map_or(1, char::len_utf8));
    (trimmed.len() - start >= 60).then_some((0, trimmed.len(), start))
}

fn key_of(before: &str) -> String {
    KEY.captures(before)
        .and_then(|captures| captures.get(1))
        .map_or_else(|| "base64".to_owned(), |key| key.as_str().trim_start_matches('-').to_owned())
}

fn decode(index: usize, name: String, digits: &str) -> Option<Embedded> {
    if digits.len() < SHORTEST {
        return None;
    }
    let decoded = base64::decode(digits)?;
    let content = if is_compressed(&decoded) { unpack(&decoded)? } else { decoded };
    let is_user_data = matches!(Kind::of(&content), Kind::Part(_) | Kind::Message | Kind::Gzip(_));
    // Digests, keys and words decode as well, but to no text.
    let is_text = || {
        std::str::from_utf8(&content).is_ok_and(|text| text.chars().all(|c| !c.is_control() || "\n\r\t".contains(c)))
    };
    (is_user_data || is_text()).then(|| Embedded { name, line: line(index), content, is_user_data })
}

/// The here-documents of a text that are user data themselves and in which nothing is replaced.
pub(super) fn here_documents(text: &str) -> Vec<Embedded> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        at += 1;
        let Some(captures) = HERE.captures(lines[at - 1]) else { continue };
        let part = |group: usize| captures.get(group).map_or("", |part| part.as_str());
        let (is_indented, is_quoted, mark) = (part(1) == "-", !part(2).is_empty(), part(3));
        let is_end =
            |line: &&str| if is_indented { line.trim_start_matches('\t') == mark } else { line.trim() == mark };
        let Some(length) = lines[at..].iter().position(is_end) else { continue };
        let body = &lines[at..at + length];
        let strip = |line: &&str| if is_indented { line.trim_start_matches('\t') } else { line }.to_owned();
        let mut body: Vec<String> = body.iter().map(strip).collect();
        // A here-document in a block of YAML is indented as its block is.
        let indent =
            body.iter().filter(|line| !line.trim().is_empty()).map(|line| line.len() - line.trim_start().len()).min();
        body.iter_mut().for_each(|line| *line = line.get(indent.unwrap_or(0)..).unwrap_or_default().to_owned());
        let content = body.iter().map(|line| format!("{line}\n")).collect::<String>();
        let changes = !is_quoted && content.contains(['$', '`', '\\']);
        // Scripts that are written to files are the scripts' own business; what makes a machine is not.
        let is_config = matches!(Kind::of(content.as_bytes()), Kind::Part(_) | Kind::Message);
        if is_config && !changes {
            found.push(Embedded {
                name: mark.to_owned(),
                line: line(at),
                content: content.into_bytes(),
                is_user_data: true,
            });
        }
        at += length;
    }
    found
}

fn line(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}
