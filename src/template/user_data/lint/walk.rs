//! The way through user data, and through what is embedded in it.

use super::super::kind::{Kind, unpack};
use super::super::{mime, spill};
use super::finding::Finding;
use super::{LintOptions, PartSize};

/// How deep things may be embedded in each other: a worker in a master's is two.
const DEPTH_LIMIT: usize = 12;

/// Where something is.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Names of what it is within, from the outside.
    within: Vec<String>,
    /// The line of the file at which the first of those that are encoded begins; from there on, lines are not the file's.
    encoded_at: Option<u32>,
    /// How many lines stand before it, in the file or in what it is encoded in.
    before: u32,
    /// Whether its text was searched as a part of a larger one already.
    searched: bool,
}

impl Place {
    /// The file itself.
    pub(super) fn top() -> Self {
        Self { within: Vec::new(), encoded_at: None, before: 0, searched: false }
    }

    /// Something whose text stands here, from this line on.
    pub(super) fn of_text(&self, name: impl Into<String>, line: u32, searched: bool) -> Self {
        let mut place = self.clone();
        place.within.push(name.into());
        place.before += line.saturating_sub(1);
        place.searched = searched;
        place
    }

    /// The same, from this line on.
    pub(super) fn of_same(&self, line: u32) -> Self {
        Self { before: self.before + line.saturating_sub(1), ..self.clone() }
    }

    /// Something that is encoded here, on this line.
    pub(super) fn of_encoded(&self, name: &str, line: u32) -> Self {
        let line = self.line(line);
        let mut within = self.within.clone();
        within.push(format!("{name}, embedded at line {line}"));
        Self { within, encoded_at: Some(self.file_line(line)), before: 0, searched: false }
    }

    /// The line, counted where lines are counted.
    pub(super) fn line(&self, line: u32) -> u32 {
        line.saturating_add(self.before)
    }

    pub(super) fn file_line(&self, line: u32) -> u32 {
        self.encoded_at.unwrap_or(line)
    }

    pub(super) fn within(&self) -> Vec<String> {
        self.within.clone()
    }

    pub(super) fn is_searched(&self) -> bool {
        self.searched
    }

    fn is_too_deep(&self) -> bool {
        self.within.len() > DEPTH_LIMIT
    }
}

/// What was found on the way.
pub(super) struct Walk<'a> {
    pub(super) options: &'a LintOptions,
    findings: Vec<Finding>,
    parts: Vec<PartSize>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(options: &'a LintOptions) -> Self {
        Self { options, findings: Vec::new(), parts: Vec::new() }
    }

    pub(super) fn finish(self) -> (Vec<Finding>, Vec<PartSize>) {
        (self.findings, self.parts)
    }

    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// User data, of whatever kind it is.
    pub(super) fn document(&mut self, data: &[u8], place: &Place) {
        self.document_of(data, Kind::of(without_bom(data)), place);
    }

    pub(super) fn document_of(&mut self, data: &[u8], kind: Kind, place: &Place) {
        if place.is_too_deep() {
            self.add(Finding::error(
                "depth",
                place,
                1,
                format!("more than {DEPTH_LIMIT} things lie within each other"),
            ));
            return;
        }
        if without_bom(data).len() < data.len() {
            let message = "it begins with a byte order mark, so cloud-init does not know its first line";
            self.add(Finding::error("bom", place, 1, message).hint("save it as UTF-8 without a mark"));
        }
        let data = without_bom(data);
        if data.trim_ascii().is_empty() {
            self.add(Finding::warning("empty", place, 1, "it is empty"));
            return;
        }
        match kind {
            Kind::Gzip(inner) => {
                let Some(unpacked) = unpack(data) else { return };
                self.document_of(&unpacked, *inner, &place.of_encoded("what is compressed", 1));
            }
            Kind::Message => self.message(data, place),
            Kind::Foreign(beginning) => {
                let message = format!("cloud-init does not read this: {beginning}");
                let known = "the first line must be #!… of a script, #cloud-config, #include, #cloud-boothook or the header of a \
                             MIME message";
                self.add(Finding::error("first-line", place, 1, message).hint(known));
                self.search(&String::from_utf8_lossy(data), place);
            }
            Kind::Part(content_type) => self.part(content_type, data, place),
        }
    }

    fn part(&mut self, content_type: &str, data: &[u8], place: &Place) {
        let text = String::from_utf8_lossy(data);
        if matches!(text, std::borrow::Cow::Owned(_)) && content_type != "text/x-shellscript" {
            self.add(Finding::error("encoding", place, 1, "it is not UTF-8"));
        }
        let first = text.lines().next().unwrap_or_default();
        if first.trim().is_empty() && place.within().is_empty() {
            let message = "empty lines stand before its first line; not every reader of user data passes over them";
            self.add(Finding::warning("first-line", place, 1, message));
        }
        self.search(&text, place);
        match content_type {
            "text/x-shellscript" => self.script(&text, place),
            "text/cloud-boothook" => self.boot_hook(&text, place),
            "text/cloud-config" => self.cloud_config(&text, place),
            "text/cloud-config-archive" => self.archive(&text, place),
            "text/x-include-url" | "text/x-include-once-url" => self.include(&text, place),
            "text/part-handler" => self.part_handler(&text, place),
            "text/jinja2" => self.jinja(&text, place),
            _ => {}
        }
    }

    fn message(&mut self, data: &[u8], place: &Place) {
        let (sections, problems) = mime::sections(data);
        for (line, message) in problems {
            self.add(Finding::error("mime", place, line, message));
        }
        for section in sections {
            let name = section.name.as_ref().map(|name| format!(" {name}")).unwrap_or_default();
            let name = format!("part {}{name} ({})", section.number, section.content_type);
            if place.within().is_empty() {
                self.parts.push(PartSize { part: name.clone(), bytes: section.content.len() });
            }
            let place = if section.is_encoded {
                place.of_encoded(&name, section.line)
            } else {
                place.of_text(name, section.line, false)
            };
            if section.content_type == spill::CONTENT_TYPE {
                self.spilled(&section.content, &place);
                continue;
            }
            let begun = Kind::of(without_bom(&section.content));
            let kind = match Kind::declared(&section.content_type) {
                Some(declared) => {
                    if matches!(&begun, Kind::Part(_)) && begun != declared {
                        let message = format!("it says that it is {declared} and begins as {begun}");
                        self.add(Finding::warning("mime", &place, 1, message));
                    }
                    // What is compressed is unpacked first.
                    if matches!(begun, Kind::Gzip(_)) { begun } else { declared }
                }
                None if matches!(begun, Kind::Foreign(_)) && !is_undeclared(&section.content_type) => {
                    let message = format!("cloud-init does nothing with {} by itself", section.content_type);
                    self.add(
                        Finding::warning("mime", &place, 1, message)
                            .hint("a part handler before it must know the type"),
                    );
                    self.search(&String::from_utf8_lossy(&section.content), &place);
                    continue;
                }
                None => begun,
            };
            self.document_of(&section.content, kind, &place);
        }
    }

    /// What hoist has stored elsewhere: it was looked at before that, and its address is signed on purpose.
    fn spilled(&mut self, content: &[u8], place: &Place) {
        let told: serde_json::Value = serde_json::from_slice(content).unwrap_or_default();
        match (told["stored"].as_str(), told["bytes"].as_u64()) {
            (Some(stored), Some(bytes)) => {
                let message = format!("{bytes} bytes are fetched from {stored} and checked by their SHA-256");
                self.add(Finding::note("spill", place, 1, message));
            }
            _ => self.add(Finding::error("spill", place, 1, "it does not say what is stored, or where")),
        }
    }

    /// What is rendered on the machine: what it will be is not known before.
    fn jinja(&mut self, text: &str, place: &Place) {
        let rest = text.trim_start().split_once('\n').map_or("", |(_, rest)| rest);
        let is_plain = !rest.contains("{{") && !rest.contains("{%");
        if is_plain && let Kind::Part(content_type) = Kind::of(rest.as_bytes()) {
            let lines = text.len() - rest.len();
            let line = text[..lines].lines().count() + 1;
            self.part(
                content_type,
                rest.as_bytes(),
                &place.of_text("the template", u32::try_from(line).unwrap_or(1), true),
            );
        } else {
            let message = "the template is rendered on the machine, so only secrets and addresses were looked at";
            self.add(Finding::note("jinja", place, 1, message));
        }
    }

    fn include(&mut self, text: &str, place: &Place) {
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if !line.contains("://") {
                let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
                self.add(Finding::error("include", place, number, "an included address has no scheme (https://…)"));
            }
        }
    }

    fn part_handler(&mut self, text: &str, place: &Place) {
        for function in ["list_types", "handle_part"] {
            if !text.contains(&format!("def {function}")) {
                let message = format!("a part handler must define {function}");
                self.add(Finding::error("part-handler", place, 1, message));
            }
        }
    }
}

/// Whether cloud-init looks at how a part of this type begins.
fn is_undeclared(content_type: &str) -> bool {
    matches!(content_type, "text/plain" | "text/x-not-multipart" | "application/octet-stream")
}

fn without_bom(data: &[u8]) -> &[u8] {
    data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data)
}
