//! From text to nodes.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::scalar::resolve;
use super::{Node, Value};

/// The most values that a document may have, its aliases written out: no user data of 16 KB has so many but by intent.
const NODE_LIMIT: usize = 200_000;

/// How deep values may lie within each other: deeper than any schema, and no danger to a stack.
const DEPTH_LIMIT: usize = 128;

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::template::user_data) struct Problem {
    /// From 1.
    pub(in crate::template::user_data) line: u32,
    pub(in crate::template::user_data) message: String,
}

/// A text, read.
#[derive(Clone, Debug)]
pub(in crate::template::user_data) struct Document {
    pub(in crate::template::user_data) root: Node,
    /// Keys that a mapping has more than once: the last counts.
    pub(in crate::template::user_data) repeated: Vec<(String, u32)>,
}

/// Reads the one document of a text.
pub(in crate::template::user_data) fn load(text: &str) -> Result<Document, Problem> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event
            .map_err(|error| Problem { line: line_of(error.marker().line()), message: error.info().to_owned() })?;
        builder.take(event, line_of(span.start.line()))?;
    }
    let root = builder.root.unwrap_or(Node { line: 1, value: Value::Null });
    Ok(Document { root, repeated: builder.repeated })
}

fn line_of(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX).max(1)
}

/// A list or mapping that is not at its end.
struct Open {
    line: u32,
    anchor: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map(Vec<(Node, Node)>, Option<Node>),
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    root: Option<Node>,
    documents: usize,
    nodes: usize,
    repeated: Vec<(String, u32)>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: u32) -> Result<(), Problem> {
        let problem = |message: &str| Problem { line, message: message.to_owned() };
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(problem("a second document begins here; cloud-init reads one"));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref(), line).map_err(|message| problem(&message))?;
                self.put(Node { line, value }, anchor, 1)?;
            }
            Event::SequenceStart(anchor, _) => self.begin(line, anchor, Content::List(Vec::new()))?,
            Event::MappingStart(anchor, _) => self.begin(line, anchor, Content::Map(Vec::new(), None))?,
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let value = match open.content {
                    Content::List(items) => Value::List(items),
                    Content::Map(entries, _) => Value::Map(self.complete(entries)?),
                };
                self.put(Node { line: open.line, value }, open.anchor, 1)?;
            }
            Event::Alias(anchor) => {
                let (node, size) = self.anchors.get(&anchor).cloned().ok_or_else(|| problem("an unknown alias"))?;
                self.put(node, 0, size)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(&mut self, line: u32, anchor: usize, content: Content) -> Result<(), Problem> {
        if self.open.len() >= DEPTH_LIMIT {
            return Err(Problem { line, message: format!("more than {DEPTH_LIMIT} values within each other") });
        }
        self.open.push(Open { line, anchor, content });
        Ok(())
    }

    /// Puts a whole value where it belongs; `size` is how many values it counts for.
    fn put(&mut self, mut node: Node, anchor: usize, size: usize) -> Result<(), Problem> {
        self.nodes += size;
        if self.nodes > NODE_LIMIT {
            return Err(Problem { line: node.line, message: format!("more than {NODE_LIMIT} values") });
        }
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), count(&node)));
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map(entries, key)) => match key.take() {
                None => {
                    if matches!(node.value, Value::List(_) | Value::Map(_)) {
                        let message = format!("{} cannot be a key", node.value.kind());
                        return Err(Problem { line: node.line, message });
                    }
                    *key = Some(node);
                }
                Some(name) => {
                    node.line = name.line;
                    entries.push((name, node));
                }
            },
        }
        Ok(())
    }

    /// Writes out merges (`<<`), and notes keys that are there twice.
    fn complete(&mut self, entries: Vec<(Node, Node)>) -> Result<Vec<(Node, Node)>, Problem> {
        let (mut merged, mut own) = (Vec::new(), Vec::with_capacity(entries.len()));
        let mut names = HashSet::new();
        for (key, value) in entries {
            if key.as_text() == Some("<<") {
                let line = key.line;
                let sources = if let Value::List(items) = value.value { items } else { vec![value] };
                // Of several, the first counts; entries that come later count here.
                for source in sources.into_iter().rev() {
                    let Value::Map(entries) = source.value else {
                        return Err(Problem { line, message: "only mappings can be merged (<<)".to_owned() });
                    };
                    merged.extend(entries);
                }
                continue;
            }
            if let Some(name) = key.as_text()
                && !names.insert(name.to_owned())
            {
                self.repeated.push((name.to_owned(), key.line));
            }
            own.push((key, value));
        }
        merged.extend(own);
        // Of entries of the same name, the last counts.
        let mut kept: Vec<(Node, Node)> = Vec::with_capacity(merged.len());
        let mut places: HashMap<String, usize> = HashMap::new();
        for entry in merged {
            let place = entry.0.as_text().and_then(|name| places.get(name).copied());
            match place.and_then(|place| kept.get_mut(place)) {
                Some(earlier) => *earlier = entry,
                None => {
                    places.extend(entry.0.as_text().map(|name| (name.to_owned(), kept.len())));
                    kept.push(entry);
                }
            }
        }
        Ok(kept)
    }
}

fn count(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(count).sum(),
        Value::Map(entries) => entries.iter().map(|(_, value)| 1 + count(value)).sum(),
        _ => 0,
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, line: u32) -> Result<Value, String> {
    let literal_from = (style == ScalarStyle::Literal)
        // The parser names the first line that is not empty.
        .then(|| line.saturating_sub(u32::try_from(text.len() - text.trim_start_matches('\n').len()).unwrap_or(0)));
    let string = || Value::Text { text: text.to_owned(), literal_from };
    match tag {
        Some(tag) if tag.is_yaml_core_schema() => match tag.suffix.as_str() {
            // cloud-init's schema takes binary data for a string.
            "str" | "binary" => Ok(string()),
            _ => Ok(resolve(text)),
        },
        Some(tag) if tag.handle == "!" && tag.suffix.is_empty() => Ok(string()),
        Some(tag) => Err(format!("cloud-init does not know the tag {}{}", tag.handle, tag.suffix)),
        None if style == ScalarStyle::Plain => Ok(resolve(text)),
        None => Ok(string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Node {
        load(text).unwrap().root
    }

    #[test]
    fn values_know_their_lines() {
        let root = read("#cloud-config\npackages:\n  - a\n  - b\nwrite_files:\n- path: /x\n  content: |\n    first\n");
        assert_eq!(root.get("packages").unwrap().line, 2);
        assert_eq!(root.get("packages").unwrap().items()[1].line, 4);
        let content = root.get("write_files").unwrap().items()[0].get("content").unwrap();
        assert_eq!(content.line, 7);
        assert_eq!(content.value, Value::Text { text: "first\n".to_owned(), literal_from: Some(8) });
        let Value::Text { literal_from, .. } = read("a: |\n\n  first\n").get("a").unwrap().value.clone() else {
            panic!()
        };
        assert_eq!(literal_from, Some(2));
    }

    #[test]
    fn merges_and_aliases_are_written_out() {
        let root = read("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\nc: *a\n");
        let number = |name: &str, key: &str| root.get(name).unwrap().get(key).unwrap().value.clone();
        assert_eq!(
            (number("b", "x"), number("b", "y"), number("c", "y")),
            (Value::Int(1), Value::Int(3), Value::Int(2))
        );
    }

    #[test]
    fn what_is_not_yaml_has_its_line() {
        for (text, line) in [
            ("a: 1\n\tb: 2\n", 2),
            ("a: [1\nb: 2\n", 2),
            ("a: 1\n---\nb: 2\n", 2),
            ("{a: 1}: 2\n", 1),
            ("a: !x 1\n", 1),
        ] {
            let problem = load(text).unwrap_err();
            assert!(problem.line.abs_diff(line) <= 1, "{text}: {problem:?}");
        }
        assert_eq!(load("a: 1\nb: 2\na: 3\n").unwrap().repeated, [("a".to_owned(), 3)]);
    }

    #[test]
    fn no_text_takes_all_memory() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        assert!(load(&bomb).unwrap_err().message.contains("values"));
        let deep = load(&"[".repeat(10_000)).unwrap_err().message;
        assert!(deep.contains("within") || deep.contains("recursion"), "{deep}");
    }
}
