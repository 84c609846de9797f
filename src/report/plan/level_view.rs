//! A level of a plan in documents.

use serde::Serialize;

/// A level, with what is shown of each of its services.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LevelView<'a, S> {
    /// Its number, as the plan's notation counts.
    pub(in crate::report) number: u32,
    /// Its name, or `levelN`.
    pub(in crate::report) name: &'a str,
    /// In the order of the plan; replicas are services of their own.
    pub(in crate::report) services: Vec<S>,
}
