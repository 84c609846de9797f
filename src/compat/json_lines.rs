//! In which line of a JSON text each value stands; the JSON parser keeps no places.

use std::collections::HashMap;

/// Where the values of a JSON text stand, by path (`Placement.AvailabilityZone`, `Groups[0]`; the whole is ``).
#[derive(Debug, Default)]
pub(super) struct JsonLines {
    lines: HashMap<String, usize>,
    /// Keys that were given before in the same object, each with its line.
    pub(super) repeated: Vec<(String, usize)>,
}

/// An object or a list that is open.
struct OpenBracket {
    path: String,
    /// Of a list, the position of the next value; of an object, none.
    index: Option<usize>,
    /// The path of the value that comes next; `None` where a key does.
    next: Option<String>,
}

impl JsonLines {
    /// Looks through a text that is valid JSON; of any other the result is of no use.
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

    /// From 1; of what is missing, the line of what it is missing in.
    pub(super) fn line(&self, path: &str) -> Option<usize> {
        let mut path = path;
        loop {
            if let Some(&line) = self.lines.get(path) {
                return Some(line);
            }
            path = &path[..path.rfind(['.', '['])?];
        }
    }

    /// Notes where a value begins, and says which it is.
    fn value(&mut self, open: &mut [OpenBracket], line: usize) -> String {
        let path = open.last().and_then(|open| open.next.clone()).unwrap_or_default();
        self.lines.entry(path.clone()).or_insert(line);
        path
    }
}

/// The path of a key in an object.
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
