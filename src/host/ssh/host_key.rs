//! The public key of a host.

use std::fmt;

/// The kinds of host key that are understood, and the signature algorithms by which a host proves to have one (sshd's
/// `HostKeyAlgorithms`).
const KINDS: [(&str, &str); 5] = [
    ("ssh-ed25519", "ssh-ed25519"),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"),
    ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"),
    ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"),
    ("ssh-rsa", "rsa-sha2-512,rsa-sha2-256"),
];

/// The shortest text of a key that is taken for one: ed25519's, the shortest of all, has 68 characters.
const SHORTEST: usize = 60;

/// The public key of a host, without a comment: nothing in it can break a line of `known_hosts`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct HostKey {
    kind: &'static str,
    algorithms: &'static str,
    text: String,
}

impl HostKey {
    /// Reads `KIND TEXT [COMMENT]`, wherever in the line it begins; `None` when there is no such thing.
    pub(super) fn find(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (kind, algorithms) = words.find_map(|word| KINDS.into_iter().find(|(kind, _)| *kind == word))?;
        let text = words.next()?;
        let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
        let whole = text.len() >= SHORTEST && text.len() % 4 == 0 && text.chars().all(is_base64);
        whole.then(|| Self { kind, algorithms, text: text.to_owned() })
    }

    /// The signature algorithms that prove it, as ssh's `HostKeyAlgorithms` wants them.
    pub(super) fn algorithms(&self) -> &'static str {
        self.algorithms
    }
}

impl fmt::Display for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.text)
    }
}

#[cfg(test)]
pub(super) const SAMPLE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_lines() {
        let key = HostKey::find(SAMPLE).unwrap();
        assert_eq!(key.to_string(), SAMPLE);
        assert_eq!(key.algorithms(), "ssh-ed25519");
        assert_eq!(HostKey::find(&format!("[   12.3] console: {SAMPLE} root@host\r")), Some(key));
    }

    #[test]
    fn what_is_no_key_is_none() {
        let cut = &SAMPLE[..SAMPLE.len() - 3];
        for line in ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-dss AAAA", cut, "256 SHA256:abc root (ED25519)"] {
            assert_eq!(HostKey::find(line), None, "{line}");
        }
    }
}
