//! The keywords of JSON schema, as far as cloud-init's schema uses them (draft 4).

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use regex_lite::Regex;
use serde_json::{Map, Value as Json};

use super::violation::{Nature, Violation, most_likely};
use crate::diagnostics::did_you_mean;
use crate::yaml::{Node, YamlValue};

/// The maximum number of allowed values or keys in a message.
const NAMED: usize = 16;

/// The keywords that are evaluated, and those that do not affect validity. A test compares the schema with this list.
#[cfg(test)]
pub(super) const KEY_WORDS: &[&str] = &[
    "$ref",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "deprecated",
    "deprecated_description",
    "deprecated_version",
    "enum",
    "format",
    "items",
    "maxItems",
    "minItems",
    "minProperties",
    "minimum",
    "oneOf",
    "pattern",
    "patternProperties",
    "properties",
    "required",
    "type",
    "uniqueItems",
    // Annotations. `changed` marks settings that changed for the better, and `prefixItems` is of a later draft, so
    // cloud-init ignores it as well.
    "$defs",
    "$schema",
    "changed",
    "changed_description",
    "changed_version",
    "default",
    "description",
    "hidden",
    "label",
    "prefixItems",
];

/// Validates values against a schema.
pub(super) struct Validator<'a> {
    root: &'a Json,
}

/// The path of a value.
type Path = Vec<String>;

impl<'a> Validator<'a> {
    pub(super) fn new(root: &'a Json) -> Self {
        Self { root }
    }

    /// Returns all violations of a document, by line.
    pub(super) fn check(&self, node: &Node) -> Vec<Violation> {
        let mut found = self.validate(self.root, node, &mut Path::new());
        found.sort_by_key(|violation| violation.line);
        let mut seen = HashSet::new();
        found.retain(|violation| seen.insert(violation.clone()));
        found
    }

    fn validate(&self, schema: &Json, node: &Node, path: &mut Path) -> Vec<Violation> {
        let Json::Object(schema) = schema else { return Vec::new() };
        if let Some(name) = schema.get("$ref").and_then(Json::as_str) {
            // In draft 4, keywords beside a reference are ignored.
            return self.resolve(name).map(|target| self.validate(target, node, path)).unwrap_or_default();
        }
        let mut found = Vec::new();
        let wrong = |path: &Path, message: String, hint| Violation::new(path, node.line, message, hint);
        if let Some(kinds) = schema.get("type").map(list_of).filter(|kinds| !kinds.iter().any(|kind| is(kind, node))) {
            let kinds = kinds.iter().map(|kind| spoken(kind)).collect();
            return vec![Violation::of_kind(path, node, kinds)];
        }
        if let Some(allowed) = schema.get("enum").and_then(Json::as_array)
            && !allowed.iter().any(|allowed| equals(allowed, &node.value))
        {
            let names = allowed.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            let names: Vec<String> = names.collect();
            found.push(wrong(
                path,
                "its value is not one of those allowed".to_owned(),
                Some(named("allowed is", &names)),
            ));
        }
        match &node.value {
            YamlValue::Map(entries) => self.mapping(schema, node, entries, path, &mut found),
            YamlValue::List(items) => self.list(schema, node, items, path, &mut found),
            YamlValue::Text { text, .. } => {
                if let Some(pattern) = schema.get("pattern").and_then(Json::as_str)
                    && !matches(pattern, text)
                {
                    found.push(wrong(path, format!("its value does not fit the pattern {pattern}"), None));
                }
                if schema.get("format").and_then(Json::as_str) == Some("date")
                    && text.parse::<jiff::civil::Date>().is_err()
                {
                    found.push(wrong(
                        path,
                        "its value is not a date".to_owned(),
                        Some("write it as \"2026-11-20\"".into()),
                    ));
                }
            }
            YamlValue::Int(number) => {
                if let Some(minimum) = schema.get("minimum").and_then(Json::as_i64).filter(|minimum| number < minimum) {
                    found.push(wrong(path, format!("its value is below {minimum}"), None));
                }
            }
            _ => {}
        }
        for part in schema.get("allOf").and_then(Json::as_array).into_iter().flatten() {
            found.extend(self.validate(part, node, path));
        }
        for word in ["oneOf", "anyOf"] {
            if let Some(alternatives) = schema.get(word).and_then(Json::as_array) {
                found.extend(self.alternatives(alternatives, word == "oneOf", node, path));
            }
        }
        if schema.get("deprecated") == Some(&Json::Bool(true)) {
            let version = schema.get("deprecated_version").and_then(Json::as_str).unwrap_or("an earlier version");
            let hint = schema.get("deprecated_description").and_then(Json::as_str).map(plain_text);
            found.push(Violation { deprecated: true, ..wrong(path, format!("deprecated since {version}"), hint) });
        }
        found
    }

    fn resolve(&self, reference: &str) -> Option<&'a Json> {
        reference.strip_prefix("#/")?.split('/').try_fold(self.root, |schema, name| schema.get(name))
    }

    fn alternatives(&self, schemas: &[Json], only_one: bool, node: &Node, path: &mut Path) -> Vec<Violation> {
        let tried: Vec<Vec<Violation>> = schemas.iter().map(|schema| self.validate(schema, node, path)).collect();
        let fits = |violations: &Vec<Violation>| violations.iter().all(|violation| violation.deprecated);
        match tried.iter().filter(|violations| fits(violations)).count() {
            0 => most_likely(tried, path.len()),
            1 => tried.into_iter().find(fits).unwrap_or_default(),
            _ if only_one => {
                let message = "it fits several of the forms that exclude each other".to_owned();
                vec![Violation::new(path, node.line, message, None)]
            }
            _ => tried.into_iter().find(fits).unwrap_or_default(),
        }
    }

    fn mapping(
        &self,
        schema: &Map<String, Json>,
        node: &Node,
        entries: &[(Node, Node)],
        path: &mut Path,
        found: &mut Vec<Violation>,
    ) {
        let none = Map::new();
        let map_of = |word: &str| schema.get(word).and_then(Json::as_object).unwrap_or(&none);
        let (properties, patterns) = (map_of("properties"), map_of("patternProperties"));
        let others = schema.get("additionalProperties");
        for (key, value) in entries {
            let name = key_text(key);
            path.push(name.clone());
            let mut known = false;
            for part in properties
                .get(&name)
                .into_iter()
                .chain(patterns.iter().filter(|(pattern, _)| matches(pattern, &name)).map(|(_, schema)| schema))
            {
                known = true;
                found.extend(self.validate(part, value, path));
            }
            path.pop();
            match others {
                Some(Json::Bool(false)) if !known => found.push(unknown(&name, key.line, properties, path)),
                Some(part @ Json::Object(_)) if !known => {
                    path.push(name);
                    found.extend(self.validate(part, value, path));
                    path.pop();
                }
                _ => {}
            }
        }
        let mut wrong = |message: String| {
            found.push(Violation::new(path, node.line, message, None));
        };
        for name in schema.get("required").map(list_of).unwrap_or_default() {
            if node.get(name).is_none() {
                wrong(format!("the key {name} is missing"));
            }
        }
        if let Some(least) = number(schema, "minProperties").filter(|least| entries.len() < *least) {
            wrong(format!("it has fewer than {least} keys"));
        }
    }

    fn list(
        &self,
        schema: &Map<String, Json>,
        node: &Node,
        items: &[Node],
        path: &mut Path,
        found: &mut Vec<Violation>,
    ) {
        for (index, item) in items.iter().enumerate() {
            let part = match schema.get("items") {
                Some(Json::Array(parts)) => parts.get(index).or_else(|| schema.get("additionalItems")),
                part => part,
            };
            if let Some(part) = part {
                path.push((index + 1).to_string());
                found.extend(self.validate(part, item, path));
                path.pop();
            }
        }
        let nature = if items.is_empty() { Nature::Empty } else { Nature::Wrong };
        if let Some(least) = number(schema, "minItems").filter(|least| items.len() < *least) {
            let message = format!("it has fewer than {least} entries");
            found.push(Violation { nature, ..Violation::new(path, node.line, message, None) });
        }
        let mut wrong = |line: u32, message: String| {
            found.push(Violation::new(path, line, message, None));
        };
        if let Some(most) = number(schema, "maxItems").filter(|most| items.len() > *most) {
            wrong(node.line, format!("it has more than {most} entries"));
        }
        if schema.get("uniqueItems") == Some(&Json::Bool(true)) {
            let mut seen = HashSet::new();
            let again = items.iter().position(|item| !seen.insert(as_json(&item.value).to_string()));
            if let Some(index) = again {
                wrong(items[index].line, format!("entry {} is there already", index + 1));
            }
        }
    }
}

fn unknown(name: &str, line: u32, known: &Map<String, Json>, path: &Path) -> Violation {
    let hint = match did_you_mean(name, known.keys().map(String::as_str)) {
        Some(meant) => Some(meant),
        None if known.is_empty() => None,
        None => Some(named("known are", &known.keys().cloned().collect::<Vec<_>>())),
    };
    let message = format!("the key {name} is unknown");
    let is_slip = known.keys().any(|known| is_slip(name, known));
    let nature = if is_slip { Nature::Misspelt } else { Nature::Unknown };
    Violation { nature, ..Violation::new(path, line, message, hint) }
}

/// Returns whether a key is similar enough to a known one to be a misspelling, not a key of another version or reader.
fn is_slip(name: &str, known: &str) -> bool {
    /// The minimum length: shorter words are similar by chance.
    const SHORTEST: usize = 4;
    if name.len().abs_diff(known.len()) > 2 || name.len().min(known.len()) < SHORTEST {
        return false;
    }
    let most = if name.len() < 8 { 1 } else { 2 };
    strsim::damerau_levenshtein(&name.to_lowercase(), known) <= most
}

fn named(introduction: &str, names: &[String]) -> String {
    let more = if names.len() > NAMED { format!(" and {} more", names.len() - NAMED) } else { String::new() };
    let shown: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
    format!("{introduction} {}{more}", shown.join(", "))
}

/// Strips the mark-up from the schema's prose.
fn plain_text(text: &str) -> String {
    text.replace("``", "").replace("**", "").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn list_of(value: &Json) -> Vec<&str> {
    match value {
        Json::Array(values) => values.iter().filter_map(Json::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

fn number(schema: &Map<String, Json>, word: &str) -> Option<usize> {
    schema.get(word).and_then(Json::as_u64).and_then(|number| usize::try_from(number).ok())
}

fn is(kind: &str, node: &Node) -> bool {
    match kind {
        "null" => node.value == YamlValue::Null,
        "boolean" => matches!(node.value, YamlValue::Bool(_)),
        "integer" => matches!(node.value, YamlValue::Int(_)),
        "number" => matches!(node.value, YamlValue::Int(_) | YamlValue::Float(_)),
        "string" => matches!(node.value, YamlValue::Text { .. }),
        "array" => matches!(node.value, YamlValue::List(_)),
        "object" => matches!(node.value, YamlValue::Map(_)),
        _ => false,
    }
}

fn spoken(kind: &str) -> String {
    let spoken = match kind {
        "null" => "nothing",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "number" => "a number",
        "string" => "a string (in quotes, if it could be taken for something else)",
        "array" => "a list",
        "object" => "a mapping",
        other => other,
    };
    spoken.to_owned()
}

fn equals(allowed: &Json, value: &YamlValue) -> bool {
    as_json(value) == *allowed
}

fn as_json(value: &YamlValue) -> Json {
    match value {
        YamlValue::Null => Json::Null,
        YamlValue::Bool(value) => Json::from(*value),
        YamlValue::Int(value) => Json::from(*value),
        YamlValue::Float(value) => Json::from(*value),
        YamlValue::Text { text, .. } | YamlValue::Timestamp(text) => Json::from(text.as_str()),
        YamlValue::List(items) => items.iter().map(|item| as_json(&item.value)).collect(),
        YamlValue::Map(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key_text(key), as_json(&value.value))).collect())
        }
    }
}

/// Returns a key as text; other types than strings are written as in JSON.
fn key_text(key: &Node) -> String {
    key.as_text().map_or_else(|| as_json(&key.value).to_string(), str::to_owned)
}

/// Returns whether a pattern of the schema matches a part of a text.
fn matches(pattern: &str, text: &str) -> bool {
    thread_local! {
        static COMPILED: RefCell<HashMap<String, Option<Regex>>> = RefCell::default();
    }
    COMPILED.with_borrow_mut(|compiled| {
        // The patterns are the schema's, and a test compiles each.
        let pattern = compiled.entry(pattern.to_owned()).or_insert_with(|| Regex::new(pattern).ok());
        pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
    })
}
