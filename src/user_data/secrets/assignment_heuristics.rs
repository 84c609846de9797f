//! Secrets that are recognised by the names to which they are assigned.

use std::ops::Range;

use super::allowlist;
use super::detected_secret::DetectedSecret;
use super::promise::{NameHint, is_compound, promise};
use super::value::{is_issued, is_mixed, is_random, is_varied, password};

/// The number of bytes of a value that are examined: more adds nothing, and no line is rescanned repeatedly.
const LOOKED_AT: usize = 256;

/// The maximum number of names in a line whose values are examined: no hand-written line has more.
const MOST_OF_LINE: usize = 2000;

/// The maximum length of a name.
const LONGEST_NAME: usize = 100;

/// A name and its value in a line.
struct Assignment<'a> {
    name: &'a str,
    /// The value as written, with its quotes.
    value: &'a str,
    range: Range<usize>,
    /// Whether only white space separates them, as in a command's options.
    is_option: bool,
    /// The separator.
    between: &'a str,
    before: &'a str,
    after: &'a str,
}

/// Finds the secrets of a line, with their positions: a name, `=` or `:` or the like, and a value.
pub(super) fn scan(line: &str, number: usize, found: &mut Vec<(Range<usize>, DetectedSecret)>) {
    let mut at = 0;
    for _ in 0..MOST_OF_LINE {
        let Some(next) = next(line, &mut at) else { return };
        if let Some(secret) = judge(&next, number) {
            found.push((next.range, secret));
        }
    }
}

/// Returns the next name that indicates a secret, with its value. `at` is advanced to where to continue.
fn next<'a>(line: &'a str, at: &mut usize) -> Option<Assignment<'a>> {
    let bytes = line.as_bytes();
    while *at < bytes.len() {
        let start = *at;
        if !is_name(bytes[start]) || start > 0 && is_name(bytes[start - 1]) {
            *at += 1;
            continue;
        }
        let length = bytes[start..].iter().take_while(|byte| is_name(**byte)).count();
        let end = start + length;
        *at = end;
        // A variable's name does not end in a dot or hyphen, and must not be preceded by a character that makes it a
        // part of a longer name.
        let name = line[start..end].trim_start_matches(['.', '/']);
        let is_sound = length <= LONGEST_NAME && name.ends_with(|c: char| c.is_ascii_alphanumeric());
        if !is_sound || promise(name) == NameHint::None {
            continue;
        }
        if let Some(found) = value(line, end, name, start) {
            return Some(found);
        }
    }
    None
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-')
}

/// Returns the value that follows the name ending there.
fn value<'a>(line: &'a str, end: usize, name: &'a str, start: usize) -> Option<Assignment<'a>> {
    let rest = &line[end..];
    let after_name = rest.strip_prefix("\\\"").or_else(|| rest.strip_prefix(['"', '\''])).unwrap_or(rest);
    // `config["password"] = …`
    let after_name =
        if after_name.len() < rest.len() { after_name.strip_prefix(']').unwrap_or(after_name) } else { after_name };
    let spaced = after_name.trim_start_matches([' ', '\t']);
    let was_spaced = spaced.len() < after_name.len();
    let is_key = after_name.len() < rest.len();
    let (value, is_option) =
        if let Some(value) = ["=>", ":=", "?=", "==", "="].iter().find_map(|mark| spaced.strip_prefix(mark)) {
            (value, false)
        } else if let Some(value) = spaced.strip_prefix("::").or_else(|| spaced.strip_prefix(':')) {
            (value, false)
        } else if let Some(value) = spaced.strip_prefix(',').filter(|_| is_key && is_first_argument(line, start)) {
            // `define('DB_PASSWORD', 'x')`
            (value, false)
        } else if let Some(value) = spaced.strip_prefix('>').filter(|_| line[..start].ends_with('<')) {
            // `<password>x</password>`
            (value, false)
        } else if was_spaced {
            (spaced, true)
        } else {
            return None;
        };
    let value = value.trim_start_matches([' ', '\t']);
    let value = typed(value).unwrap_or(value);
    let from = line.len() - value.len();
    let value = cut(value);
    let is_element = line[..from].ends_with('>') && line[..start].ends_with('<');
    let length = match value.chars().next()? {
        _ if is_element => value.find('<').unwrap_or(value.len()),
        '\\' if value.starts_with("\\\"") => 2 + value[2..].find("\\\"").map_or(value.len() - 2, |at| at + 2),
        quote @ ('"' | '\'') => quoted(value, quote),
        _ => {
            // In a URL or a form, the text that follows is another value.
            let is_field = line[..start].ends_with(['?', '&']);
            let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';') || is_field && c == '&';
            value.find(is_end).unwrap_or(value.len())
        }
    };
    let (value, range) = (&value[..length], from..from + length);
    let after = &line[range.end..];
    (!value.is_empty()).then(|| Assignment {
        name,
        value,
        between: &line[end..range.start],
        range,
        is_option,
        before: &line[..start],
        after,
    })
}

/// Returns the quoted value of a declaration with a type: `&str = "x"`.
fn typed(value: &str) -> Option<&str> {
    /// The maximum length of a type.
    const LONGEST: usize = 40;
    let at = value.bytes().take(LONGEST).position(|byte| byte == b'=')?;
    let (kind, after) = (value[..at].trim_end(), value[at + 1..].trim_start());
    let is_kind = kind.starts_with(|c: char| c.is_ascii_alphabetic() || c == '&')
        && kind.chars().all(|c| c.is_ascii_alphanumeric() || "_<>[]:&'?. ".contains(c));
    (is_kind && after.starts_with(['"', '\''])).then_some(after)
}

/// Returns whether a quoted name is the first argument of a call.
fn is_first_argument(line: &str, start: usize) -> bool {
    line[..start].trim_end_matches(['"', '\'']).trim_end().ends_with('(')
}

/// Returns the length of a quoted text, including the quotes.
fn quoted(value: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in value.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    value.len()
}

fn cut(value: &str) -> &str {
    let mut end = value.len().min(LOOKED_AT);
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    &value[..end]
}

/// Directives of configuration files that are separated from their value by a space, at the beginning of a line.
const DIRECTIVES: [&str; 14] = [
    "requirepass",
    "masterauth",
    "bindpw",
    "rootpw",
    "rootbindpw",
    "auth_pass",
    "password",
    "secret",
    "authtoken",
    "ldap_default_authtok",
    "olcRootPW",
    "userPassword",
    "shared-secret",
    "sasl_password",
];

fn judge(found: &Assignment<'_>, number: usize) -> Option<DetectedSecret> {
    let Assignment { name, value, is_option, between, before, after, .. } = found;
    let promise = promise(name);
    if is_within_expression(before) || before.ends_with('/') && between.trim() == ":" {
        return None;
    }
    let is_line = before.trim_start().is_empty() && after.trim().trim_end_matches([';', ',']).is_empty();
    let is_switch = before.ends_with("--") || name.starts_with('-') && name.len() > 2;
    if *is_option && !is_switch && !is_directive(name, value, promise, is_line) && !is_set(name, value, promise) {
        return None;
    }
    // In a variable, only the default is a value: `${NAME:-value}`.
    let mut value = *value;
    if before.ends_with("${") {
        let default = match *between {
            ":" => value.strip_prefix('-'),
            ":=" | "=" => Some(value),
            _ => None,
        };
        value = default.map(|default| default.split('}').next().unwrap_or(default))?;
    }
    let is_quoted = value.starts_with(['"', '\'', '\\']);
    if *is_option && !is_switch && !is_quoted && !is_mixed(value) {
        return None;
    }
    // Prose continues: "password: the one that you chose".
    let is_comment = before.trim_start().starts_with('#') || before.trim_start().starts_with("// ");
    if is_comment && !is_quoted && !after.trim().is_empty() {
        return None;
    }
    // `<your password>` in two words.
    if !is_quoted && value.starts_with('<') && after.contains('>') {
        return None;
    }
    let value = value.strip_prefix("\\\"").map_or(value, |inner| inner.trim_end_matches("\\\""));
    let value = without_closing(value.trim_matches(['"', '\''])).trim_end_matches("\\n");
    // A PEM key is reported as a key.
    if value.contains("-----BEGIN") {
        return None;
    }
    // A call or a look-up is not a value: `password = read_password()`, `os.environ[...]`.
    if !is_quoted
        && (value.contains('(')
            || value.contains(").")
            || allowlist::is_expression(value)
            || value.contains("environ")
            || value.starts_with(['|', '>', '{', '[', '&', '*', '!', '(']) && !allowlist::is_hash(value))
    {
        return None;
    }
    // A cmdlet's name: `$password = Read-Host`.
    if !is_quoted
        && before.ends_with('$')
        && value.split_once('-').is_some_and(|(verb, noun)| is_capitalised(verb) && is_capitalised(noun))
    {
        return None;
    }
    // An option after an option: the first one was a switch.
    if *is_option && value.starts_with("--") {
        return None;
    }
    // The working directory, or a parameter of a Python function.
    if name.eq_ignore_ascii_case("pwd") && value.starts_with('/')
        || allowlist::is_placeholder(value.trim_end_matches([')', ':']))
    {
        return None;
    }
    let name = name.trim_start_matches('-');
    let value = value.strip_prefix("base64:").unwrap_or(value);
    match promise {
        NameHint::Password => password(number, name, value),
        NameHint::Random => is_random(value)
            .then(|| DetectedSecret::new(number, format!("secret:{name}"), format!("the value of {name}"))),
        NameHint::Issued => is_issued(value)
            .then(|| DetectedSecret::new(number, format!("secret:{name}"), format!("the value of {name}"))),
        NameHint::None => None,
    }
}

/// Returns whether a line is a directive of a configuration file: only its name and its value. A command with the same
/// name (`passwd root`) is not a directive.
fn is_directive(name: &str, value: &str, promise: NameHint, is_line: bool) -> bool {
    let bare = value.trim_matches(['"', '\'']);
    let is_command = matches!(name, "passwd" | "sshpass" | "htpasswd" | "smbpasswd" | "vncpasswd" | "pass");
    let is_quoted = bare.len() < value.len();
    is_line
        && (DIRECTIVES.contains(&name)
            || promise == NameHint::Password && !is_command && (is_quoted || is_varied(bare) && !bare.contains(':'))
            || promise == NameHint::Random && is_issued(bare))
}

/// Returns whether a command sets a value by its name, separated by a space: `npm config set //host/:_authToken VALUE`,
/// `reset-admin-password VALUE`.
fn is_set(name: &str, value: &str, promise: NameHint) -> bool {
    let bare = value.trim_matches(['"', '\'']);
    let is_quoted = bare.len() < value.len() && !bare.contains(' ');
    match promise {
        NameHint::Password => {
            (is_compound(name) || is_quoted) && is_varied(bare) || is_compound(name) && is_quoted && is_mixed(bare)
        }
        NameHint::Random => is_issued(bare) || allowlist::is_uuid(bare),
        NameHint::Issued | NameHint::None => false,
    }
}

/// Returns whether a text ends within an expression of a template: `{{ … `.
fn is_within_expression(before: &str) -> bool {
    /// The maximum length of an expression, so that long lines are not rescanned repeatedly.
    const LONGEST: usize = 200;
    let mut start = before.len().saturating_sub(LONGEST);
    while !before.is_char_boundary(start) {
        start += 1;
    }
    let near = &before[start..];
    near.rfind("{{").is_some_and(|open| !near[open..].contains("}}"))
}

fn is_capitalised(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase()) && word.chars().skip(1).all(|c| c.is_ascii_alphabetic())
}

/// Strips the brackets that close the surrounding text from the value.
fn without_closing(mut value: &str) -> &str {
    for (open, close) in [('(', ')'), ('{', '}'), ('[', ']')] {
        if !value.contains(open) {
            value = value.trim_end_matches(close);
        }
    }
    value
}
