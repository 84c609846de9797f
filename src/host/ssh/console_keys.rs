//! Host keys in the format in which cloud-init writes them to the console.

use async_trait::async_trait;

use super::host_key::HostKey;
use crate::provider::CloudError;

/// The lines that enclose the keys (cloud-init's `write-ssh-key-fingerprints`).
const BEGIN: &str = "-----BEGIN SSH HOST KEY KEYS-----";
const END: &str = "-----END SSH HOST KEY KEYS-----";

/// Access to an instance's console through the cloud.
#[async_trait]
pub trait Console: Send + Sync {
    /// Returns the current text of the console.
    ///
    /// # Errors
    /// The cloud does not provide it.
    async fn text(&self) -> Result<String, CloudError>;
}

/// Returns the keys of the last complete list on the console: the machine may have been rebooted since the first.
pub(super) fn host_keys(console: &str) -> Vec<HostKey> {
    let mut last = Vec::new();
    let mut open: Option<Vec<HostKey>> = None;
    for line in console.lines() {
        if line.contains(BEGIN) {
            open = Some(Vec::new());
        } else if line.contains(END) {
            last = open.take().filter(|keys| !keys.is_empty()).unwrap_or(last);
        } else if let Some(keys) = &mut open {
            keys.extend(HostKey::find(line));
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::super::host_key::SAMPLE;
    use super::*;

    #[test]
    fn the_last_whole_list_counts() {
        let other = SAMPLE.replace("OMqq", "OMqr");
        let console = format!(
            "boot\n{BEGIN}\r\n{SAMPLE} root@ip-10-0-0-1\r\n{END}\r\n\
             [   20.1] cloud-init[812]: {BEGIN}\n[   20.1] cloud-init[812]: {other}\n[   20.2] cloud-init[812]: {END}\n\
             {BEGIN}\n{SAMPLE}\n"
        );
        let found: Vec<String> = host_keys(&console).iter().map(ToString::to_string).collect();
        assert_eq!(found, [other]);
    }

    #[test]
    fn keys_outside_of_the_list_are_none() {
        assert_eq!(host_keys(&format!("{SAMPLE}\nauthorized: {SAMPLE}\n{BEGIN}\n{END}\n")), []);
        assert_eq!(host_keys(&format!("{BEGIN}\n{SAMPLE}\n")), []);
    }
}
