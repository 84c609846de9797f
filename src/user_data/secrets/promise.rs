//! The probable secrecy of a value, according to its name.

/// The indication in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameHint {
    /// Any value is secret.
    Password,
    /// The value is secret if it looks like it.
    Random,
    /// The value is secret if it cannot be anything else.
    Issued,
    None,
}

/// Last words of the names of passwords.
const PASSWORDS: [&str; 20] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "pass",
    "pw",
    "passwort",
    "kennwort",
    "userpassword",
    "dbpassword",
    "requirepass",
    "masterauth",
    "bindpw",
    "rootpw",
    "rootbindpw",
    "authtok",
    "userpw",
    "sshpass",
    "passcode",
    "storepass",
];

/// Last words of the names of keys or tokens.
const RANDOMS: [&str; 38] = [
    "secret",
    "secrets",
    "token",
    "apikey",
    "secretkey",
    "accesskey",
    "credential",
    "credentials",
    "psk",
    "authkey",
    "authtoken",
    "apitoken",
    "secretid",
    "accesstoken",
    "clientsecret",
    "privatekey",
    "encryptionkey",
    "signingkey",
    "masterkey",
    "sharedkey",
    "licensekey",
    "pat",
    "cookie",
    "bearer",
    "keypass",
    "encrypt",
    "gossip",
    "dsn",
    "passkey",
    "setupkey",
    "appkey",
    "auth",
    "salt",
    "session",
    "sessionid",
    "phpsessid",
    "jsessionid",
    "tlspsk",
];

/// Words before `key` that indicate a secret key.
const KEYS: [&str; 46] = [
    "api",
    "secret",
    "access",
    "private",
    "auth",
    "encryption",
    "encrypt",
    "signing",
    "sign",
    "registration",
    "master",
    "account",
    "client",
    "license",
    "licence",
    "app",
    "application",
    "validation",
    "preshared",
    "shared",
    "token",
    "activation",
    "deploy",
    "service",
    "storage",
    "gossip",
    "session",
    "fernet",
    "cluster",
    "join",
    "setup",
    "join",
    "admin",
    "unseal",
    "recovery",
    "ingest",
    "ingestion",
    "write",
    "webhook",
    "jwt",
    "hmac",
    "tsig",
    "node",
    "machine",
    "certificate",
    "instrumentation",
];

/// Words before `key` that indicate a public key, or no key at all.
const PUBLIC_KEYS: [&str; 31] = [
    "public",
    "pub",
    "gpg",
    "pgp",
    "apt",
    "rpm",
    "repo",
    "host",
    "ssh",
    "kms",
    "trusted",
    "signed",
    "verify",
    "release",
    "archive",
    "keyring",
    "finger",
    "fingerprint",
    "sort",
    "partition",
    "primary",
    "foreign",
    "cache",
    "map",
    "group",
    "hash",
    "index",
    "row",
    "object",
    "s3",
    "authorized",
];

/// Last words that describe a secret instead of being one.
const ABOUT: [&str; 42] = [
    "file",
    "files",
    "path",
    "dir",
    "length",
    "type",
    "expire",
    "expires",
    "expiry",
    "policy",
    "authentication",
    "hash",
    "prompt",
    "id",
    "ids",
    "name",
    "names",
    "ttl",
    "url",
    "uri",
    "endpoint",
    "age",
    "enabled",
    "required",
    "command",
    "cmd",
    "store",
    "manager",
    "arn",
    "ref",
    "reference",
    "version",
    "size",
    "min",
    "max",
    "count",
    "algorithm",
    "env",
    "var",
    "helper",
    "source",
    "format",
];

/// First words of the names of switches, which are not secret.
const SWITCHES: [&str; 10] =
    ["lock", "no", "allow", "disable", "enable", "nopasswd", "require", "use", "has", "generate"];

pub(super) fn promise(name: &str) -> NameHint {
    /// The maximum length of a name.
    const LONGEST: usize = 100;
    if name.len() > LONGEST {
        return NameHint::None;
    }
    if !may_promise(name) {
        return NameHint::None;
    }
    let name: String = spaced(name.trim_start_matches('-'));
    let words: Vec<&str> = name.split(['_', '-', '.']).filter(|word| !word.is_empty()).collect();
    let Some(last) = words.last().copied() else { return NameHint::None };
    // The credential that HashiCorp's Vault gives an application with its role.
    if name.ends_with("secret_id") && !name.contains("client") || words.ends_with(&["root", "token", "id"]) {
        return NameHint::Random;
    }
    if ABOUT.contains(&last) || SWITCHES.contains(&words[0]) && words[0] != last && words[0] != "require" {
        return NameHint::None;
    }
    // In the configurations of HTCondor and elastiq, this is a pool's shared secret, whatever it looks like.
    let of_pool =
        name.contains("condor") && last.ends_with("secret") || name.contains("pool") && last.ends_with("secret");
    let is_password = (last.ends_with("password") || last.ends_with("passwd")) && last != "nopasswd"
        || last.ends_with("pass") && !matches!(last, "bypass" | "compass" | "nopass" | "pypass" | "overpass")
        || last.ends_with("pwd") && !matches!(last, "oldpwd" | "cwd")
        || matches!(words.as_slice(), [.., "pass", "phrase" | "word" | "wd"]);
    if PASSWORDS.contains(&last) || of_pool || is_password || words.contains(&"erlang") && last == "cookie" {
        return NameHint::Password;
    }
    let before = words.len().checked_sub(2).map(|at| words[at]);
    let is_key = last == "key" && before.is_some_and(|word| KEYS.contains(&word))
        || last == "data" && name.contains("client_key");
    let is_random = match last {
        // These are common words, and indicate a secret only together with another.
        "auth" | "pat" | "cookie" => {
            before.is_some_and(|word| !matches!(word, "require" | "basic" | "no" | "ssh")) || name == "_auth"
        }
        _ => RANDOMS.contains(&last) || last.ends_with("secret") || last.ends_with("token"),
    };
    // `SECRET_KEY_BASE`, `TF_TOKEN_app_example_org`, `password2`.
    let is_within = words
        .windows(2)
        .any(|pair| matches!(pair, ["secret", "key"] | ["api", "key"] | ["tf", "token"] | ["access", "key"]));
    let numbered = last.trim_end_matches(|c: char| c.is_ascii_digit());
    if numbered != last && PASSWORDS.contains(&numbered) && numbered.len() > 3 {
        return NameHint::Password;
    }
    if is_key || is_random || is_within || numbered != last && RANDOMS.contains(&numbered) {
        NameHint::Random
    } else if last == "key" && before.is_none_or(|word| !PUBLIC_KEYS.contains(&word)) {
        NameHint::Issued
    } else {
        NameHint::None
    }
}

/// Returns whether a name has several words, so that it is not a word of a sentence.
pub(super) fn is_compound(name: &str) -> bool {
    spaced(name.trim_start_matches('-')).contains(['_', '-', '.'])
}

/// Returns the indication of a file's name for its content: `/etc/app/db_password`, `/etc/zabbix/agent.psk`.
pub(super) fn promise_of_path(path: &str) -> NameHint {
    let name = path.rsplit('/').next().unwrap_or(path).trim_start_matches('.');
    let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
    match end {
        "pw" | "pass" | "passwd" | "password" | "pwd" => NameHint::Password,
        "psk" | "token" | "secret" | "cookie" => NameHint::Random,
        "key" => NameHint::Issued,
        "" | "txt" if !matches!(stem, "passwd" | "htpasswd" | "netrc") => promise(stem),
        _ => NameHint::None,
    }
}

/// Returns whether a name contains any relevant word: most do not, and are not split.
fn may_promise(name: &str) -> bool {
    const PARTS: [&[u8]; 16] = [
        b"pass", b"pwd", b"pw", b"kenn", b"secret", b"token", b"key", b"cred", b"psk", b"auth", b"cookie", b"bearer",
        b"gossip", b"encr", b"salt", b"sess",
    ];
    let bytes = name.as_bytes();
    let has = |part: &[u8]| {
        bytes.len() >= part.len() && bytes.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
    };
    bytes.len() > 1
        && (PARTS.iter().any(|part| has(part)) || name.ends_with("PAT") || name.ends_with("pat") || has(b"dsn"))
}

/// Converts `clientSecret` to `client_secret`, all in lower case.
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
