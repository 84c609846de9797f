//! Secrets that are known by the name of what they are the value of.

use std::ops::Range;
use std::sync::LazyLock;

use regex_lite::Regex;

use super::{Secret, known};

/// A name, `=` or `:`, and a value: in quotes, or up to the next space, comma or bracket. A command's option (`--password x`)
/// is a name with its value as well.
const FORM: &str = r#"(?:^|[\s"'{,(;&?-])([A-Za-z0-9_.-]*[A-Za-z0-9])["']?(\s*(?:=>|:=|=|:)\s*|\s+)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"',;]+)"#;

static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
    // No input makes it.
    Regex::new(FORM).unwrap_or_else(|error| unreachable!("{error}"))
});

/// The shortest value that a key of a secret or a token has: those that are issued are longer, words are shorter.
const SHORTEST: usize = 12;

/// The least entropy of such a value, in bits a character: words and names have less, at such lengths.
const LEAST_ENTROPY: f64 = 3.0;

/// What a name promises.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Promise {
    /// Whatever the value, it is secret.
    Password,
    /// The value is secret if it looks like one.
    Random,
    None,
}

/// The secrets of a line, and where in it they are.
pub(super) fn scan(line: &str, number: usize) -> Vec<(Range<usize>, Secret)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(captures) = line.get(at..).and_then(|rest| ASSIGNMENT.captures(rest)) {
        let (Some(name), Some(between), Some(value)) = (captures.get(1), captures.get(2), captures.get(3)) else {
            break;
        };
        let range = at + value.start()..at + value.end();
        // The value of one may be the name of the next: `password: {type: text}`.
        let next = at + name.end();
        let is_option = between.as_str().trim().is_empty();
        let before = &line[..at + name.start()];
        if let Some(secret) = judge(name.as_str(), value.as_str(), is_option, before, &line[range.end..], number) {
            found.push((range, secret));
        }
        at = next;
    }
    found
}

fn judge(name: &str, value: &str, is_option: bool, before: &str, after: &str, number: usize) -> Option<Secret> {
    let promise = promise(name);
    if promise == Promise::None || (is_option && !(before.ends_with("--") || name.starts_with("--"))) {
        return None;
    }
    let is_quoted = value.starts_with(['"', '\'']);
    // Prose goes on: "password: the one that you chose".
    let is_comment = before.trim_start().starts_with('#');
    if is_comment && !is_quoted && !after.trim().is_empty() {
        return None;
    }
    // `<your password>` in two words.
    if !is_quoted && value.starts_with('<') && after.contains('>') {
        return None;
    }
    let value = without_closing(value.trim_matches(['"', '\''])).trim_end_matches("\\n");
    // A key in its armour is told of as a key.
    if value.contains("-----BEGIN") {
        return None;
    }
    // A call or a look-up is no value: `password = read_password()`, `os.environ[...]`.
    if !is_quoted
        && (value.contains('(') || value.contains("environ") || value.starts_with(['|', '>', '{', '[', '&', '*', '!']))
    {
        return None;
    }
    let name = name.trim_start_matches('-');
    match promise {
        Promise::Password => password(number, name, value),
        Promise::Random => {
            let is_random = value.chars().count() >= SHORTEST && entropy(value) >= LEAST_ENTROPY && is_mixed(value);
            let is_secret =
                is_random && !known::is_placeholder(value) && !known::is_place(value) && !known::is_hash(value);
            is_secret.then(|| Secret::new(number, format!("secret:{name}"), format!("the value of {name}")))
        }
        Promise::None => None,
    }
}

/// The value of a key of a password, if it is one.
pub(super) fn password(number: usize, name: &str, value: &str) -> Option<Secret> {
    if known::is_placeholder(value) || known::is_place(value) {
        return None;
    }
    let what = if known::is_public_password(value) {
        format!("the password of {name}, which cloud-init's documentation prints, so that everybody knows it")
    } else if known::is_hash(value) {
        format!("the hash of a password ({name}), which whoever reads it can guess at leisure")
    } else {
        return Some(Secret::new(number, format!("password:{name}"), format!("the value of {name}")));
    };
    Some(Secret { is_public: true, ..Secret::new(number, format!("password:{name}"), what) })
}

fn promise(name: &str) -> Promise {
    let name: String = spaced(name.trim_start_matches('-'));
    let words: Vec<&str> = name.split(['_', '-', '.']).filter(|word| !word.is_empty()).collect();
    let Some(last) = words.last() else { return Promise::None };
    let is_about =
        ["file", "path", "dir", "length", "type", "expire", "policy", "authentication", "hash", "prompt", "id", "name"];
    if is_about.contains(last) || matches!(words[0], "lock" | "no" | "allow" | "disable" | "enable" | "nopasswd") {
        return Promise::None;
    }
    let password = ["password", "passwd", "pwd", "passphrase", "pass", "pw", "passwort", "userpassword", "dbpassword"];
    // What HTCondor's and elastiq's configurations call so is a pool's shared secret, whatever it looks like.
    let of_pool =
        name.contains("condor") && last.ends_with("secret") || name.contains("pool") && last.ends_with("secret");
    if password.contains(last)
        || of_pool
        || (last.ends_with("password") || last.ends_with("passwd")) && *last != "nopasswd"
    {
        return Promise::Password;
    }
    let pair = words.len().checked_sub(2).map(|at| words[at]);
    let is_secret_key = *last == "key"
        && pair.is_some_and(|word| {
            matches!(
                word,
                "api"
                    | "secret"
                    | "access"
                    | "private"
                    | "auth"
                    | "encryption"
                    | "signing"
                    | "registration"
                    | "master"
                    | "account"
                    | "client"
                    | "license"
                    | "app"
                    | "application"
                    | "validation"
                    | "preshared"
                    | "token"
            )
        });
    let random = ["secret", "token", "apikey", "secretkey", "accesskey", "credential", "credentials", "psk", "authkey"];
    if random.contains(last) || is_secret_key || last.ends_with("secret") || last.ends_with("token") {
        return Promise::Random;
    }
    Promise::None
}

/// The value without the brackets that close what it stands in.
fn without_closing(mut value: &str) -> &str {
    for (open, close) in [('(', ')'), ('{', '}'), ('[', ']')] {
        if !value.contains(open) {
            value = value.trim_end_matches(close);
        }
    }
    value
}

/// `clientSecret` as `client_secret`; all in small letters.
fn spaced(name: &str) -> String {
    let mut spaced = String::with_capacity(name.len() + 4);
    let mut was_small = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && was_small {
            spaced.push('_');
        }
        was_small = c.is_ascii_lowercase();
        spaced.push(c.to_ascii_lowercase());
    }
    spaced
}

/// Shannon entropy, in bits a character.
fn entropy(value: &str) -> f64 {
    let mut counts = std::collections::HashMap::new();
    value.chars().for_each(|c| *counts.entry(c).or_insert(0_u32) += 1);
    let total = f64::from(u32::try_from(value.chars().count()).unwrap_or(u32::MAX));
    counts.values().map(|&count| f64::from(count) / total).map(|share| -share * share.log2()).sum()
}

/// Whether a value is no word: it has digits beside letters, or small letters beside capital ones.
fn is_mixed(value: &str) -> bool {
    let has = |test: fn(&char) -> bool| value.chars().any(|c| test(&c));
    let (digit, small, capital) =
        (has(char::is_ascii_digit), has(char::is_ascii_lowercase), has(char::is_ascii_uppercase));
    [digit, small, capital].into_iter().filter(|&is| is).count() >= 2
}
