//! The traversal of user data, and of everything embedded in it.

use super::super::part_kind::PartKind;
use super::budget::Budget;
use super::check::{
    BYTE_ORDER_MARK, DAMAGED, DEPTH, EMPTY, EMPTY_LINES, INCLUDE, NOT_LOOKED_AT, NOT_UTF_8, PART_HANDLER,
};
use super::declared_user::DeclaredUser;
use super::finding::Finding;
use super::lint_path::{DEPTH_LIMIT, LintPath};
use super::options::LintOptions;
use super::part_size::PartSize;

/// The maximum number of findings reported.
const FINDINGS_LIMIT: usize = 1000;

/// The state of the traversal.
pub(super) struct LintVisitor<'a> {
    pub(super) options: &'a LintOptions,
    pub(super) budget: Budget,
    pub(super) findings: Vec<Finding>,
    /// The first content that was skipped because it unpacks to too much.
    first_left: Option<String>,
    /// The number of findings beyond the limit.
    more: usize,
    /// The parts of the outermost message.
    pub(super) parts: Vec<PartSize>,
    /// The lists and mappings of the cloud-configs of one machine, in order.
    pub(super) said: Vec<DeclaredUser>,
    /// Whether the present part has a header with a merge rule.
    pub(super) has_merge_header: bool,
}

impl<'a> LintVisitor<'a> {
    pub(super) fn new(options: &'a LintOptions, bytes: usize) -> Self {
        Self {
            options,
            budget: Budget::of(bytes),
            findings: Vec::new(),
            first_left: None,
            more: 0,
            parts: Vec::new(),
            said: Vec::new(),
            has_merge_header: false,
        }
    }

    /// Subtracts decoded bytes from the budget. Returns whether it sufficed.
    pub(super) fn take(&mut self, bytes: usize, place: &LintPath) -> bool {
        let is_enough = self.budget.take(bytes);
        if !is_enough {
            self.leave_out(place);
        }
        is_enough
    }

    /// Notes that a content was skipped.
    pub(super) fn leave_out(&mut self, place: &LintPath) {
        self.first_left.get_or_insert_with(|| place.within().join(", in "));
    }

    pub(super) fn finish(mut self) -> (Vec<Finding>, Vec<PartSize>) {
        let place = LintPath::top();
        let mut left = Vec::new();
        if self.budget.left_out > 0 {
            left.push(format!(
                "not everything in it was looked at, {} left out, the first of them {}: unpacked, it has more than the {} bytes \
                 that are looked at for one of this size",
                self.budget.left_out,
                self.first_left.as_deref().unwrap_or("itself"),
                self.budget.limit()
            ));
        }
        if self.budget.unasked > 0 {
            left.push(format!(
                "no shell was asked about {} of its scripts: they are too many or too slow",
                self.budget.unasked
            ));
        }
        if self.more > 0 {
            left.push(format!("{} more findings are left out", self.more));
        }
        for message in left {
            let finding = Finding::new(&NOT_LOOKED_AT, &place, 1, message);
            self.more = 0;
            self.findings.truncate(FINDINGS_LIMIT);
            if !self.options.allows(&finding) {
                self.findings.push(finding);
            }
        }
        (self.findings, self.parts)
    }

    /// Adds a finding, unless it is allowed by its name.
    pub(super) fn add(&mut self, finding: Finding) {
        if self.options.allows(&finding) {
        } else if self.findings.len() < FINDINGS_LIMIT {
            self.findings.push(finding);
        } else {
            self.more += 1;
        }
    }

    /// Checks the user data of one machine, of any kind.
    pub(super) fn document(&mut self, data: &[u8], place: &LintPath) {
        let (said, has_merge_header) = (std::mem::take(&mut self.said), std::mem::take(&mut self.has_merge_header));
        self.document_of(data, PartKind::of(without_bom(data)), place);
        self.compare_lists();
        (self.said, self.has_merge_header) = (said, has_merge_header);
    }

    pub(super) fn document_of(&mut self, data: &[u8], kind: PartKind, place: &LintPath) {
        if place.is_too_deep() {
            let message = format!("more than {DEPTH_LIMIT} things lie within each other");
            self.add(Finding::new(&DEPTH, place, 1, message));
            return;
        }
        if without_bom(data).len() < data.len() {
            let message = "it begins with a byte order mark, so cloud-init does not know its first line";
            self.add(Finding::new(&BYTE_ORDER_MARK, place, 1, message).hint("save it as UTF-8 without a mark"));
        }
        let data = without_bom(data);
        if data.trim_ascii().is_empty() {
            self.add(Finding::new(&EMPTY, place, 1, "it is empty"));
            return;
        }
        if matches!(&kind, PartKind::Gzip(inner) if matches!(**inner, PartKind::Gzip(_))) {
            let message = "it is compressed more than once, and cloud-init unpacks it once";
            self.add(Finding::new(&DAMAGED, place, 1, message));
        }
        match kind {
            PartKind::Gzip(inner) => match self.budget.unpack(data) {
                Some(Some(unpacked)) => {
                    self.document_of(&unpacked, *inner, &place.of_encoded("what is compressed", 1));
                }
                Some(None) => {
                    let message = "it is compressed, and damaged: it cannot be unpacked";
                    self.add(Finding::new(&DAMAGED, place, 1, message));
                }
                None => self.leave_out(&place.of_encoded("what is compressed", 1)),
            },
            PartKind::Message => self.message(data, place),
            PartKind::Foreign(beginning) => self.foreign(data, &beginning, place),
            PartKind::Part(content_type) => self.part(content_type, data, place),
        }
    }

    fn part(&mut self, content_type: &str, data: &[u8], place: &LintPath) {
        let text = String::from_utf8_lossy(data);
        if matches!(text, std::borrow::Cow::Owned(_)) && content_type != "text/x-shellscript" {
            self.add(Finding::new(&NOT_UTF_8, place, 1, "it is not UTF-8"));
        }
        let first = text.lines().next().unwrap_or_default();
        if first.trim().is_empty() && place.within().is_empty() {
            let message = "empty lines stand before its first line; not every reader of user data passes over them";
            self.add(Finding::new(&EMPTY_LINES, place, 1, message));
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

    fn include(&mut self, text: &str, place: &LintPath) {
        let mut is_empty = true;
        for (index, line) in text.lines().enumerate() {
            let begins = |mark: &&str| line.get(..mark.len()).is_some_and(|text| text.eq_ignore_ascii_case(mark));
            // A URL may follow the marker.
            let mark = ["#include-once", "#include"].into_iter().find(begins).unwrap_or_default();
            let line = line[mark.len()..].trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            is_empty = false;
            if !line.contains("://") {
                let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
                let message = "an included address has no scheme (https://…)";
                self.add(Finding::new(&INCLUDE, place, number, message));
            }
        }
        if is_empty {
            self.add(Finding::new(&EMPTY, place, 1, "it includes nothing"));
        }
    }

    fn part_handler(&mut self, text: &str, place: &LintPath) {
        for function in ["list_types", "handle_part"] {
            if !text.contains(&format!("def {function}")) {
                let message = format!("a part handler must define {function}");
                self.add(Finding::new(&PART_HANDLER, place, 1, message));
            }
        }
    }
}

pub(super) fn without_bom(data: &[u8]) -> &[u8] {
    data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data)
}
