//! Secrets that `echo`, `printf`, `yes` or a here-string passes to a command, or writes to a file whose name indicates
//! its content.

use std::ops::Range;

use super::allowlist;
use super::detected_secret::DetectedSecret;
use super::promise::{NameHint, promise_of_path};
use super::value::{is_issued, is_random, is_varied};

/// Words of commands that read a secret from standard input.
const READERS: [&str; 32] = [
    "passwd",
    "-stdin",
    "pwstdin",
    "--passphrase-fd",
    "--with-token",
    "auth login",
    "secret create",
    "sshpass",
    "keystore add",
    "kinit",
    "kadmin",
    "realm join",
    "adcli",
    "ecryptfs-",
    "cryptsetup",
    "veracrypt",
    "voms-proxy-init",
    "myproxy-",
    "sudo -S",
    "set-sa-password",
    "pdbedit",
    "prosodyctl",
    "store_cred",
    "vault login",
    "pass insert",
    "gpg --import-ownertrust-password",
    "add-password",
    "set-password",
    "login --password",
    "mysql_config_editor",
    "systemd-creds encrypt",
    "createuser",
];

/// The maximum number of commands examined per line.
const MOST: usize = 64;

/// The number of bytes examined after a command: more adds nothing.
const LOOKED_AT: usize = 512;

/// Finds the secrets of a line, with their positions.
pub(super) fn scan(line: &str, number: usize, found: &mut Vec<(Range<usize>, DetectedSecret)>) {
    let mut add = |range: Range<usize>, what: &str| {
        if !found.iter().any(|(taken, _)| taken.start < range.end && range.start < taken.end) {
            found.push((range, DetectedSecret::new(number, "fed-secret", what)));
        }
    };
    let mut from = 0;
    for _ in 0..MOST {
        let Some((start, end)) = next_command(line, from) else { break };
        from = end;
        let near = cut(&line[end..]);
        let (words, stop) = words(near);
        let Some(target) = Target::of(&line[..start], &near[stop..]) else { continue };
        let skipped = usize::from(words.len() > 1 && words[0].0.contains('%'));
        for (word, at) in
            words.into_iter().skip(skipped).filter(|(word, _)| !word.starts_with('-') && !is_made(word)).take(2)
        {
            // `password\npassword\n`, as typed twice; `user\npassword`, as in files of credentials.
            let mut start = end + at;
            for value in word.split("\\n").flat_map(|line| line.split(' ')) {
                if let Some(what) = target.takes(value) {
                    add(start..start + value.len(), &what);
                    break;
                }
                start += value.len() + 1;
            }
        }
    }
    for (at, _) in line.match_indices("<<<").take(MOST) {
        let (words, _) = words(cut(&line[at + 3..]));
        let before = &line[..at];
        let Some((word, start)) = words.first() else { continue };
        if let Some(target) = Target::of_command(tail(before))
            && let Some(what) = target.takes(word)
        {
            add(at + 3 + start..at + 3 + start + word.len(), &what);
        }
    }
}

/// The destination of the output.
enum Target<'a> {
    /// A command reads it.
    Command,
    /// It is written to a file.
    File(&'a str),
}

impl<'a> Target<'a> {
    /// Returns the destination of an `echo` that begins after `before`, from the text after its words.
    fn of(before: &str, after: &'a str) -> Option<Self> {
        let after = after.trim_start();
        // `--password-file <(echo a)`
        if let Some(option) = before.trim_end().strip_suffix("<(") {
            let option = tail(option).trim_end_matches([' ', '=']);
            let option = option.rsplit([' ', '=']).next().unwrap_or(option).to_ascii_lowercase();
            let is_secret = ["pass", "secret", "token", "key", "cred"].iter().any(|word| option.contains(word));
            return is_secret.then_some(Self::Command).or_else(|| Self::of_command(tail(before)));
        }
        // `(echo a; echo b) | command`
        let after =
            if after.starts_with([')', ';', '&', '}']) && tail(before).contains(['(', '{']) || after.starts_with(')') {
                &after[after.find('|')?..]
            } else {
                after
            };
        if let Some(piped) = after.strip_prefix('|') {
            let mut words = piped.split_whitespace().filter(|word| !matches!(*word, "sudo" | "-a"));
            if words.next() == Some("tee") {
                return words.next().map(|path| Self::File(path.trim_matches(['"', '\''])));
            }
            return Self::of_command(piped.split([';', '|']).next().unwrap_or(piped));
        }
        let path = after.strip_prefix('>')?.trim_start_matches(['>', '|', ' ']);
        let path = path.split(|c: char| c.is_whitespace() || matches!(c, ';' | '|' | '&' | ')')).next()?;
        Some(Self::File(path.trim_matches(['"', '\''])))
    }

    fn of_command(command: &str) -> Option<Self> {
        let is_whole = |reader: &str, at: usize| {
            let next = command[at + reader.len()..].chars().next();
            reader.ends_with('-') || next.is_none_or(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        };
        let is_reader = |reader: &&str| command.match_indices(*reader).any(|(at, _)| is_whole(reader, at));
        READERS.iter().any(is_reader).then_some(Self::Command)
    }

    /// Returns the description of a value there, if it is a secret.
    fn takes(&self, value: &str) -> Option<String> {
        const SHORTEST: usize = 4;
        let is_one =
            value.len() >= SHORTEST && !value.contains(char::is_whitespace) && !allowlist::is_placeholder(value);
        let is_secret = match self {
            Self::Command => !allowlist::is_place(value) && !value.contains('$'),
            Self::File(path) => match promise_of_path(path) {
                NameHint::Password => !allowlist::is_place(value) && !value.contains(':'),
                NameHint::Random => is_random(value),
                NameHint::Issued => is_issued(value),
                NameHint::None => is_of_credentials(path) && is_varied(value),
            },
        };
        (is_one && is_secret).then(|| match self {
            Self::Command => "what a command is given as a password or a token".to_owned(),
            Self::File(path) => format!("the content of {path}"),
        })
    }
}

/// Returns whether the shell expands a word, in whole or in part: `$(command)`, `${NAME}`.
fn is_made(word: &str) -> bool {
    word.contains("$(") || word.contains("${") || word.contains('`')
}

/// Returns whether a file holds a user name and a password, according to its name.
fn is_of_credentials(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).trim_start_matches('.');
    let stem = name.split('.').next().unwrap_or(name);
    matches!(stem, "auth" | "credentials" | "creds" | "cred" | "login" | "userpass" | "user-pass" | "smbcredentials")
}

/// Returns the next command that prints its arguments: its position, and that of its arguments.
fn next_command(line: &str, from: usize) -> Option<(usize, usize)> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
    let bytes = line.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        let begins = matches!(bytes[at], b'e' | b'p' | b'y') && (at == 0 || !is_word(bytes[at - 1]));
        let name = ["echo ", "printf ", "yes "].into_iter().find(|name| begins && line[at..].starts_with(name));
        if let Some(name) = name {
            return Some((at, at + name.len()));
        }
        at += 1;
        while !line.is_char_boundary(at) {
            at += 1;
        }
    }
    None
}

/// Returns the words of a command, without quotes, with their positions; and the position of their end.
fn words(text: &str) -> (Vec<(&str, usize)>, usize) {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let rest = &text[at..];
        let blank = rest.len() - rest.trim_start().len();
        at += blank;
        let rest = &text[at..];
        if rest.is_empty() || rest.starts_with(['|', '>', ';', '&', ')', '}', '#', '<']) {
            break;
        }
        let rest_from = usize::from(rest.starts_with("$'") || rest.starts_with("$\""));
        let quoted = &rest[rest_from..];
        if let Some(quote) = quoted.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            let inner = &quoted[1..];
            let end = inner.find(quote).unwrap_or(inner.len());
            found.push((&inner[..end], at + rest_from + 1));
            at += (rest_from + end + 2).min(rest.len());
        } else {
            let is_end = |c: char| c.is_whitespace() || matches!(c, '|' | '>' | ';' | '&' | ')' | '"' | '\'');
            let end = rest.find(is_end).unwrap_or(rest.len());
            if end == 0 {
                break;
            }
            found.push((&rest[..end], at));
            at += end;
        }
    }
    (found, at.min(text.len()))
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Returns the last [`LOOKED_AT`] bytes of a text.
fn tail(text: &str) -> &str {
    let mut start = text.len().saturating_sub(LOOKED_AT);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}
