//! The document of one template.

use serde::Serialize;

use crate::report::schema_version::SchemaVersion;

/// The document of `hoist userdata templates NAME`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TemplateDocument<'a> {
    schema: SchemaVersion,
    /// Its name.
    name: &'a str,
    /// What it is for, in its own words.
    about: &'a str,
    /// Its file; null where it is built in.
    file: Option<String>,
    /// What it takes.
    variables: Vec<VariableView<'a>>,
}

/// A variable of a template.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct VariableView<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it means, in the template's own words.
    pub about: &'a str,
}

impl<'a> TemplateDocument<'a> {
    /// Creates the document of this template with its variables.
    pub fn new(name: &'a str, about: &'a str, file: Option<String>, variables: Vec<VariableView<'a>>) -> Self {
        Self { schema: SchemaVersion, name, about, file, variables }
    }
}
