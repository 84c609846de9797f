//! The document of all templates.

use serde::Serialize;

use crate::report::schema_version::SchemaVersion;

/// The document of `hoist userdata templates`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TemplatesDocument<'a> {
    schema: SchemaVersion,
    /// By name.
    templates: Vec<ListedTemplate<'a>>,
}

/// A template in the list.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ListedTemplate<'a> {
    /// One that can be read.
    Readable {
        /// Its name.
        name: &'a str,
        /// What it is for, in its own words.
        about: &'a str,
        /// Its file; null where it is built in.
        file: Option<String>,
        /// The names of what it takes.
        variables: Vec<&'a str>,
    },
    /// One that cannot be read.
    Broken {
        /// Its name.
        name: &'a str,
        /// What is wrong with it.
        error: &'a str,
    },
}

impl<'a> TemplatesDocument<'a> {
    /// Creates the document of these templates.
    pub fn new(templates: Vec<ListedTemplate<'a>>) -> Self {
        Self { schema: SchemaVersion, templates }
    }
}
