//! The record of a run's pinned host keys, in the `known_hosts` format.

use super::host_key::HostKey;

/// Marks a key from user data. Every reader of the user data can impersonate the machine with it, so it serves for the
/// first connection only.
const EPHEMERAL: &str = "hoist:ephemeral";
/// Marks the key that replaces an ephemeral one, until the machine has presented it.
const NEXT: &str = "hoist:next";

/// The status of a pinned key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyStatus {
    /// The machine's permanent key.
    Kept,
    /// From user data, to be replaced over the first connection.
    Ephemeral,
    /// Made on the machine in place of the ephemeral one, not yet shown by it.
    Next,
}

/// A key pinned to a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pin {
    pub(super) alias: String,
    pub(super) key: HostKey,
    pub(super) standing: KeyStatus,
}

impl Pin {
    fn read(line: &str) -> Option<Self> {
        let (alias, rest) = line.split_once(' ')?;
        let standing = match rest.rsplit(' ').next() {
            Some(EPHEMERAL) => KeyStatus::Ephemeral,
            Some(NEXT) => KeyStatus::Next,
            _ => KeyStatus::Kept,
        };
        Some(Self { alias: alias.to_owned(), key: HostKey::find(rest)?, standing })
    }

    /// Returns the pin's line for `known_hosts`, with its line end.
    pub(super) fn line(&self) -> String {
        let mark = match self.standing {
            KeyStatus::Kept => String::new(),
            KeyStatus::Ephemeral => format!(" {EPHEMERAL}"),
            KeyStatus::Next => format!(" {NEXT}"),
        };
        format!("{} {}{mark}\n", self.alias, self.key)
    }
}

/// Parses the pins of a file, ignoring other lines.
pub(super) fn read(text: &str) -> Vec<Pin> {
    text.lines().filter_map(Pin::read).collect()
}

/// Returns the content of a file with these pins.
pub(super) fn write(pins: &[Pin]) -> String {
    pins.iter().map(Pin::line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::host_key::SAMPLE;
    use super::*;

    #[test]
    fn pins_are_read_as_they_were_written() {
        let key = HostKey::find(SAMPLE).unwrap();
        let pins = [KeyStatus::Kept, KeyStatus::Ephemeral, KeyStatus::Next].map(|standing| Pin {
            alias: "i-1".to_owned(),
            key: key.clone(),
            standing,
        });
        let text = write(&pins);
        assert_eq!(read(&text), pins);
        assert_eq!(read(&format!("# note\n\n{text}half a li")), pins);
    }
}
