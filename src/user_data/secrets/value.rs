//! The appearance of a value: issued by a machine, chosen by a person, or neither.

use super::allowlist;
use super::detected_secret::DetectedSecret;

/// The minimum length of a secret key or a token: issued values are longer, words are shorter.
const SHORTEST: usize = 12;

/// The minimum entropy of such a value, in bits per character: words and names of that length have less.
const LEAST_ENTROPY: f64 = 3.0;

/// The kinds of characters in a value.
struct Characters {
    digit: bool,
    small: bool,
    capital: bool,
    /// Punctuation that names, paths and URLs do not have.
    sign: bool,
}

impl Characters {
    fn of(value: &str) -> Self {
        let has = |test: fn(char) -> bool| value.chars().any(test);
        Self {
            digit: has(|c| c.is_ascii_digit()),
            small: has(|c| c.is_ascii_lowercase()),
            capital: has(|c| c.is_ascii_uppercase()),
            sign: has(|c| "!@#$%^&*?~+".contains(c)),
        }
    }

    fn count(&self) -> usize {
        [self.digit, self.small, self.capital, self.sign].into_iter().filter(|is| *is).count()
    }
}

/// Returns whether a value is not a word: it has letters and digits, or letters of both cases.
pub(super) fn is_mixed(value: &str) -> bool {
    let found = Characters::of(value);
    [found.digit, found.small, found.capital].into_iter().filter(|is| *is).count() >= 2
}

/// Returns whether a value is varied enough to be a password or a token even if only its position indicates that: names
/// of packages, hosts and versions are not.
pub(super) fn is_varied(value: &str) -> bool {
    let found = Characters::of(value);
    let is_path = value.contains('/') && !is_issued(value);
    value.len() >= 6
        && found.count() >= 3
        && !is_path
        && !value.contains(['(', ')', '{', '}', '[', ']', '<', '>', '\\', ','])
        && !allowlist::is_placeholder(value)
        && !allowlist::is_place(value)
}

/// Returns whether a value looks issued, for a name that indicates that it may be.
pub(super) fn is_random(value: &str) -> bool {
    let length = value.chars().count();
    let is_long = length >= SHORTEST && entropy(value) >= LEAST_ENTROPY && is_mixed(value);
    // Values that people choose are shorter, and have more kinds of characters than names have.
    let is_chosen = length >= 8 && Characters::of(value).count() >= 3 && entropy(value) >= 2.7;
    (is_long || is_chosen)
        && !allowlist::is_placeholder(value)
        && !allowlist::is_place(value)
        && !allowlist::is_hash(value)
        && !allowlist::is_algorithm(value)
}

/// Returns whether a value can only have been issued: hexadecimal digits without a word, or many characters of all
/// kinds in no order.
pub(super) fn is_issued(value: &str) -> bool {
    /// The number of hexadecimal digits of a 16-byte digest.
    const HEXADECIMAL: usize = 32;
    const ANY: usize = 20;
    let is_hexadecimal =
        value.len() >= HEXADECIMAL && value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let found = Characters::of(value);
    let is_plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-+/=~".contains(&byte));
    // Paths have slashes, too, but closer together.
    let is_path = value.contains("//")
        || value.starts_with('/')
        || value.contains('/') && (value.len() < 40 || value.matches('/').count() * 16 > value.len());
    let is_any = value.len() >= ANY
        && is_plain
        && !is_path
        && found.digit
        && found.small
        && found.capital
        && entropy(value) >= 3.5;
    (is_hexadecimal && entropy(value) >= LEAST_ENTROPY || is_any)
        && !is_public(value)
        && !allowlist::is_placeholder(value)
}

/// Returns whether a value begins like public keys and certificates in base64.
fn is_public(value: &str) -> bool {
    value.starts_with("AAAA") || value.starts_with("MII") || value.starts_with("LS0tLS1CRUdJTiBD")
}

/// Returns the value of the key `name` as a password, or `None` if it is a placeholder or a place.
pub(super) fn password(number: usize, name: &str, value: &str) -> Option<DetectedSecret> {
    if allowlist::is_placeholder(value) || allowlist::is_place(value) {
        return None;
    }
    let what = if allowlist::is_public_password(value) {
        format!("the password of {name}, which cloud-init's documentation prints, so that everybody knows it")
    } else if allowlist::is_hash(value) {
        format!("the hash of a password ({name}), which every reader can guess at leisure")
    } else {
        return Some(DetectedSecret::new(number, format!("password:{name}"), format!("the value of {name}")));
    };
    Some(DetectedSecret { is_public: true, ..DetectedSecret::new(number, format!("password:{name}"), what) })
}

/// Returns the Shannon entropy, in bits per character.
fn entropy(value: &str) -> f64 {
    let mut counts = std::collections::HashMap::new();
    value.chars().for_each(|c| *counts.entry(c).or_insert(0_u32) += 1);
    let total = f64::from(u32::try_from(value.chars().count()).unwrap_or(u32::MAX));
    counts.values().map(|&count| f64::from(count) / total).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_issued_is_told_from_names() {
        for value in ["0123456789abcdef0123456789abcdef", "Xk9mQ2vT7bR4wZ8nL3pH6j", "q8Zr2LmX0aPv7Tn4Kd3W+x=="] {
            assert!(is_issued(value), "{value}");
        }
        for value in [
            "amazon-cloudwatch-agent.service",
            "prod/network/terraform-State1",
            "AAAAC3NzaC1lZDI1NTE5AAAAIKk1cPpXYtR5ej0X",
            "00000000000000000000000000000000",
            "short1A",
            "node-role.kubernetes.io/Control1",
        ] {
            assert!(!is_issued(value), "{value}");
        }
        for (value, is) in
            [("Winter!harbor42", true), ("Tiger2024x", true), ("libx11-6", false), ("127.0.0.1:3031", false)]
        {
            assert_eq!(is_varied(value), is, "{value}");
        }
    }
}
