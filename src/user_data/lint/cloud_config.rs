//! Cloud-config: its YAML, its conformance to cloud-init's schema, and its commands.

use super::super::part_kind::PartKind;
use super::super::schema::{self, Nature, Violation};
use super::super::secrets;
use super::check::{
    AFTER_HEADER, CRLF, DEPRECATED, EMPTY, MISSPELT_KEY, NOT_A_STRING, REPEATED_KEY, SCHEMA, SHELL, TAB, TWO_DOCUMENTS,
    UNKNOWN_KEY, UNKNOWN_TYPE, YAML, YAML_NUMBER, YAML_TAG,
};
use super::finding::Finding;
use super::keys::reader_of;
use super::lint_path::LintPath;
use super::shell::Answer;
use super::visitor::LintVisitor;
use crate::yaml::{self, Document, Node, ProblemKind, YamlValue};

/// The first line of cloud-config.
const HEADER: &str = "#cloud-config";

impl LintVisitor<'_> {
    /// Checks a cloud-config.
    pub(super) fn cloud_config(&mut self, text: &str, place: &LintPath) {
        let first = text.trim_start().lines().next().unwrap_or_default();
        let rest = first.get(HEADER.len()..).filter(|_| first.is_char_boundary(HEADER.len()) && first.starts_with('#'));
        if rest.is_some_and(|rest| !rest.trim().is_empty() && first[..HEADER.len()].eq_ignore_ascii_case(HEADER)) {
            let message = "the first line should be #cloud-config and nothing else: not every reader takes more";
            self.add(Finding::new(&AFTER_HEADER, place, 1, message));
        }
        if text.contains("\r\n") {
            let message = "its lines end in CR LF; so may those of what it writes";
            self.add(Finding::new(&CRLF, place, 1, message));
        }
        self.unrendered(text, place);
        let Some(document) = self.yaml(text, place) else { return };
        match &document.root.value {
            // An empty mapping is equivalent to an empty document.
            value if *value == YamlValue::Null || *value == YamlValue::Map(Vec::new()) => {
                self.add(Finding::new(&EMPTY, place, 1, "the cloud-config says nothing"));
                return;
            }
            YamlValue::Map(_) => {}
            other => {
                let message = format!("it is {}, where a mapping of keys to values was expected", other.kind());
                self.add(Finding::new(&SCHEMA, place, document.root.line, message));
                return;
            }
        }
        let root = &document.root;
        for violation in schema::check(root) {
            let finding = of_violation(violation, root, place);
            self.add(finding);
        }
        self.numbers(&document, place);
        self.passwords(root, place);
        for (index, file) in root.get("write_files").map(Node::items).unwrap_or_default().iter().enumerate() {
            self.file(file, index, place);
        }
        self.users(root, place);
        self.stumbles(root, place);
        for key in ["bootcmd", "runcmd"] {
            self.commands(key, root.get(key), place);
        }
        for key in ["merge_how", "merge_type"] {
            if let Some(node) = root.get(key)
                && let Some(rule) = node.as_text()
            {
                self.merge_rule(rule, place, node.line);
            }
        }
        self.note_lists(root, place);
    }

    /// Checks a cloud-config archive, cloud-init's own list of several pieces of user data.
    pub(super) fn archive(&mut self, text: &str, place: &LintPath) {
        let Some(document) = self.yaml(text, place) else { return };
        let YamlValue::List(items) = &document.root.value else {
            self.add(Finding::new(&SCHEMA, place, document.root.line, "a cloud-config-archive is a list"));
            return;
        };
        for (index, item) in items.iter().enumerate() {
            let content = item.get("content").unwrap_or(item);
            let Some(part) = content.as_text() else {
                let message = format!("entry {} has no content", index + 1);
                self.add(Finding::new(&SCHEMA, place, item.line, message));
                continue;
            };
            let name = format!("entry {}", index + 1);
            let place = of_block(place, name, content);
            let declared = item.get("type").and_then(Node::as_text);
            let kind = match declared {
                Some(declared) => PartKind::declared(declared),
                // cloud-init takes entries without a type for cloud-config.
                None => Some(match PartKind::of(part.as_bytes()) {
                    PartKind::Foreign(_) => PartKind::Part("text/cloud-config"),
                    kind => kind,
                }),
            };
            let Some(kind) = kind else {
                let message = format!("cloud-init does nothing with {} by itself", declared.unwrap_or_default());
                let hint = "a part handler before it must know the type";
                self.add(Finding::new(&UNKNOWN_TYPE, &place, 1, message).hint(hint));
                continue;
            };
            self.document_of(part.as_bytes(), kind, &place);
        }
    }

    fn yaml(&mut self, text: &str, place: &LintPath) -> Option<Document> {
        let problem = match yaml::load(text) {
            Ok(document) => {
                for (key, line) in &document.repeated {
                    let message = format!("the key {key} is there twice in one mapping: the last counts");
                    self.add(Finding::new(&REPEATED_KEY, place, *line, message));
                }
                return Some(document);
            }
            Err(problem) => problem,
        };
        let is_indented_by_tab =
            |line: &&str| line.trim_start_matches(' ').starts_with('\t') && !line.trim().is_empty();
        let start = (problem.line as usize).saturating_sub(3);
        let tab = text.lines().skip(start).take(5).position(|line| is_indented_by_tab(&line));
        self.add(match (problem.kind, tab) {
            (ProblemKind::Tag, _) => {
                let message = format!("{}, so it leaves out all of this", problem.message);
                Finding::new(&YAML_TAG, place, problem.line, message).hint("write the value itself")
            }
            (ProblemKind::SecondDocument, _) => {
                let message = format!("it is not YAML: {}", problem.message);
                Finding::new(&TWO_DOCUMENTS, place, problem.line, message)
            }
            (ProblemKind::Tab, _) => {
                Finding::new(&TAB, place, problem.line, problem.message).hint("separate with spaces")
            }
            (ProblemKind::Text, Some(at)) => Finding::new(
                &TAB,
                place,
                u32::try_from(start + at + 1).unwrap_or(1),
                "a tab indents this line, which YAML does not allow",
            )
            .hint("indent with spaces"),
            (ProblemKind::Text, None) => {
                Finding::new(&YAML, place, problem.line, format!("it is not YAML: {}", problem.message))
            }
        });
        None
    }

    /// Reports numbers whose value differs from the apparent one.
    fn numbers(&mut self, document: &Document, place: &LintPath) {
        let files = document.root.get("write_files").map(Node::items).unwrap_or_default();
        let permissions: Vec<u32> = files.iter().filter_map(|file| Some(file.get("permissions")?.line)).collect();
        for (text, line) in document.odd_numbers.iter().filter(|(_, line)| !permissions.contains(line)) {
            let base = if text.contains(':') { "60" } else { "8" };
            let message = format!("{text} is a number in base {base} here");
            self.add(
                Finding::new(&YAML_NUMBER, place, *line, message).hint("put it in quotes, or write it in base 10"),
            );
        }
    }

    /// Reports passwords that cloud-init sets, in forms other than "password: …".
    fn passwords(&mut self, root: &Node, place: &LintPath) {
        let Some(list) = root.get("chpasswd").and_then(|chpasswd| chpasswd.get("list")) else { return };
        let lines: Vec<(u32, &str)> = match &list.value {
            YamlValue::Text { text, literal_from } => {
                let (start, step) = literal_from.map_or((list.line, 0), |start| (start, 1));
                text.lines()
                    .enumerate()
                    .map(|(index, line)| (start + step * u32::try_from(index).unwrap_or(0), line))
                    .collect()
            }
            YamlValue::List(items) => items.iter().filter_map(|item| Some((item.line, item.as_text()?))).collect(),
            _ => return,
        };
        for (line, entry) in lines {
            if let Some((user, value)) = entry.trim().split_once(':')
                && let Some(secret) = secrets::password(line, &format!("chpasswd.{user}"), value.trim())
            {
                self.secret(&secret, place);
            }
        }
    }

    /// Checks commands, as the single shell script that cloud-init writes.
    fn commands(&mut self, key: &str, commands: Option<&Node>, place: &LintPath) {
        let Some(commands) = commands else { return };
        let (mut script, mut lines) = ("#!/bin/sh\n".to_owned(), vec![commands.line]);
        for command in commands.items() {
            // cloud-init quotes lists word by word, so they are always valid.
            let YamlValue::Text { text, literal_from } = &command.value else { continue };
            for (index, line) in text.lines().enumerate() {
                script.push_str(line);
                script.push('\n');
                let index = u32::try_from(index).unwrap_or(0);
                lines.push(literal_from.map_or(command.line, |start| start + index));
            }
        }
        let line_of = |line: u32| lines.get(line.saturating_sub(1) as usize).copied().unwrap_or(commands.line);
        self.habits("sh", &script, place, line_of);
        if self.options.without_shells || lines.len() < 2 {
            return;
        }
        if let Some(Answer::Unread(line, message)) = self.budget.ask("sh", &script) {
            let line = lines.get(line.saturating_sub(1) as usize).or(lines.last()).copied().unwrap_or(commands.line);
            self.add(Finding::new(&SHELL, place, line, format!("sh cannot read {key}: {message}")));
        }
    }
}

/// Converts a violation of the schema to a finding. Values that cloud-init still accepts are no errors.
fn of_violation(violation: Violation, root: &Node, place: &LintPath) -> Finding {
    let message = format!("{}: {}", violation.place(), violation.message);
    let path: Vec<&str> = violation.path.iter().map(String::as_str).collect();
    let key = violation.message.strip_prefix("the key ").and_then(|rest| rest.strip_suffix(" is unknown"));
    let reader = key.filter(|_| path.is_empty()).and_then(|key| reader_of(key, root));
    let check = match violation.nature {
        _ if violation.deprecated => &DEPRECATED,
        Nature::Empty => &EMPTY,
        // A key without a value has no effect.
        _ if path.len() == 1 && root.get(path[0]).is_some_and(|node| node.value == YamlValue::Null) => &EMPTY,
        Nature::Unknown => &UNKNOWN_KEY,
        Nature::Misspelt if reader.is_some() => &UNKNOWN_KEY,
        Nature::Misspelt => &MISSPELT_KEY,
        Nature::Scalar if is_written_out(&path) => &NOT_A_STRING,
        // In a user, any string counts as true.
        Nature::Truth if path.first() != Some(&"users") => &NOT_A_STRING,
        _ => &SCHEMA,
    };
    let finding = Finding::new(check, place, violation.line, message);
    match reader.or(violation.hint) {
        Some(hint) => finding.hint(hint),
        None => finding,
    }
}

/// Returns whether cloud-init converts any value at this path to a string.
fn is_written_out(path: &[&str]) -> bool {
    matches!(
        path,
        ["runcmd" | "bootcmd" | "mounts", _, _]
            | ["password" | "final_message"]
            | ["chpasswd", "users", _, "password"]
            | ["power_state", "message"]
            | ["write_files", _, "permissions"]
            | ["mount_default_fields", _]
    )
}

/// Returns the place of a text in a document. The lines of a literal block are those of the document.
pub(super) fn of_block(place: &LintPath, name: String, node: &Node) -> LintPath {
    match &node.value {
        YamlValue::Text { literal_from: Some(line), .. } => place.of_text(name, *line, true),
        _ => place.of_text(name, node.line, true),
    }
}
