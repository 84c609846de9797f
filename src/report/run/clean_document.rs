//! The document of instances that carry a run's tag but belong to none of its services.

use serde::Serialize;

use crate::provider::Instance;
use crate::report::schema_version::SchemaVersion;

/// The document of `hoist plan clean`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CleanDocument<'a> {
    schema: SchemaVersion,
    /// The run's name.
    run: &'a str,
    /// What was found.
    unused: Vec<UnusedInstanceView<'a>>,
    /// Whether all of them were terminated.
    terminated: bool,
}

/// A machine that no service uses.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UnusedInstanceView<'a> {
    /// The cloud's name in the plan.
    cloud: &'a str,
    /// Its id.
    instance_id: &'a str,
    /// Its address.
    address: Option<&'a str>,
}

impl<'a> CleanDocument<'a> {
    /// Creates the document of these instances, each with its cloud.
    pub fn new(run: &'a str, unused: &'a [(String, Instance)], terminated: bool) -> Self {
        let view = |(cloud, instance): &'a (String, Instance)| UnusedInstanceView {
            cloud,
            instance_id: &instance.id,
            address: instance.address.as_deref(),
        };
        Self { schema: SchemaVersion, run, unused: unused.iter().map(view).collect(), terminated }
    }
}
