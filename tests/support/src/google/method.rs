//! One method of a document, and what it takes beside a body.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::document::Document;
use super::schema::{Checker, Problem, whole};

#[derive(Debug)]
pub struct Method {
    /// `compute.instances.insert`.
    pub id: String,
    pub http: String,
    pub(super) segments: Vec<Segment>,
    parameters: Map<String, Value>,
    /// The parameters of the path in their order.
    pub order: Vec<String>,
    /// The schemas of the body and of the answer.
    pub request: Option<String>,
    pub response: Option<String>,
}

#[derive(Debug)]
pub(super) enum Segment {
    Literal(String),
    Parameter(String),
}

impl Method {
    pub(super) fn new(method: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let schema = |key: &str| method[key]["$ref"].as_str().map(str::to_owned);
        let segment = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => Segment::Parameter(name.to_owned()),
            None => Segment::Literal(segment.to_owned()),
        };
        let flat = text(&method["flatPath"]);
        let path = if flat.is_empty() { text(&method["path"]) } else { flat };
        Self {
            id: text(&method["id"]),
            http: text(&method["httpMethod"]),
            segments: path.split('/').map(segment).collect(),
            parameters: method["parameters"].as_object().cloned().unwrap_or_default(),
            order: method["parameterOrder"].as_array().into_iter().flatten().map(text).collect(),
            request: schema("request"),
            response: schema("response"),
        }
    }

    /// The parameters in a path of this method.
    pub(super) fn matches(&self, path: &[&str]) -> Option<BTreeMap<String, String>> {
        let mut parameters = BTreeMap::new();
        for (segment, &part) in self.segments.iter().zip(path) {
            match segment {
                Segment::Literal(literal) if literal == part => {}
                Segment::Literal(_) => return None,
                Segment::Parameter(name) => drop(parameters.insert(name.clone(), decoded(part))),
            }
        }
        Some(parameters)
    }

    /// What is wrong with the parameters of a request.
    pub fn check(
        &self,
        document: &Document,
        path: &BTreeMap<String, String>,
        query: &BTreeMap<String, String>,
    ) -> Vec<Problem> {
        let mut checker = Checker::new(document, &self.id);
        for (name, value) in path.iter().chain(query) {
            match self.parameters.get(name).or_else(|| document.parameters.get(name)) {
                Some(schema) => checker.parameter(schema, value, name),
                None if is_of_the_system(name, value) => {}
                None => checker.problem(
                    name,
                    format!("Invalid JSON payload received. Unknown name \"{name}\": Cannot bind query parameter."),
                ),
            }
        }
        for (name, schema) in &self.parameters {
            if schema["required"] == true && !path.contains_key(name) && !query.contains_key(name) {
                checker.problem(name, format!("Required parameter: {name}"));
            }
        }
        checker.problems
    }
}

/// Parameters that every service of Google's takes though no document names them ("System parameters"), as far as clients
/// send them; with other values they would change what is answered.
fn is_of_the_system(name: &str, value: &str) -> bool {
    match name {
        "$alt" => value == "json",
        "$apiVersion" => whole("[0-9]{4}-[0-9]{2}-[0-9]{2}", value) == Ok(true),
        _ => false,
    }
}

/// A part of a path without its escapes.
fn decoded(part: &str) -> String {
    // Unlike in a form, a plus is a plus.
    let escaped = format!("={}", part.replace('+', "%2B"));
    form_urlencoded::parse(escaped.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
