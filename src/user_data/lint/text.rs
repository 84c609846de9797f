//! Searches in all texts: for secrets, unencrypted downloads, and embedded contents.

use super::super::part_kind::PartKind;
use super::super::secrets::{self, DetectedSecret};
use super::super::size_limit::is_compressed;
use super::check::PLAIN_HTTP;
use super::embedded;
use super::finding::Finding;
use super::http;
use super::lint_path::LintPath;
use super::visitor::LintVisitor;

impl LintVisitor<'_> {
    /// Searches a text, unless it was searched as a part of a larger one.
    pub(super) fn search(&mut self, text: &str, place: &LintPath) {
        if place.is_searched() {
            return;
        }
        for secret in secrets::scan(text) {
            self.secret(&secret, place);
        }
        if text.contains("http://") {
            for (index, line) in text.lines().enumerate() {
                let is_comment = line.trim_start().starts_with('#') && !line.trim_start().starts_with("#!");
                if is_comment {
                    continue;
                }
                let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
                for host in http::hosts(line) {
                    let message = format!("what is fetched from {host} over plain http can be changed on the way");
                    let finding = Finding::new(&PLAIN_HTTP, place, number, message);
                    self.add(finding.hint("use https, or check its digest"));
                }
            }
        }
        for found in embedded::find(text) {
            self.embedded(&found.content, &place.of_encoded(&found.name, found.line));
        }
        for found in embedded::here_documents(text) {
            let place = place.of_text(format!("what begins at line {}", place.line(found.line)), found.line, true);
            self.document(&found.content, &place);
        }
    }

    /// Checks the content of base64 in a text, unless it was seen before.
    fn embedded(&mut self, content: &[u8], place: &LintPath) {
        if !self.budget.is_news(content) {
            return;
        }
        let unpacked = if is_compressed(content) {
            // Damaged data is ignored: digests and keys look like anything.
            match self.budget.unpack(content) {
                Some(Some(unpacked)) => Some(unpacked),
                Some(None) => return,
                None => return self.leave_out(place),
            }
        } else {
            None
        };
        if unpacked.is_none() && !self.take(content.len(), place) {
            return;
        }
        let content = unpacked.as_deref().unwrap_or(content);
        match PartKind::of(content) {
            PartKind::Foreign(_) if embedded::is_text(content) => self.search(&String::from_utf8_lossy(content), place),
            PartKind::Foreign(_) => {}
            _ => self.document(content, place),
        }
    }

    /// Reports a secret, unless it is allowed by name.
    pub(super) fn secret(&mut self, secret: &DetectedSecret, place: &LintPath) {
        self.add(Finding::secret(secret, place));
    }
}
