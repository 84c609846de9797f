//! The errors of ssh when it could not connect. The only module that parses ssh's own messages.

/// The reason why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SshError {
    /// Nothing answers, or the host breaks off: ssh's message.
    Silent(String),
    /// The login is refused: ssh's message.
    Denied(String),
    /// The host key differs from the known one.
    Changed(Changed),
    /// The host has no host key of the known kind: the kinds that it offered.
    OtherKind(String),
    /// The host's key is unknown: the fingerprint that it offered.
    Unknown(Option<String>),
    /// A jump host or proxy command ended the connection before it was established.
    Through(String),
    /// There is no algorithm common to both sides: ssh's message.
    Strange(String),
    /// The user's own settings are wrong: ssh's message.
    Settings(String),
    /// Any other failure: ssh's message.
    Other(String),
}

/// A host key that differs from the known one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changed {
    /// The fingerprint that the host offered.
    pub(super) offered: Option<String>,
    /// The name of the known key's entry: `10.0.0.1`, `[10.0.0.1]:2222`.
    pub(super) name: Option<String>,
    /// The file with the known key.
    pub(super) file: Option<String>,
}

impl SshError {
    /// Parses ssh's log.
    pub(super) fn read(log: &str) -> Self {
        let lines: Vec<&str> = log.lines().map(|line| line.trim_end_matches('\r').trim()).collect();
        let line_with = |what: &str| lines.iter().find(|line| line.contains(what)).map(|line| (*line).to_owned());
        let words = || last_words(&lines);
        if log.contains("HAS CHANGED") || log.contains("has changed and you have requested strict checking") {
            return Self::Changed(Changed::read(log));
        }
        if let Some(line) = line_with("no matching host key type found") {
            let offer = line.split("Their offer: ").nth(1).unwrap_or_default();
            return Self::OtherKind(offer.to_owned());
        }
        if let Some(line) = line_with("no matching ") {
            return Self::Strange(line);
        }
        if log.contains("and you have requested strict checking") {
            return Self::Unknown(offered(log));
        }
        if let Some(line) = line_with("Permission denied (").or_else(|| line_with("Too many authentication failures")) {
            return Self::Denied(line);
        }
        for what in ["Bad configuration option", "Bad owner or permissions", "Missing argument", "jumphost loop"] {
            if let Some(line) = line_with(what) {
                return Self::Settings(line);
            }
        }
        if let Some(end) = lines.iter().position(|line| line.contains("bad configuration options")) {
            // The preceding line names the setting.
            return Self::Settings(lines[end.saturating_sub(1)].to_owned());
        }
        // ssh's names for the other end of a pipe to another ssh or to a command.
        if log.contains("UNKNOWN port 65535") || log.contains("stdio forwarding failed") {
            return Self::Through(words());
        }
        for what in [
            "connect to host",
            "Could not resolve hostname",
            "banner exchange",
            "Connection closed by",
            "Connection reset by",
            "kex_exchange_identification",
            "Connection timed out",
            "Not allowed at this time",
            "not responding",
        ] {
            if let Some(line) = line_with(what) {
                return Self::Silent(line.trim_start_matches("ssh: ").to_owned());
            }
        }
        Self::Other(words())
    }
}

impl Changed {
    fn read(log: &str) -> Self {
        let between = |before: &str, after: &str| {
            let rest = log.split_once(before)?.1;
            Some(rest.split_once(after)?.0.to_owned())
        };
        // `Offending ED25519 key in /home/u/.ssh/known_hosts:12`
        let file = log.lines().find_map(|line| {
            let (_, place) = line.trim().strip_prefix("Offending ")?.split_once(" key in ")?;
            Some(place.rsplit_once(':')?.0.to_owned())
        });
        Self { offered: offered(log), name: between("Host key for ", " has changed"), file }
    }
}

/// Returns the fingerprint that the host offered, if ssh shows it.
fn offered(log: &str) -> Option<String> {
    let after =
        log.split("key sent by the remote host is").nth(1).or_else(|| log.split("key fingerprint is").nth(1))?;
    let word = after.split_whitespace().next()?.trim_end_matches('.');
    word.starts_with("SHA256:").then(|| word.to_owned())
}

/// Returns the last lines that are not empty, shortened for a message.
fn last_words(lines: &[&str]) -> String {
    let said: Vec<&str> = lines.iter().copied().filter(|line| !line.is_empty()).collect();
    let text = said[said.len().saturating_sub(3)..].join("; ");
    if text.is_empty() { "ssh gave no reason".to_owned() } else { text.chars().take(500).collect() }
}

#[cfg(test)]
mod tests;
