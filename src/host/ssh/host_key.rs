//! Public keys of hosts.

use std::fmt;

/// The supported kinds of host keys, with their signature algorithms (sshd's `HostKeyAlgorithms`).
const KINDS: [(&str, &str); 5] = [
    ("ssh-ed25519", "ssh-ed25519"),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"),
    ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"),
    ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"),
    ("ssh-rsa", "rsa-sha2-512,rsa-sha2-256"),
];

/// The minimum length of a key's text: ed25519's, the shortest of all, has 68 characters.
const SHORTEST: usize = 60;

/// The public key of a host, without a comment. It cannot break a line of `known_hosts`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct HostKey {
    kind: &'static str,
    algorithms: &'static str,
    text: String,
}

impl HostKey {
    /// Finds `KIND TEXT [COMMENT]` anywhere in the line. Returns `None` if there is no key.
    pub(super) fn find(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let (kind, algorithms) = words.find_map(|word| KINDS.into_iter().find(|(kind, _)| *kind == word))?;
        let text = words.next()?;
        let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
        let whole = text.len() >= SHORTEST && text.len() % 4 == 0 && text.chars().all(is_base64);
        whole.then(|| Self { kind, algorithms, text: text.to_owned() })
    }

    /// Returns the key's signature algorithms, in the format of ssh's `HostKeyAlgorithms`.
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
