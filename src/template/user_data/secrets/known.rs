//! Secrets that are none: values that stand for a secret, and those that cloud-init's documentation prints.

/// Passwords in cloud-init's own examples. Everybody has them, so they give nothing away; they are weak, which is said.
const PUBLIC_PASSWORDS: [&str; 4] = ["passw0rd", "password1", "gocubs", "ubuntu"];

/// SHA-256, in hexadecimal, of the private keys that cloud-init's own examples print, their white space left out.
const PUBLIC_KEYS: [&str; 3] = [
    "39e12e12b0f7f6b84ce7116dd83873ed7a23f8cccaf941f3068ea055458bb618",
    "db0483833a460d9daf20461a30eb47d1eb8ee4730a72f715717ddd4bcfb2b336",
    "d354c2e9dd6c516fb540f051d585432ec1eb21c2109aeeb62f6c01659d89c352",
];

/// Whether everybody knows the key of this digest.
pub(super) fn is_public_key(digest: &str) -> bool {
    PUBLIC_KEYS.contains(&digest)
}

/// Whether everybody knows this password.
pub(super) fn is_public_password(value: &str) -> bool {
    PUBLIC_PASSWORDS.contains(&value)
}

/// Whether a value only says that something belongs there, or where it is to be found: a variable, a template's expression, a
/// command's output, `<password>`, `CHANGEME`.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let Some(first) = value.chars().next() else { return true };
    let lower = value.to_ascii_lowercase();
    let is_one_of = |words: &[&str]| words.contains(&lower.as_str());
    let starts = |beginnings: &[&str]| beginnings.iter().any(|beginning| lower.starts_with(beginning));
    value.starts_with("{{")
        || value.starts_with("{%")
        || is_variable(value)
        || (first == '<' && value.ends_with('>'))
        || (first == '[' && value.ends_with(']'))
        || (first == '%' && value.ends_with('%') && value.len() > 2)
        || value.chars().all(|c| matches!(c, '*' | '.' | 'x' | 'X' | '!' | '?' | '-' | '_'))
        || starts(&["your_", "your-", "replace_", "replace-", "change_me", "change-me", "insert_", "file:", "file("])
        || is_one_of(&[
            "changeme", "none", "null", "nil", "true", "false", "yes", "no", "on", "off", "r", "random", "redacted",
        ])
}

/// `$NAME`, `${NAME}`, `$(command)`, `` `command` ``, `@NAME@` and nothing else.
fn is_variable(value: &str) -> bool {
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    let within = |open: &str, close: &str| value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    value.strip_prefix('$').is_some_and(is_name)
        // A default of a variable (`${NAME:-value}`) is a value.
        || within("${", "}").is_some_and(is_name)
        || value.starts_with("$(")
        || value.starts_with('`')
        || within("@", "@").is_some_and(is_name)
}

/// Whether a value is what a password hashes to (crypt(5)): no password, but one to be guessed at leisure.
pub(super) fn is_hash(value: &str) -> bool {
    let mut fields = value.strip_prefix('$').unwrap_or_default().split('$');
    let kind = fields.next().unwrap_or_default();
    matches!(kind, "1" | "2a" | "2b" | "2y" | "5" | "6" | "7" | "y" | "gy")
        && fields.filter(|field| !field.is_empty()).count() >= 2
}

/// Whether a value names a file or an address instead of being a secret.
pub(super) fn is_place(value: &str) -> bool {
    let is_path =
        value.starts_with('/') || value.starts_with("./") || value.starts_with("~/") || value.starts_with("../");
    let is_plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "/._-~${}".contains(c));
    (is_path && is_plain && value.matches('/').count() >= 2)
        || value.split_once("://").is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric()))
        || value.starts_with("arn:")
        || value.starts_with("resolve:")
}
