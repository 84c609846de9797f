//! Writes readable cloud-config that has the same meaning in YAML 1.1 and 1.2.

use serde_json::{Value as Json, json};

use super::merge_tree::{MergeTree, SourcedValue};
use crate::template::escape;
use crate::yaml::{self, YamlValue};

/// Returns the value as lines of YAML, each with a line end.
pub(super) fn emit(value: &MergeTree) -> String {
    let mut out = String::new();
    block(value, 0, &mut out);
    out
}

/// Writes a value whose first line begins here, at this depth.
fn block(value: &MergeTree, depth: usize, out: &mut String) {
    let space = "  ".repeat(depth);
    match value {
        MergeTree::Map(entries) if !entries.is_empty() => {
            for (index, (key, held)) in entries.iter().enumerate() {
                out.push_str(if index > 0 { &space } else { "" });
                out.push_str(&word(key));
                out.push(':');
                entry(held, depth, out);
            }
        }
        MergeTree::List(items) if !items.is_empty() => {
            for (index, held) in items.iter().enumerate() {
                out.push_str(if index > 0 { &space } else { "" });
                out.push_str("- ");
                block(&held.value, depth + 1, out);
            }
        }
        MergeTree::Map(_) => out.push_str("{}\n"),
        MergeTree::List(_) => out.push_str("[]\n"),
        MergeTree::Leaf(leaf) => {
            out.push_str(&scalar(leaf, depth));
            out.push('\n');
        }
    }
}

/// Writes the value after a key and its colon.
fn entry(held: &SourcedValue, depth: usize, out: &mut String) {
    match &held.value {
        MergeTree::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            out.push_str(&"  ".repeat(depth + 1));
            block(&held.value, depth + 1, out);
        }
        // A list may have the same indentation as its key.
        MergeTree::List(items) if !items.is_empty() => {
            out.push('\n');
            out.push_str(&"  ".repeat(depth));
            block(&held.value, depth, out);
        }
        MergeTree::Leaf(leaf) => {
            out.push(' ');
            out.push_str(&scalar(leaf, depth + 1));
            out.push('\n');
        }
        other => {
            out.push(' ');
            block(other, depth + 1, out);
        }
    }
}

/// Returns a scalar; lines of a block are indented by this depth.
fn scalar(value: &YamlValue, depth: usize) -> String {
    match value {
        YamlValue::Bool(value) => value.to_string(),
        YamlValue::Int(value) => value.to_string(),
        YamlValue::Float(value) => escape::yaml(&json!(value)),
        YamlValue::Timestamp(text) => text.clone(),
        YamlValue::Text { text, .. } => lines(text, depth).unwrap_or_else(|| word(text)),
        YamlValue::Null | YamlValue::List(_) | YamlValue::Map(_) => "null".to_owned(),
    }
}

/// Returns a text of several lines as a block, if that preserves every byte.
fn lines(text: &str, depth: usize) -> Option<String> {
    let is_one = text.trim_end_matches('\n').lines().count() < 2;
    // Text that Jinja would expand is written as one line, with the delimiters escaped.
    if is_one || ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let block = escape::indent(2 * depth.max(1), text).ok()?;
    Some(format!("|{}\n{block}", if text.ends_with('\n') { "" } else { "-" }))
}

/// Returns a string on one line, plain if that is unambiguous.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '@' | '+' | '%' | '=' | ',');
    let starts_well = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_' | '-' | '.'));
    let is_plain = starts_well
        && text.chars().all(plain)
        && !matches!(text, "-" | "---" | "..." | "y" | "Y" | "n" | "N" | "=")
        && yaml::load(text).is_ok_and(|document| document.root.as_text() == Some(text));
    if is_plain { text.to_owned() } else { escape::yaml(&Json::from(text)) }
}

#[cfg(test)]
mod tests {
    use super::super::hold;
    use super::*;
    use crate::yaml::{Node, load};

    /// Returns the node without its lines.
    fn bare(node: &Node) -> String {
        match &node.value {
            YamlValue::List(items) => format!("[{}]", items.iter().map(bare).collect::<Vec<_>>().join(", ")),
            YamlValue::Map(entries) => {
                let entry = |(key, value): &(Node, Node)| format!("{}: {}", bare(key), bare(value));
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            YamlValue::Text { text, .. } => format!("{text:?}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn what_is_written_reads_back_the_same() {
        for text in [
            "a: [[], {}, [[1, [2]], {b: [c]}], 'yes', '0644', 0644, 1.5, 1e3, .5, 2026-11-20, '2026-11-20', ~, '', ' x ']",
            "a: \"one\\ntwo\\n\"\nb: \"one\\ntwo\"\nc: \"one\\n\\n\"\nd: \" one\\ntwo\"\ne: \"one\\r\\ntwo\"\nf: \"\\0\\x85\\u2028\"",
            "'a b': {'': {'#': 'x: y'}, '- ': '- x', '{': '{{ x }}', '!': '*x', '@': '@x', '%': '%x'}",
            "- |\n  {{ jinja }}\n  two\n- |\n\n  late\n- >\n  folded\n  text\n- - - deep\n    - |\n      one\n      two\n- a: |\n    one\n    two\n  b: 1",
            "- -x\n- --\n- ---\n- y\n- 'on'\n- '1:30'\n- 1:30\n- '-'\n- a=b\n- '='\n- '<<'\n- null\n- 'null'",
        ] {
            let before = load(text).unwrap().root;
            let written = emit(&hold(before.clone(), 0).unwrap().value);
            let after = load(&written).unwrap_or_else(|problem| panic!("{written}\n{problem:?}")).root;
            assert_eq!(bare(&after), bare(&before), "{written}");
        }
    }
}
