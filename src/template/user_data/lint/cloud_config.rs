//! Cloud-config: YAML, cloud-init's schema, and what it writes and runs.

use super::super::kind::{Kind, unpack};
use super::super::yaml::{self, Document, Node, Value};
use super::super::{base64, schema, secrets};
use super::finding::Finding;
use super::walk::{Place, Walk};

/// Files whose content is a secret, by what is in their paths.
const SECRET_FILES: [(&str, &str); 8] = [
    ("/pool_password", "htcondor-password"),
    ("/passwords.d/", "htcondor-password"),
    ("/.pgpass", "pgpass"),
    ("/.vault-token", "vault-token"),
    ("/.my.cnf.password", "password"),
    ("/munge.key", "munge-key"),
    ("/.erlang.cookie", "erlang-cookie"),
    ("/encrypted_data_bag_secret", "chef-secret"),
];

impl Walk<'_> {
    /// A cloud-config.
    pub(super) fn cloud_config(&mut self, text: &str, place: &Place) {
        let first = text.trim_start().lines().next().unwrap_or_default();
        if first.starts_with("#cloud-config") && first.trim_end() != "#cloud-config" {
            let message = "the first line must be #cloud-config and nothing else";
            self.add(Finding::error("first-line", place, 1, message));
        }
        if text.contains("\r\n") {
            self.add(Finding::warning("crlf", place, 1, "its lines end in CR LF; so may those of what it writes"));
        }
        let Some(document) = self.yaml(text, place) else { return };
        match &document.root.value {
            Value::Null => {
                self.add(Finding::warning("empty", place, 1, "the cloud-config says nothing"));
                return;
            }
            Value::Map(_) => {}
            other => {
                let message = format!("it is {}, where a mapping of keys to values was expected", other.kind());
                self.add(Finding::error("schema", place, document.root.line, message));
                return;
            }
        }
        for violation in schema::check(&document.root) {
            let message = format!("{}: {}", violation.place(), violation.message);
            let mut finding = if violation.deprecated {
                Finding::warning("deprecated", place, violation.line, message)
            } else {
                Finding::error("schema", place, violation.line, message)
            };
            finding.hint = violation.hint;
            self.add(finding);
        }
        self.passwords(&document.root, place);
        for (index, file) in document.root.get("write_files").map(Node::items).unwrap_or_default().iter().enumerate() {
            self.file(file, index, place);
        }
        for key in ["bootcmd", "runcmd"] {
            self.commands(key, document.root.get(key), place);
        }
    }

    /// Several user datas in a list of cloud-init's own.
    pub(super) fn archive(&mut self, text: &str, place: &Place) {
        let Some(document) = self.yaml(text, place) else { return };
        let Value::List(items) = &document.root.value else {
            self.add(Finding::error("schema", place, document.root.line, "a cloud-config-archive is a list"));
            return;
        };
        for (index, item) in items.iter().enumerate() {
            let content = item.get("content").unwrap_or(item);
            let Some(part) = content.as_text() else {
                self.add(Finding::error("schema", place, item.line, format!("entry {} has no content", index + 1)));
                continue;
            };
            let name = format!("entry {}", index + 1);
            let place = of_block(place, name, content);
            let kind = match item.get("type").and_then(Node::as_text) {
                Some(declared) => Kind::declared(declared),
                // cloud-init takes entries that say nothing for cloud-config.
                None => Some(match Kind::of(part.as_bytes()) {
                    Kind::Foreign(_) => Kind::Part("text/cloud-config"),
                    kind => kind,
                }),
            };
            // What is of another type is for a handler of the user's.
            let Some(kind) = kind else { continue };
            self.document_of(part.as_bytes(), kind, &place);
        }
    }

    fn yaml(&mut self, text: &str, place: &Place) -> Option<Document> {
        match yaml::load(text) {
            Ok(document) => {
                for (key, line) in &document.repeated {
                    let message = format!("the key {key} is there twice in one mapping: the last counts");
                    self.add(Finding::warning("yaml", place, *line, message));
                }
                Some(document)
            }
            Err(problem) => {
                let tab = text
                    .lines()
                    .position(|line| line.trim_start_matches(' ').starts_with('\t') && !line.trim().is_empty());
                let near = |at: &usize| (*at + 1).abs_diff(problem.line as usize) <= 2;
                self.add(match tab.filter(near) {
                    Some(at) => Finding::error(
                        "tab",
                        place,
                        u32::try_from(at + 1).unwrap_or(1),
                        "a tab indents this line, which YAML does not allow",
                    )
                    .hint("indent with spaces"),
                    None => Finding::error("yaml", place, problem.line, format!("it is not YAML: {}", problem.message)),
                });
                None
            }
        }
    }

    /// Passwords that cloud-init sets in forms that are not "password: …".
    fn passwords(&mut self, root: &Node, place: &Place) {
        let Some(chpasswd) = root.get("chpasswd") else { return };
        let Some(list) = chpasswd.get("list") else { return };
        let lines: Vec<(u32, &str)> = match &list.value {
            Value::Text { text, literal_from } => {
                let (start, step) = literal_from.map_or((list.line, 0), |start| (start, 1));
                text.lines()
                    .enumerate()
                    .map(|(index, line)| (start + step * u32::try_from(index).unwrap_or(0), line))
                    .collect()
            }
            Value::List(items) => items.iter().filter_map(|item| Some((item.line, item.as_text()?))).collect(),
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

    fn file(&mut self, file: &Node, index: usize, place: &Place) {
        let path = file.get("path").and_then(Node::as_text).unwrap_or("a file without a path");
        let Some(content) = file.get("content") else { return };
        let Some(text) = content.as_text() else { return };
        let name = format!("write_files {} ({path})", index + 1);
        let encoding = file.get("encoding").and_then(Node::as_text).unwrap_or_default();
        let (data, place) = match encoding {
            "b64" | "base64" | "gz+b64" | "gz+base64" | "gzip+b64" | "gzip+base64" => {
                let decoded = base64::decode(text);
                let data = if encoding.starts_with("gz") { decoded.and_then(|data| unpack(&data)) } else { decoded };
                let Some(data) = data else {
                    let message = format!("{name}: its content is not {encoding}");
                    self.add(Finding::error("write-files", place, content.line, message));
                    return;
                };
                // What is text was searched as base64 of the whole text; its syntax is looked at here.
                (data, place.of_encoded(&name, content.line))
            }
            _ => (text.as_bytes().to_vec(), of_block(place, name, content)),
        };
        let is_named = |(part, _): &&(&str, &str)| path.contains(part);
        if let Some((_, rule)) = SECRET_FILES.iter().find(is_named)
            && let Some(mut secret) = secrets::password(1, path, String::from_utf8_lossy(&data).trim())
        {
            secret.name = format!("{rule}:{path}");
            secret.what = format!("the content of {path}");
            self.secret(&secret, &place);
        }
        if data.starts_with(b"#!") && encoding.is_empty() {
            self.script(&String::from_utf8_lossy(&data), &place);
        }
    }

    /// Commands, as the one shell script that cloud-init makes of them.
    fn commands(&mut self, key: &str, commands: Option<&Node>, place: &Place) {
        let Some(commands) = commands else { return };
        let (mut script, mut lines) = ("#!/bin/sh\n".to_owned(), vec![commands.line]);
        for command in commands.items() {
            // Lists are quoted by cloud-init, word by word: they are always read.
            let Value::Text { text, literal_from } = &command.value else { continue };
            for (index, line) in text.lines().enumerate() {
                script.push_str(line);
                script.push('\n');
                let index = u32::try_from(index).unwrap_or(0);
                lines.push(literal_from.map_or(command.line, |start| start + index));
            }
        }
        if self.options.without_shells {
            return;
        }
        if let Ok(Some((line, message))) = super::shell::check("sh", &script) {
            let line = lines.get(line.saturating_sub(1) as usize).or(lines.last()).copied().unwrap_or(commands.line);
            self.add(Finding::error("shell", place, line, format!("sh cannot read {key}: {message}")));
        }
    }
}

/// The place of a text in a document: where it is a literal block, its lines are the document's.
fn of_block(place: &Place, name: String, node: &Node) -> Place {
    match &node.value {
        Value::Text { literal_from: Some(line), .. } => place.of_text(name, *line, true),
        _ => place.of_text(name, node.line, true),
    }
}
