//! Lists of users and their passwords, one per line: here-documents for `chpasswd` or `newusers`, and files with such
//! lines.

use super::allowlist;
use super::detected_secret::DetectedSecret;
use super::value::{self, is_varied};

/// The maximum number of lines of a list.
const LONGEST: usize = 1000;

/// Commands and files whose lines are `user:password`.
const READERS: [&str; 7] =
    ["chpasswd", "newusers", "rsyncd.secrets", "passwd.client", "sasl_passwd", "passwd-s3fs", "smbpasswd -i"];

/// Commands for which a here-document replaces typed input: the password alone, or after a user's name.
const TYPED: [&str; 9] = [
    "passwd ",
    "smbpasswd",
    "ftp ",
    "cryptsetup ",
    "kinit ",
    "kadmin",
    "realm join",
    "mysql_secure_installation",
    "createuser",
];

/// Finds the passwords in the lists of a text.
pub(super) fn scan(text: &str) -> Vec<DetectedSecret> {
    let mut found = Vec::new();
    if !READERS.iter().chain(&TYPED).any(|reader| text.contains(reader)) {
        return found;
    }
    let mut open: Option<(String, usize, usize)> = None;
    let mut is_typed = false;
    for (index, line) in text.lines().enumerate() {
        let bare = line.trim();
        if let Some((end, indent, left)) = &mut open {
            let is_over = match end.as_str() {
                // A file in YAML extends as far as its lines are indented.
                "" => !bare.is_empty() && line.len() - line.trim_start().len() <= *indent,
                end => bare == end,
            };
            *left = left.saturating_sub(1);
            if is_over || *left == 0 {
                open = None;
            } else {
                found.extend(if is_typed { typed(bare, index + 1) } else { entry(bare, index + 1) });
                continue;
            }
        }
        is_typed = !READERS.iter().any(|reader| line.contains(reader));
        let command = line.split("<<").next().unwrap_or(line);
        if is_typed && !(command.len() < line.len() && TYPED.iter().any(|reader| command.contains(reader))) {
            continue;
        }
        if let Some((_, mark)) = line.split_once("<<").filter(|(_, mark)| !mark.starts_with('<')) {
            let mark = mark.trim_start_matches(['-', ' ']).trim_start_matches(['"', '\'', '\\']);
            let mark: String = mark.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if !mark.is_empty() {
                open = Some((mark, 0, LONGEST));
            }
        } else if let Some((before, _)) = line.split_once("path:").filter(|_| !is_typed) {
            let indent = before.chars().take_while(|c| *c == ' ').count() + usize::from(before.contains('-')) * 2;
            open = Some((String::new(), indent.saturating_sub(1), LONGEST));
        }
    }
    found
}

/// Parses `user:password`, optionally after a mail server: `[host]:587 user:password`.
fn entry(line: &str, number: usize) -> Option<DetectedSecret> {
    let line = line.rsplit(' ').next().unwrap_or(line);
    let (user, value) = line.rsplit_once(':').filter(|(user, _)| !user.is_empty())?;
    let (first, rest) = line.split_once(':')?;
    // Lines of /etc/passwd have six colons, and the password is the second field.
    let value = if line.matches(':').count() >= 4 { rest.split(':').next()? } else { value };
    let is_user = user.chars().all(|c| c.is_ascii_alphanumeric() || "_.@-:+/*[]".contains(c));
    let is_key = matches!(first, "path" | "content" | "owner" | "permissions" | "encoding" | "append" | "defer");
    if !is_user || is_key || value.is_empty() || value.len() < 3 {
        return None;
    }
    let secret = value::password(number, first, value)?;
    Some(DetectedSecret { name: format!("list-password:{first}"), what: format!("the password of {first}"), ..secret })
}

/// Parses typed input of a command: a password alone, or `user NAME PASSWORD`.
fn typed(line: &str, number: usize) -> Option<DetectedSecret> {
    let words: Vec<&str> = line.split_whitespace().take(4).collect();
    let value = match words.as_slice() {
        [value] => value,
        ["user", _, value] | ["quote", "PASS", value] => value,
        _ => return None,
    };
    let is_secret = is_varied(value) && !allowlist::is_place(value);
    is_secret.then(|| DetectedSecret::new(number, "list-password:typed", "a password that is typed to a command"))
}
