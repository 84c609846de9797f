//! What any text is searched for: secrets, downloads that anybody on the way may change, and what is embedded in it.

use std::sync::LazyLock;

use regex_lite::Regex;

use super::super::secrets::{self, Secret};
use super::embedded;
use super::finding::Finding;
use super::walk::{Place, Walk};

/// An address without encryption.
static PLAIN_HTTP: LazyLock<Regex> = LazyLock::new(|| {
    // No input makes it.
    Regex::new(r#"\bhttp://([^\s/"'<>:\])]+)"#).unwrap_or_else(|error| unreachable!("{error}"))
});

/// Hosts that only the machine itself answers for.
const OWN_HOSTS: [&str; 6] = ["localhost", "127.0.0.1", "169.254.169.254", "[", "metadata.google.internal", "0.0.0.0"];

impl Walk<'_> {
    /// Searches a text, unless it was searched as a part of a larger one.
    pub(super) fn search(&mut self, text: &str, place: &Place) {
        if place.is_searched() {
            return;
        }
        for secret in secrets::scan(text) {
            self.secret(&secret, place);
        }
        for (index, line) in text.lines().enumerate() {
            let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
            let is_comment = line.trim_start().starts_with('#') && !line.trim_start().starts_with("#!");
            if is_comment {
                continue;
            }
            let host = PLAIN_HTTP.captures(line).and_then(|captures| captures.get(1));
            if let Some(host) = host.filter(|host| !OWN_HOSTS.iter().any(|own| host.as_str().starts_with(own))) {
                let message =
                    format!("what is fetched from {} over plain http can be changed on the way", host.as_str());
                self.add(Finding::warning("plain-http", place, number, message).hint("use https, or check its digest"));
            }
        }
        for found in embedded::find(text) {
            let place = place.of_encoded(&found.name, found.line);
            if found.is_user_data {
                self.document(&found.content, &place);
            } else {
                self.search(&String::from_utf8_lossy(&found.content), &place);
            }
        }
        for found in embedded::here_documents(text) {
            let place = place.of_text(format!("what begins at line {}", place.line(found.line)), found.line, true);
            self.document(&found.content, &place);
        }
    }

    /// A secret, unless it is allowed by name.
    pub(super) fn secret(&mut self, secret: &Secret, place: &Place) {
        if secret.is_allowed(self.options.allowed_secrets.iter().map(String::as_str)) {
            return;
        }
        let mut finding = if secret.is_public {
            Finding::warning("weak-secret", place, secret.line, secret.what.clone())
        } else {
            Finding::error("secret", place, secret.line, format!("{} stands in the user data", secret.what)).hint(
                format!(
                    "fetch it at the start, with the machine's role; if it is meant to be there: --allow-secret {}",
                    secret.name
                ),
            )
        };
        finding.secret = Some(secret.name.clone());
        self.add(finding);
    }
}
