//! Parsing text into nodes.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::dialect::Dialect;
use super::error::{ProblemKind, YamlError};
use super::size::Size;
use super::{Node, YamlValue, refused};

/// The maximum number of values of a document, with aliases expanded: user data of 16 KB has that many only by intent.
const NODE_LIMIT: usize = 200_000;

/// The maximum size of text expanded from aliases, in bytes: a hundred times the limit of user data.
const ALIASED_LIMIT: usize = 2 * 1024 * 1024;

/// The maximum nesting depth of values: deeper than any schema, and safe for the stack.
const DEPTH_LIMIT: usize = 128;

/// A parsed text.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) root: Node,
    /// Keys that occur more than once in a mapping: the last one counts.
    pub(crate) repeated: Vec<(String, u32)>,
    /// Integers whose value differs from the apparent one, with their lines: `010`, `1:30`.
    pub(crate) odd_numbers: Vec<(String, u32)>,
}

/// Parses the only document of a text as cloud-init does.
pub(crate) fn load(text: &str) -> Result<Document, YamlError> {
    load_as(text, Dialect::CloudInit)
}

/// Parses the only document of a text.
pub(super) fn load_as(text: &str, dialect: Dialect) -> Result<Document, YamlError> {
    if let Some((line, character)) = refused::character(text) {
        let code = u32::from(character);
        return Err(YamlError::new(line_of(line), format!("the character U+{code:04X} cannot stand in it")));
    }
    if let Some((line, message)) = refused::beginning(text) {
        return Err(YamlError::new(line_of(line), message));
    }
    // The parser reports the line after the end if something is missing there.
    let last = line_of(text.lines().count());
    let line_of = |line: usize| line_of(line).min(last);
    let mut builder = Builder::new(dialect);
    let mut covered = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| YamlError::new(line_of(error.marker().line()), error.info()))?;
        if matches!(&event, Event::Scalar(_, style, ..) if *style != ScalarStyle::Plain) {
            covered.push((span.start.index(), span.end.index()));
        }
        builder.take(event, line_of(span.start.line()))?;
    }
    if dialect == Dialect::CloudInit
        && let Some(line) = refused::tab(text, &covered)
    {
        let message = "a tab stands between words, where cloud-init's YAML takes only spaces".to_owned();
        return Err(YamlError { line: line_of(line), message, kind: ProblemKind::Tab });
    }
    let root = builder.root.unwrap_or(Node { line: 1, value: YamlValue::Null });
    Ok(Document { root, repeated: builder.repeated, odd_numbers: builder.odd_numbers })
}

fn line_of(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX).max(1)
}

/// A list or mapping whose end has not been reached.
struct OpenNode {
    line: u32,
    anchor: usize,
    content: YamlContent,
}

enum YamlContent {
    List(Vec<Node>),
    Map(Vec<(Node, Node)>, Option<Node>),
}

struct Builder {
    dialect: Dialect,
    open: Vec<OpenNode>,
    /// The value of each anchor, with its number of values and bytes of text.
    anchors: HashMap<usize, (Node, Size)>,
    root: Option<Node>,
    documents: usize,
    nodes: usize,
    /// The size of text expanded from aliases so far.
    aliased: usize,
    repeated: Vec<(String, u32)>,
    odd_numbers: Vec<(String, u32)>,
}

impl Builder {
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            open: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            documents: 0,
            nodes: 0,
            aliased: 0,
            repeated: Vec::new(),
            odd_numbers: Vec::new(),
        }
    }

    fn take(&mut self, event: Event<'_>, line: u32) -> Result<(), YamlError> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = format!("a second document begins here; {} reads one", self.dialect.reader());
                    return Err(YamlError { line, message, kind: ProblemKind::SecondDocument });
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(self.dialect, &text, style, tag.as_deref(), line)?;
                let is_key = self.open.last().is_some_and(|open| matches!(&open.content, YamlContent::Map(_, None)));
                if self.dialect.refuses(&text) && style == ScalarStyle::Plain && tag.is_none() && !is_key {
                    return Err(YamlError::new(line, format!("{text} is no value by itself; put it in quotes")));
                }
                if matches!(value, YamlValue::Int(_)) && is_odd(&text) {
                    self.odd_numbers.push((text.into_owned(), line));
                }
                self.put(Node { line, value }, anchor, 1)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.collection(tag.as_deref(), &["seq", "omap", "pairs"], line)?;
                self.begin(line, anchor, YamlContent::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.collection(tag.as_deref(), &["map", "set"], line)?;
                self.begin(line, anchor, YamlContent::Map(Vec::new(), None))?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let value = match open.content {
                    YamlContent::List(items) => YamlValue::List(items),
                    YamlContent::Map(entries, _) => YamlValue::Map(self.complete(entries)?),
                };
                self.put(Node { line: open.line, value }, open.anchor, 1)?;
            }
            Event::Alias(anchor) => {
                let (node, size) = self.anchors.get(&anchor).ok_or_else(|| YamlError::new(line, "an unknown alias"))?;
                self.aliased = self.aliased.saturating_add(size.bytes);
                if self.aliased > ALIASED_LIMIT {
                    return Err(YamlError::new(line, format!("its aliases write out more than {ALIASED_LIMIT} bytes")));
                }
                let (node, values) = (node.clone(), size.values);
                self.put(node, 0, values)?;
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn begin(&mut self, line: u32, anchor: usize, content: YamlContent) -> Result<(), YamlError> {
        if self.open.len() >= DEPTH_LIMIT {
            return Err(YamlError::new(line, format!("more than {DEPTH_LIMIT} values within each other")));
        }
        self.open.push(OpenNode { line, anchor, content });
        Ok(())
    }

    /// Adds a complete value to its parent; `size` is the number of values it counts for.
    fn put(&mut self, mut node: Node, anchor: usize, size: usize) -> Result<(), YamlError> {
        self.nodes += size;
        if self.nodes > NODE_LIMIT {
            return Err(YamlError::new(node.line, format!("more than {NODE_LIMIT} values")));
        }
        if anchor > 0 {
            let size = Size::of(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(YamlContent::List(items)) => items.push(node),
            Some(YamlContent::Map(entries, key)) => match key.take() {
                None => {
                    if matches!(node.value, YamlValue::List(_) | YamlValue::Map(_)) {
                        let message = format!("{} cannot be a key", node.value.kind());
                        return Err(YamlError::new(node.line, message));
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

    /// Rejects the tags of lists and mappings that PyYAML's safe loader, which cloud-init uses, rejects.
    fn collection(&self, tag: Option<&Tag>, known: &[&str], line: u32) -> Result<(), YamlError> {
        match tag {
            Some(tag) if !core(tag).is_some_and(|name| known.contains(&name.as_str())) => {
                Err(YamlError::tag(line, tag, self.dialect))
            }
            _ => Ok(()),
        }
    }

    /// Expands merges (`<<`), and records repeated keys.
    fn complete(&mut self, entries: Vec<(Node, Node)>) -> Result<Vec<(Node, Node)>, YamlError> {
        let (mut merged, mut own) = (Vec::new(), Vec::with_capacity(entries.len()));
        let mut names = HashSet::new();
        for (key, value) in entries {
            if key.as_text() == Some("<<") {
                let line = key.line;
                let sources = if let YamlValue::List(items) = value.value { items } else { vec![value] };
                // Of several sources, the first takes precedence; in this list, later entries do.
                for source in sources.into_iter().rev() {
                    let YamlValue::Map(entries) = source.value else {
                        return Err(YamlError::new(line, "only mappings can be merged (<<)"));
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
        // Of entries with the same key, the last one counts.
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

/// Returns whether an integer is written in base 8 or 60, which is rarely intended.
fn is_odd(text: &str) -> bool {
    let digits = text.trim_start_matches(['-', '+']);
    digits.contains(':')
        || digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0x") && !digits.starts_with("0b")
}

/// Returns the name of a tag of YAML's own types, in any notation: `!!str`, `!<tag:yaml.org,2002:str>`.
fn core(tag: &Tag) -> Option<String> {
    let whole = format!("{}{}", tag.handle, tag.suffix);
    whole.strip_prefix("tag:yaml.org,2002:").map(str::to_owned)
}

fn scalar(
    dialect: Dialect,
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    line: u32,
) -> Result<YamlValue, YamlError> {
    let literal_from = (style == ScalarStyle::Literal)
        // The parser reports the first line that is not empty.
        .then(|| line.saturating_sub(u32::try_from(text.len() - text.trim_start_matches('\n').len()).unwrap_or(0)));
    let string = || YamlValue::Text { text: text.to_owned(), literal_from };
    let value = match tag {
        // `! x` is a string.
        Some(tag) if tag.handle.len() + tag.suffix.len() <= 1 => string(),
        Some(tag) => match core(tag).as_deref() {
            // cloud-init's schema accepts binary data as a string.
            Some("str" | "binary" | "python/unicode") => string(),
            Some("null") => YamlValue::Null,
            Some(kind @ ("bool" | "int" | "float" | "timestamp")) => {
                let value = dialect.resolve(text);
                let fits = match (kind, &value) {
                    ("bool", YamlValue::Bool(_))
                    | ("int", YamlValue::Int(_))
                    | ("timestamp", YamlValue::Timestamp(_)) => true,
                    ("float", YamlValue::Int(_) | YamlValue::Float(_)) => true,
                    ("float", _) => text.trim().parse::<f64>().is_ok(),
                    _ => false,
                };
                if !fits {
                    return Err(YamlError::new(line, format!("the tag !!{kind} stands before what is none")));
                }
                value
            }
            _ => return Err(YamlError::tag(line, tag, dialect)),
        },
        None if style == ScalarStyle::Plain => dialect.resolve(text),
        None => string(),
    };
    match &value {
        YamlValue::Timestamp(date) if !refused::is_date(date) => {
            Err(YamlError::new(line, "this is written as a date, and there is no such day or time; put it in quotes"))
        }
        _ => Ok(value),
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
        assert_eq!(content.value, YamlValue::Text { text: "first\n".to_owned(), literal_from: Some(8) });
        let YamlValue::Text { literal_from, .. } = read("a: |\n\n  first\n").get("a").unwrap().value.clone() else {
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
            (YamlValue::Int(1), YamlValue::Int(3), YamlValue::Int(2))
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
            ("a: !x [1]\n", 1),
            ("a: !!python/tuple [1]\n", 1),
            ("a: !x {b: 1}\n", 1),
        ] {
            let problem = load(text).unwrap_err();
            assert!(problem.line.abs_diff(line) <= 1, "{text}: {problem:?}");
        }
        let tag = load("a: 1\nb: !vault {c: 1}\n").unwrap_err();
        assert_eq!((tag.kind, tag.line), (ProblemKind::Tag, 2));
        assert_eq!(load("a: !!set {x}\nb: !!omap [x: 1]\nc: !!python/unicode x\n").unwrap().repeated, []);
        assert_eq!(load("a: 010\nb: '010'\nc: 10\n").unwrap().odd_numbers, [("010".to_owned(), 1)]);
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
        let long = format!("x: &a {}\nruncmd: [{}*a]\n", "y".repeat(10_000), "*a, ".repeat(300));
        assert!(load(&long).unwrap_err().message.contains("aliases write out"));
        assert!(load(&long.replace(&"*a, ".repeat(200), "")).is_ok());
        let deep = load(&"[".repeat(10_000)).unwrap_err().message;
        assert!(deep.contains("within") || deep.contains("recursion"), "{deep}");
    }
}
