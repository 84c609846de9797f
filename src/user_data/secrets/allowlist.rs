//! Values that are no secrets: placeholders, and examples in cloud-init's documentation.

/// Passwords in cloud-init's own examples. They are public, so nothing is leaked, but they are reported as weak.
const PUBLIC_PASSWORDS: [&str; 4] = ["passw0rd", "password1", "gocubs", "ubuntu"];

/// SHA-256, in hexadecimal, of the private keys in cloud-init's own examples, without white space.
const PUBLIC_KEYS: [&str; 3] = [
    "39e12e12b0f7f6b84ce7116dd83873ed7a23f8cccaf941f3068ea055458bb618",
    "db0483833a460d9daf20461a30eb47d1eb8ee4730a72f715717ddd4bcfb2b336",
    "d354c2e9dd6c516fb540f051d585432ec1eb21c2109aeeb62f6c01659d89c352",
];

/// Returns whether the key with this digest is public.
pub(super) fn is_public_key(digest: &str) -> bool {
    PUBLIC_KEYS.contains(&digest)
}

/// Returns whether this password is public.
pub(super) fn is_public_password(value: &str) -> bool {
    PUBLIC_PASSWORDS.contains(&value)
}

/// Returns whether a value is a placeholder or a reference: a variable, a template's expression, a command's output,
/// `<password>`, `CHANGEME`.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let Some(first) = value.chars().next() else { return true };
    if is_hash(value) {
        return false;
    }
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
        || starts(&[
            "example",
            "enc[",
            "placeholder",
            "dummy",
            "my-secret",
            "my_secret",
            "ref+",
            ".*",
            ".+",
            "[^",
            "vault:",
            "ssm:",
            "secretsmanager:",
            "op://",
            "env:",
            "env.",
        ])
        || value.starts_with("#{")
        || value.starts_with("%{")
        || value.starts_with("%(")
        || value.starts_with("__") && value.ends_with("__")
        || lower.starts_with("arn:")
        || lower.contains("changeme")
        || lower.contains("change-me")
        || lower.contains("change_me")
        || is_one_of(&[
            "changeme",
            "disabled",
            "enabled",
            "required",
            "optional",
            "requisite",
            "sufficient",
            "prompt",
            "ask",
            "auto",
            "default",
            "jinja",
            "undefined",
            "todo",
            "tbd",
            "secret",
            "password",
            "token",
            "-",
            "hidden",
            "masked",
            "none",
            "null",
            "nil",
            "true",
            "false",
            "yes",
            "no",
            "on",
            "off",
            "r",
            "random",
            "redacted",
            "~",
            "files",
            "compat",
            "sss",
            "ldap",
            "winbind",
            "str",
            "&str",
            "string",
            "bytes",
            "secretstr",
            "optional[str]",
            "option<string>",
        ])
}

/// Matches only `$NAME`, `${NAME}`, `$(command)`, `` `command` ``, `@NAME@`.
fn is_variable(value: &str) -> bool {
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    // `${NAME:?why}`, `${NAME:+other}`, `${NAME#cut}`, `${NAME%cut}`, `${NAME/a/b}`, `${NAME:0:5}`, `${NAME^^}`,
    // `${NAME[1]}`: all of them are derived from a variable, and only a default (`${NAME:-value}`) is a value.
    let is_expansion = |inner: &str| {
        let inner = inner.trim_start_matches(['!', '#']);
        let end = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inner.len());
        let (name, rest) = inner.split_at(end);
        let default = rest.strip_prefix(":-").or_else(|| rest.strip_prefix(":="));
        let default = default.or_else(|| rest.strip_prefix('-')).or_else(|| rest.strip_prefix('='));
        !name.is_empty() && default.is_none_or(is_placeholder)
    };
    let within = |open: &str, close: &str| value.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    let of_script = |name: &str| {
        ["env:", "script:", "global:"].iter().find_map(|scope| name.strip_prefix(scope)).is_some_and(is_name)
    };
    value.strip_prefix('$').is_some_and(|name| is_name(name) || of_script(name))
        // A variable's default (`${NAME:-value}`) is a value.
        || within("${", "}").is_some_and(|inner| is_name(inner) || is_expansion(inner))
        // A value that was cut at a space within it: `${NAME:?it must be set}`.
        || value.strip_prefix("${").is_some_and(|inner| !inner.contains('}') && is_expansion(inner))
        || (value.starts_with('$') && value[1..].starts_with(['$', '?', '#', '!', '@', '*', '{', '(']) && is_made_of_variables(value))
        || is_made_of_variables(value)
        || value.starts_with("$(")
        || value.starts_with("((")
        || value.starts_with("<(")
        || value.starts_with('`')
        || value.starts_with('@') && value.ends_with('@') && is_name(value.trim_matches('@'))
}

/// Matches variables with separators: `$A$B`, `${A}:${B}`, `$A/$B`.
fn is_made_of_variables(value: &str) -> bool {
    if is_hash(value) {
        return false;
    }
    let mut rest = value;
    let mut count = 0;
    while let Some(after) = rest.strip_prefix('$') {
        let end = match after.strip_prefix('{') {
            Some(inner) => match inner.find('}') {
                Some(end) if !inner[..end].contains(":-") && !inner[..end].contains(":=") => end + 2,
                _ => return false,
            },
            None => after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len()),
        };
        if end == 0 {
            return false;
        }
        count += 1;
        rest = after[end..].trim_start_matches([':', '/', '-', '_', '.', ',', '@', '"', '\'']);
    }
    count > 0 && rest.is_empty()
}

/// Returns whether a value is a password's hash (crypt(5)): not a password, but one can be guessed from it offline.
pub(super) fn is_hash(value: &str) -> bool {
    // The notation of directories and mail servers (RFC 2307): `{SSHA}…`.
    if let Some((scheme, rest)) = value.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        const SCHEMES: [&str; 8] = ["SHA", "SSHA", "MD5", "SMD5", "CRYPT", "PBKDF2", "ARGON2", "BLF"];
        return rest.len() >= 12 && SCHEMES.iter().any(|known| scheme.to_ascii_uppercase().starts_with(known));
    }
    let mut fields = value.strip_prefix('$').unwrap_or_default().split('$');
    let kind = fields.next().unwrap_or_default();
    matches!(kind, "apr1" | "1" | "2a" | "2b" | "2y" | "5" | "6" | "7" | "y" | "gy")
        && fields.filter(|field| !field.is_empty()).count() >= 2
}

/// Returns whether a value is a path or URL instead of a secret.
pub(super) fn is_place(value: &str) -> bool {
    let is_path =
        value.starts_with('/') || value.starts_with("./") || value.starts_with("~/") || value.starts_with("../");
    let is_plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "/._-~${}".contains(c));
    (is_path && is_plain && value.matches('/').count() >= 2)
        || value.split_once("://").is_some_and(|(scheme, _)| scheme.chars().all(|c| c.is_ascii_alphanumeric()))
        || value.starts_with("arn:")
        || value.starts_with("resolve:")
        || value.starts_with("file:")
}

/// Returns whether a value is the name of a cipher or digest: `AES256-GCM`, `sha512`.
pub(super) fn is_algorithm(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    ["aes", "sha", "hmac", "rsa", "ecdsa", "ed25519", "chacha", "scram", "tls"]
        .iter()
        .any(|name| lower.starts_with(name))
        && value.len() < 24
}

/// Returns whether an unquoted value is an expression of a program: `var.db_password`, `process.env.TOKEN`.
pub(super) fn is_expression(value: &str) -> bool {
    const ROOTS: [&str; 24] = [
        "var",
        "local",
        "data",
        "module",
        "each",
        "self",
        "this",
        "process",
        "env",
        "os",
        "sys",
        "config",
        "settings",
        "cfg",
        "conf",
        "args",
        "opts",
        "options",
        "params",
        "request",
        "secrets",
        "random_password",
        "random_string",
        "aws_ssm_parameter",
    ];
    let value = value.trim_end_matches([')', ';', ',']);
    let is_name =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "_[]\"'".contains(c));
    value.split_once('.').is_some_and(|(root, rest)| ROOTS.contains(&root) && rest.split('.').all(is_name))
}

/// Returns whether the value is a UUID, in its usual form.
pub(super) fn is_uuid(value: &str) -> bool {
    value.len() == 36
        && value
            .bytes()
            .enumerate()
            .all(|(at, byte)| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}
