//! Google's own description of its interface, as its Python client carries it: methods, their parameters, and the
//! schemas of what is sent and answered.

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::method::Method;
use crate::python;

/// The package with the documents, and its version.
const REQUIREMENTS: &str = include_str!("discovery.txt");

/// One service.
#[derive(Debug)]
pub struct Document {
    /// What the paths of its methods follow: `/compute/v1/`.
    base: String,
    /// By HTTP method and number of segments.
    methods: BTreeMap<(String, usize), Vec<Method>>,
    schemas: Map<String, Value>,
    /// Parameters that every method takes.
    pub(super) parameters: Map<String, Value>,
}

impl Document {
    /// `compute.v1`, read once in a process.
    pub fn compute() -> Result<&'static Self, &'static str> {
        static COMPUTE: OnceLock<Result<Document, String>> = OnceLock::new();
        COMPUTE.get_or_init(|| Self::load("compute.v1")).as_ref().map_err(String::as_str)
    }

    /// `storage.v1`, read once in a process.
    pub fn storage() -> Result<&'static Self, &'static str> {
        static STORAGE: OnceLock<Result<Document, String>> = OnceLock::new();
        STORAGE.get_or_init(|| Self::load("storage.v1")).as_ref().map_err(String::as_str)
    }

    fn load(name: &str) -> Result<Self, String> {
        let environment = python::environment("google", REQUIREMENTS, &[])?;
        let libraries = environment.join("lib");
        let inside = format!("site-packages/googleapiclient/discovery_cache/documents/{name}.json");
        let versions = fs::read_dir(&libraries).map_err(|error| format!("{}: {error}", libraries.display()))?;
        let found = versions.flatten().map(|version| version.path().join(&inside)).find(|file| file.exists());
        let file = found.ok_or_else(|| format!("{}: no {inside}", libraries.display()))?;
        let text = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        let value = serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(Self::new(value))
    }

    fn new(mut value: Value) -> Self {
        let mut methods: BTreeMap<_, Vec<Method>> = BTreeMap::new();
        for resource in value["resources"].as_object().into_iter().flatten().map(|(_, resource)| resource) {
            for method in resource["methods"].as_object().into_iter().flatten().map(|(_, method)| method) {
                let method = Method::new(method);
                methods.entry((method.http.clone(), method.segments.len())).or_default().push(method);
            }
        }
        let mut take = |key: &str| match value[key].take() {
            Value::Object(object) => object,
            _ => Map::new(),
        };
        let (schemas, parameters) = (take("schemas"), take("parameters"));
        let base = format!("/{}", value["servicePath"].as_str().unwrap_or_default());
        Self { base, methods, schemas, parameters }
    }

    /// The method that a request is of, and its parameters in the path.
    pub fn route(&self, http: &str, path: &str) -> Option<(&Method, BTreeMap<String, String>)> {
        let segments: Vec<&str> = path.strip_prefix(&self.base)?.split('/').collect();
        let candidates = self.methods.get(&(http.to_owned(), segments.len()))?;
        let matching = candidates.iter().filter_map(|method| Some((method, method.matches(&segments)?)));
        // `images/family/NAME` is no image that is called "family".
        matching.min_by_key(|(_, parameters)| parameters.len())
    }

    /// The schema of this name.
    pub fn schema(&self, name: &str) -> &Value {
        self.schemas.get(name).unwrap_or(&Value::Null)
    }
}
