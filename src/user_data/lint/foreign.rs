//! User data that cloud-init does not read: for another reader, encoded twice, or of an unknown kind.

use super::super::base64;
use super::super::part_kind::PartKind;
use super::check::{BASE64, DAMAGED, NO_HEADER, OTHER_READER};
use super::finding::Finding;
use super::lint_path::LintPath;
use super::visitor::LintVisitor;

/// The valid first lines of user data for cloud-init.
const KNOWN: &str =
    "the first line must be #!… of a script, #cloud-config, #include, #cloud-boothook or the header of a MIME message";

impl LintVisitor<'_> {
    /// Reports user data that cloud-init does not read.
    pub(super) fn foreign(&mut self, data: &[u8], beginning: &str, place: &LintPath) {
        if beginning.starts_with("compressed") {
            self.add(Finding::new(&DAMAGED, place, 1, format!("cloud-init does not read this: it is {beginning}")));
            return;
        }
        let text = String::from_utf8_lossy(data);
        if let Some(decoded) = encoded(&text) {
            let message = format!("it is base64, of {}: nothing on the machine decodes it", PartKind::of(&decoded));
            let hint = "give the user data itself; the cloud's interface encodes it";
            self.add(Finding::new(&BASE64, place, 1, message).hint(hint));
            let place = place.of_encoded("what is in base64", 1);
            if self.take(decoded.len(), &place) {
                self.document(&decoded, &place);
            }
            return;
        }
        if let Some(reader) = reader(&text) {
            self.add(Finding::new(&OTHER_READER, place, 1, format!("cloud-init does not read this; {reader} does")));
        } else {
            let message = format!("cloud-init does not read this: {beginning}");
            let hint = slip(&text).unwrap_or_else(|| KNOWN.to_owned());
            self.add(Finding::new(&NO_HEADER, place, 1, message).hint(hint));
        }
        self.search(&text, place);
    }
}

/// Decodes user data that was encoded by hand.
fn encoded(text: &str) -> Option<Vec<u8>> {
    /// The minimum length of the beginning of a script.
    const SHORTEST: usize = 12;
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let text = text.trim();
    if text.len() < SHORTEST || !text.bytes().all(|byte| is_digit(byte) || byte.is_ascii_whitespace()) {
        return None;
    }
    base64::decode(text).filter(|decoded| !matches!(PartKind::of(decoded), PartKind::Foreign(_)))
}

/// Returns a reader other than cloud-init that recognises the beginning of user data.
fn reader(text: &str) -> Option<&'static str> {
    let start = text.trim_start();
    let lower: String = start.chars().take(4096).collect::<String>().to_ascii_lowercase();
    let begins = |with: &str| lower.starts_with(with);
    let has_line = |with: &str| lower.lines().any(|line| line.starts_with(with));
    let windows =
        ["<powershell", "<script>", "<persist>", "<runasuser>", "#ps1", "rem cmd", "<detach>", "<powershellarguments"];
    if windows.iter().any(|mark| begins(mark)) {
        Some("Windows (EC2Launch, Cloudbase-Init)")
    } else if has_line("tasks:") && (has_line("version:") || lower.contains("task:")) {
        Some("Windows (EC2Launch v2)")
    } else if begins("{") && lower.contains("\"ignition\"") {
        Some("Ignition (Fedora CoreOS, Flatcar)")
    } else if (begins("variant:") || has_line("variant:")) && has_line("version:") {
        Some("Butane, which makes Ignition of it,")
    } else if begins("[settings") || has_line("[settings.") || has_line("settings.") && lower.contains(" = ") {
        Some("Bottlerocket")
    } else if has_line("apiversion: node.eks.aws") {
        Some("Amazon EKS's nodeadm")
    } else if has_line("machine:") && has_line("cluster:") || has_line("version: v1alpha1") {
        Some("Talos")
    } else if begins("#junos-config") || begins("#talos") || begins("#kickstart") || begins("#preseed") {
        Some("the image's own reader")
    } else {
        None
    }
}

/// Returns the probable intention of a misspelled first line.
fn slip(text: &str) -> Option<String> {
    let first = text.trim_start().lines().next()?.trim_end();
    let bare: String = first.chars().filter(|c| !c.is_whitespace()).take(40).collect::<String>().to_ascii_lowercase();
    let known = [
        "#cloud-config",
        "#include",
        "#cloud-boothook",
        "#part-handler",
        "#cloud-config-archive",
        "#!/bin/sh",
        "#!/bin/bash",
    ];
    let near = known.into_iter().find(|known| {
        bare == *known || (first.len() < 40 && strsim::damerau_levenshtein(&bare.replace('_', "-"), known) <= 2)
    });
    near.map(|near| format!("the first line must be {near} and nothing else"))
}
