//! The parts of a message, interpreted like in cloud-init.

use super::super::part_kind::PartKind;
use super::super::{mime_reader, spill};
use super::PartSize;
use super::check::{
    BOUNDARY, DAMAGED, FILE_NAME, JINJA_NOT_RENDERED, LintCheck, MIME_8_BIT, MIME_DEPTH, MIME_ENCODING, MIME_TYPE,
    NO_HEADER, NOT_UTF_8, OPEN_MESSAGE, STORED, STORED_WHERE, UNKNOWN_TYPE,
};
use super::finding::Finding;
use super::lint_path::LintPath;
use super::visitor::{LintVisitor, without_bom};

/// The content types that cloud-init unpacks.
const COMPRESSED_TYPES: [&str; 8] = [
    "application/gzip",
    "application/gzip-compressed",
    "application/gzipped",
    "application/x-compress",
    "application/x-compressed",
    "application/x-gunzip",
    "application/x-gzip",
    "application/x-gzip-compressed",
];

impl LintVisitor<'_> {
    pub(super) fn message(&mut self, data: &[u8], place: &LintPath) {
        if data.starts_with(b"\n") || data.starts_with(b"\r") || data.starts_with(b" ") || data.starts_with(b"\t") {
            let message = "white space stands before the headers of the message, so cloud-init finds none in it";
            self.add(Finding::new(&NO_HEADER, place, 1, message).hint("the first line must be the first header"));
        }
        let (sections, problems) = mime_reader::sections(data);
        for problem in problems {
            self.add(Finding::new(check_of(problem.fault), place, problem.line, problem.message));
        }
        let mut names = std::collections::HashMap::new();
        for section in sections {
            let name = section.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
            let name = format!("part {}{name} ({})", section.number, section.content_type);
            if place.within().is_empty() {
                self.parts.push(PartSize { part: name.clone(), bytes: section.content.len() });
            }
            let place = if section.is_encoded {
                let place = place.of_encoded(&name, section.line);
                if !self.take(section.content.len(), &place) {
                    continue;
                }
                place
            } else {
                place.of_text(name, section.line, false)
            };
            if section.content_type == spill::CONTENT_TYPE {
                self.spilled(&section.content, &place);
                continue;
            }
            if let Some(kept) = section.name.as_deref().and_then(plain_name) {
                let message = format!("cloud-init makes {kept:?} of its file name");
                self.add(Finding::new(&FILE_NAME, &place, 1, message).hint("a name has letters, digits and _-.()"));
            }
            if let Some(name) = section.name.as_ref().filter(|_| section.content_type.starts_with("text/x-shellscript"))
                && let Some(earlier) = names.insert(name.clone(), section.number.clone())
            {
                let message = format!("part {earlier} has the same file name {name:?}, and this is written over it");
                self.add(Finding::new(&FILE_NAME, &place, 1, message).hint("give each script a name of its own"));
            }
            self.eight_bit(&section, &place);
            if let Some(rule) = section.merge_rule.as_ref().filter(|_| section.content_type == "text/cloud-config") {
                self.merge_rule(rule, &place, 1);
            }
            self.has_merge_header = section.merge_rule.is_some();
            self.section(&section, &place);
            self.has_merge_header = false;
        }
    }

    /// Reports non-ASCII characters in a part that is not encoded: cloud-init's MIME reader decodes them as Latin-1.
    fn eight_bit(&mut self, section: &mime_reader::MimeSection, place: &LintPath) {
        if section.is_encoded || section.content.is_ascii() {
            return;
        }
        let text = String::from_utf8_lossy(&section.content);
        let index = text.lines().position(|line| !line.is_ascii()).unwrap_or_default();
        let line = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let is_latin = text.chars().any(|c| matches!(c, '\u{80}'..='\u{ff}'));
        let hint = "Content-Transfer-Encoding: base64";
        if section.content_type == "text/cloud-config" && is_latin {
            let message = "characters beyond ASCII are not encoded, so for cloud-init this is not UTF-8, and no YAML";
            self.add(Finding::new(&NOT_UTF_8, place, line, message).hint(hint));
        } else {
            let message = "characters beyond ASCII are not encoded, so cloud-init makes others of them";
            self.add(Finding::new(&MIME_8_BIT, place, line, message).hint(hint));
        }
    }

    /// Checks a part of a message.
    fn section(&mut self, section: &mime_reader::MimeSection, place: &LintPath) {
        let begun = PartKind::of(without_bom(&section.content));
        let declared = section.content_type.as_str();
        let kind = match (PartKind::declared(declared), &begun) {
            // Compressed parts are unpacked first if they are declared as such.
            (_, PartKind::Gzip(_)) => {
                if !COMPRESSED_TYPES.contains(&declared) {
                    let message =
                        format!("it is compressed, and its type {declared} keeps cloud-init from unpacking it");
                    let hint = "its type should be application/gzip";
                    self.add(Finding::new(&DAMAGED, place, 1, message).hint(hint));
                }
                begun
            }
            // These are treated as if no type was declared.
            (Some(PartKind::Part("text/x-shellscript")), PartKind::Part(_)) if declared == "text/x-shellscript" => {
                begun
            }
            (Some(kind @ PartKind::Part("text/cloud-boothook")), PartKind::Part("text/x-shellscript")) => kind,
            (Some(kind @ PartKind::Part("text/x-include-url" | "text/x-include-once-url")), PartKind::Foreign(_)) => {
                kind
            }
            (Some(kind), PartKind::Part("text/jinja2")) if kind != begun => {
                let message = format!("it is a Jinja template, and its type {kind} keeps cloud-init from rendering it");
                let finding = Finding::new(&JINJA_NOT_RENDERED, place, 1, message);
                self.add(finding.hint("its type should be text/jinja2"));
                kind
            }
            (Some(kind), PartKind::Part(_)) if kind != begun && !declared.starts_with("text/x-shellscript") => {
                let message = format!("it says that it is {kind} and begins as {begun}");
                self.add(Finding::new(&MIME_TYPE, place, 1, message));
                kind
            }
            (Some(kind), _) => kind,
            (None, _) if !is_undeclared(declared) => {
                let message = format!("cloud-init does nothing with {declared} by itself");
                let hint = "a part handler before it, or a program of the image, must know the type";
                self.add(Finding::new(&UNKNOWN_TYPE, place, 1, message).hint(hint));
                self.search(&String::from_utf8_lossy(&section.content), place);
                return;
            }
            (None, _) => begun,
        };
        self.document_of(&section.content, kind, place);
    }

    /// Reports a part that hoist stored elsewhere. Its content was checked before that, and its URL is signed on
    /// purpose.
    fn spilled(&mut self, content: &[u8], place: &LintPath) {
        let told: serde_json::Value = serde_json::from_slice(content).unwrap_or_default();
        match (told["stored"].as_str(), told["bytes"].as_u64()) {
            (Some(stored), Some(bytes)) => {
                let message = format!("{bytes} bytes are fetched from {stored} and checked by their SHA-256");
                self.add(Finding::new(&STORED, place, 1, message));
            }
            _ => self.add(Finding::new(&STORED_WHERE, place, 1, "it does not say what is stored, or where")),
        }
    }
}

fn check_of(fault: mime_reader::MimeFault) -> &'static LintCheck {
    match fault {
        mime_reader::MimeFault::Boundary => &BOUNDARY,
        mime_reader::MimeFault::Open => &OPEN_MESSAGE,
        mime_reader::MimeFault::Encoding => &MIME_ENCODING,
        mime_reader::MimeFault::Depth => &MIME_DEPTH,
    }
}

/// Returns cloud-init's version of a file name, if it differs.
fn plain_name(name: &str) -> Option<String> {
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '(' | ')');
    let kept: String = name.replace('/', "_").chars().filter(is_allowed).collect();
    (kept != name.replace(' ', "")).then_some(kept)
}

/// Returns whether cloud-init detects the kind of a part with this type from its beginning.
fn is_undeclared(content_type: &str) -> bool {
    matches!(content_type, "text/plain" | "text/x-not-multipart") || COMPRESSED_TYPES.contains(&content_type)
}
