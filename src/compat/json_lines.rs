//! Line numbers of values in a JSON text, which the JSON parser does not keep.

use std::collections::HashMap;

/// Lines of the values of a JSON text, by path (`Placement.AvailabilityZone`, `Groups[0]`; the root is ``).
#[derive(Debug, Default)]
pub(super) struct JsonLines {
    lines: HashMap<String, usize>,
    /// Repeated keys of an object, each with its line.
    pub(super) repeated: Vec<(String, usize)>,
}

/// An unclosed object or list.
struct OpenBracket {
    path: String,
    /// Index of the next value of a list; none for an object.
    index: Option<usize>,
    /// Path of the next value; `None` before a key.
    next: Option<String>,
}

impl JsonLines {
    /// Scans a text, which must be valid JSON for a useful result.
    pub(super) fn of(text: &str) -> Self {
        let mut lines = Self::default();
        let mut open: Vec<OpenBracket> = Vec::new();
        let mut line = 1;
        let mut at = 0;
        let bytes = text.as_bytes();
        while let Some(&byte) = bytes.get(at) {
            let start = at;
            at += 1;
            match byte {
                b'\n' => line += 1,
                b'"' => {
                    while bytes.get(at).is_some_and(|&byte| byte != b'"') {
                        at += if bytes[at] == b'\\' { 2 } else { 1 };
                    }
                    at = (at + 1).min(bytes.len());
                    match open.last_mut().filter(|open| open.next.is_none()) {
                        Some(open) => {
                            let key: String = text.get(start..at).map_or_else(String::new, unquoted);
                            let path = child(&open.path, &key);
                            if lines.lines.contains_key(&path) {
                                lines.repeated.push((path.clone(), line));
                            }
                            open.next = Some(path);
                        }
                        None => drop(lines.value(&mut open, line)),
                    }
                    if let Some(path) = open.last().and_then(|open| open.next.clone()) {
                        lines.lines.entry(path).or_insert(line);
                    }
                }
                b'{' | b'[' => {
                    let path = lines.value(&mut open, line);
                    let list = byte == b'[';
                    let next = list.then(|| format!("{path}[0]"));
                    open.push(OpenBracket { path, index: list.then_some(0), next });
                }
                b'}' | b']' => drop(open.pop()),
                b',' => {
                    if let Some(open) = open.last_mut() {
                        open.index = open.index.map(|index| index + 1);
                        open.next = open.index.map(|index| format!("{}[{index}]", open.path));
                    }
                }
                b' ' | b'\t' | b'\r' | b':' => {}
                _ => drop(lines.value(&mut open, line)),
            }
        }
        lines
    }

    /// Returns the line of a value, from 1; for a missing value, that of its parent.
    pub(super) fn line(&self, path: &str) -> Option<usize> {
        let mut path = path;
        loop {
            if let Some(&line) = self.lines.get(path) {
                return Some(line);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }

    /// Records the line of a value, and returns its path.
    fn value(&mut self, open: &mut [OpenBracket], line: usize) -> String {
        let path = open.last().and_then(|open| open.next.clone()).unwrap_or_default();
        self.lines.entry(path.clone()).or_insert(line);
        path
    }
}

/// Returns the path of a key in an object.
pub(super) fn child(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn unquoted(text: &str) -> String {
    serde_json::from_str(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_line() {
        let text =
            "{\n \"a\": 1, \"b\": {\n\"c\\\"\": \"x,]}\",\n\"d\": [\n1,\n{\"e\": [[],\ntrue]}]\n},\n\"a\":\n 2 }";
        let lines = JsonLines::of(text);
        let expected =
            [("", 1), ("a", 2), ("b", 2), ("b.c\"", 3), ("b.d", 4), ("b.d[0]", 5), ("b.d[1]", 6), ("b.d[1].e[1]", 7)];
        for (path, line) in expected {
            assert_eq!(lines.line(path), Some(line), "{path}");
        }
        assert_eq!(lines.line("b.d[1].none[3]"), Some(6));
        assert_eq!(lines.repeated, [("a".to_owned(), 9)]);
    }
}
